import { orNull, path, readOf, samePhone, toE164 } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { LookupCustomerInput } from '../../schemas/verbs.ts'
import { type Ctx, get, select } from './answer.ts'
import { type Reading, rowsWith } from './columns.ts'
import { layoutIn } from './fields.ts'
import { isPlain } from './literals.ts'
import { moduleOf } from './manifest.ts'
import { byId, type Row, Rows, toRecord, valuesIn } from './map.ts'
import { phoneForms } from './phones.ts'
import { equalsAny, selectFrom } from './query.ts'

const PEOPLE = ['contact', 'lead'] // in this order, where a person is both
const CANDIDATES = 200 // what one credit buys
const OF_USE = 20
const LONGEST_EMAIL = 254

/** Who is looked for: what a field of theirs may say, and whether it is meant. */
interface Sought {
  among: 'phones' | 'emails'
  texts: string[]
  isMeant(stored: string): boolean
}

/** Modules that the user who connected may see. */
const openTo = ({ facts }: Ctx): string[] => PEOPLE.filter((object) => !(facts.closed ?? '').split(',').includes(object))

/** The oldest of those who are meant. */
const meant = (ctx: Ctx, { object }: Reading, { among, isMeant }: Sought, rows: Row[]): Row[] => {
  const fields = layoutIn(ctx, object)[among]
  return rows
    .filter((row) => valuesIn(row, fields).some(isMeant))
    .sort(byId)
    .slice(0, OF_USE)
}

const queried = async (ctx: Ctx, of: Reading, sought: Sought): Promise<Row[]> => {
  const fields = layoutIn(ctx, of.object)[sought.among]
  const plain = sought.texts.filter(isPlain)
  if (fields.length === 0 || plain.length === 0) return []
  const where = equalsAny(fields, plain)
  return rowsWith(ctx, of, async (columns) => {
    const found = await select(ctx, selectFrom(moduleOf(of.object), columns, where, `limit ${CANDIDATES}`), Rows)
    return meant(ctx, of, sought, found?.data ?? [])
  })
}

/** By the search index, which normalises, and is late by a moment. */
const indexed = async (
  ctx: Ctx,
  object: string,
  by: Record<string, string>,
  limit: number,
  columns: string[],
): Promise<Row[]> => {
  const query = { ...by, fields: columns.join(','), per_page: limit }
  return (await get(ctx, path`/${moduleOf(object)}/search`, Rows, query))?.data ?? []
}

export const searched = (ctx: Ctx, of: Reading, by: Record<string, string>, limit: number): Promise<Row[]> =>
  rowsWith(ctx, of, (columns) => indexed(ctx, of.object, by, limit, columns))

const phoneSought = (ctx: Ctx, e164: string): Sought => ({
  among: 'phones',
  texts: phoneForms(e164),
  isMeant: (stored) => samePhone(stored, e164, ctx.tenant.region),
})

/** By the query, which sees what was written a moment ago, and by the index at once, which may know how somebody typed a number. */
export const rowsByPhone = async (ctx: Ctx, of: Reading, e164: string): Promise<Row[]> => {
  const sought = phoneSought(ctx, e164)
  const asked = sought.texts.slice(0, 2)
  const [fresh, known] = await Promise.all([
    queried(ctx, of, sought),
    rowsWith(ctx, of, async (columns) => {
      const found = await Promise.all(asked.map((phone) => indexed(ctx, of.object, { phone }, CANDIDATES, columns)))
      return meant(ctx, of, sought, [...new Map(found.flat().map((row) => [row.id, row])).values()])
    }),
  ])
  const rows = new Map([...known, ...fresh].map((row) => [row.id, row]))
  return [...rows.values()].sort(byId).slice(0, OF_USE)
}

/** The contacts and then the leads that are found, each the oldest first. */
const amongPeople = async (ctx: Ctx, input: LookupCustomerInput, find: (of: Reading) => Promise<Row[]>): Promise<CrmRecord[]> => {
  const each = openTo(ctx).map(async (object) => {
    const of = { object, read: readOf(input, object) }
    return (await find(of)).map(toRecord(ctx, of))
  })
  return (await Promise.all(each)).flat()
}

/** The index is asked where the query knows nobody: for addresses with characters that may not stand in one. */
export const findByEmail = async (ctx: Ctx, input: LookupCustomerInput, given: string): Promise<CrmRecord[]> => {
  const email = given.trim()
  if (email === '' || email.length > LONGEST_EMAIL || !email.isWellFormed()) return []
  const isMeant = (stored: string) => stored.toLowerCase() === email.toLowerCase()
  const sought: Sought = { among: 'emails', texts: [email], isMeant }
  const fresh = await amongPeople(ctx, input, (of) => queried(ctx, of, sought))
  if (fresh.length) return fresh
  return amongPeople(ctx, input, (of) =>
    rowsWith(ctx, of, async (columns) => meant(ctx, of, sought, await indexed(ctx, of.object, { email }, CANDIDATES, columns))),
  )
}

export const findByPhone = async (ctx: Ctx, input: LookupCustomerInput, given: string): Promise<CrmRecord[]> => {
  const e164 = toE164(given, ctx.tenant.region)
  return e164 === null ? [] : amongPeople(ctx, input, (of) => rowsByPhone(ctx, of, e164))
}

export const isId = (external_id: string): boolean => /^\d{1,20}$/.test(external_id)

/** Zoho says by 204 or by an error that it has no such record. */
export const rowsById = (ctx: Ctx, of: Reading, external_id: string): Promise<Row[]> =>
  rowsWith(ctx, of, async (columns) => {
    const found = await orNull(get(ctx, path`/${moduleOf(of.object)}/${external_id}`, Rows, { fields: columns.join(',') }))
    return found?.data.filter(({ id }) => id === external_id) ?? []
  })

/** Ids are one row over all modules. */
export const findById = async (ctx: Ctx, input: LookupCustomerInput, external_id: string): Promise<CrmRecord[]> =>
  isId(external_id) ? amongPeople(ctx, input, (of) => rowsById(ctx, of, external_id)) : []
