import Type, { type Static } from 'typebox'
import { VorelError } from '../../core/driver.ts'
import type { FieldValue } from '../../schemas/verbs.ts'
import { type Ctx, query, search } from './call.ts'
import { nativeOf } from './manifest.ts'
import { find, names, nothing, part, soql, sosl } from './soql.ts'

const MARK = 'Vorel reference:'
/** Creates are settled within half a day. */
const LOOKED_BACK_MS = 2 * 86_400_000
/** Descriptions are up to 32,000 characters long. */
const PAGE = 200
const PAGES = 10

const Traced = Type.Object({
  Id: Type.String({ pattern: '^[A-Za-z0-9]{15,18}$' }),
  Description: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  CreatedDate: Type.String(),
})
type Traced = Static<typeof Traced>

/** A description with the reference in a line of its own at its end. */
export const signed = (description: FieldValue | undefined, reference: string): string =>
  [description ?? '', `${MARK} ${reference}`].filter((text) => text !== '').join('\n\n')

export const isSigned = (description: string | null | undefined, reference: string): boolean =>
  (description ?? '').split(/[\r\n]+/).some((line) => line.trim() === `${MARK} ${reference}`)

/**
 * The id of the record that has the reference in its description, or null. Descriptions cannot be filtered by, so what the connected user made
 * of late is read and compared here. Where that is more than is read, the index is asked; as it runs behind, its "no" counts for nothing.
 */
export const findByTrace = async (ctx: Ctx, object: string, reference: string): Promise<string | null> => {
  let oldest: Traced | undefined
  for (let page = 0; page < PAGES; page += 1) {
    const rows = await ownRows(ctx, object, oldest)
    const found = rows.find(({ Description }) => isSigned(Description, reference))
    if (found || rows.length < PAGE) return found?.Id ?? null
    oldest = rows.at(-1)
  }
  return findByIndex(ctx, object, reference)
}

/** Newest first, from where the page before ended. */
const ownRows = (ctx: Ctx, object: string, after: Traced | undefined): Promise<Traced[]> => {
  const at = after && new Date(after.CreatedDate.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  const older = at ? part` AND (CreatedDate < ${at} OR (CreatedDate = ${at} AND Id < ${after.Id}))` : nothing
  const since = new Date(Date.now() - LOOKED_BACK_MS)
  const statement = soql`SELECT Id, Description, CreatedDate FROM ${names([nativeOf(object)])} WHERE CreatedById = ${userIn(ctx)} AND CreatedDate >= ${since}${older} ORDER BY CreatedDate DESC, Id DESC LIMIT ${PAGE}`
  return query(ctx, statement, Traced)
}

const userIn = ({ facts }: Ctx): string => {
  if (facts.user_id) return facts.user_id
  throw new VorelError('provider_unavailable', 'It is not known whose records to look through. Test the connection again.')
}

const findByIndex = async (ctx: Ctx, object: string, reference: string): Promise<string | null> => {
  const statement = sosl`FIND ${find([reference], 'AND')} IN ALL FIELDS RETURNING ${names([nativeOf(object)])}(Id, Description, CreatedDate)`
  const found = (await search(ctx, statement, Traced)).find(({ Description }) => isSigned(Description, reference))
  if (found) return found.Id
  throw new VorelError(
    'provider_unavailable',
    'The connected user makes more records than can be looked through. Add the key field at Salesforce, then test the connection again.',
  )
}
