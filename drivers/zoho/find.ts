import { firstMatch, orNull, path, samePhone, toE164 } from '../../core/driver.ts'
import type { CustomerRecord } from '../../schemas/record.ts'
import { type Ctx, get, select } from './answer.ts'
import { layoutIn } from './fields.ts'
import { isPlain } from './literals.ts'
import { moduleOf } from './manifest.ts'
import { byId, columnsOf, type Row, Rows, toRecord, valuesIn } from './map.ts'
import { phoneForms } from './phones.ts'
import { equalsAny, selectFrom } from './query.ts'

const PEOPLE = ['contact', 'lead'] // in this order, where a person is both
const CANDIDATES = 200 // what one credit buys
const LONGEST_EMAIL = 254

/** Modules that the user who connected may see. */
const openTo = ({ facts }: Ctx): string[] => PEOPLE.filter((object) => !(facts.closed ?? '').split(',').includes(object))

const queried = async (ctx: Ctx, object: string, columns: readonly string[], texts: string[]): Promise<Row[]> => {
  const plain = texts.filter(isPlain)
  if (columns.length === 0 || plain.length === 0) return []
  const where = equalsAny(columns, plain)
  const statement = selectFrom(moduleOf(object), columnsOf(ctx, object), where, `limit ${CANDIDATES}`)
  return (await select(ctx, statement, Rows))?.data ?? []
}

/** By the search index, which normalises, knows hidden fields too, and is late by a moment. */
export const searched = async (ctx: Ctx, object: string, by: Record<string, string>, limit: number): Promise<Row[]> => {
  const query = { ...by, fields: columnsOf(ctx, object).join(','), per_page: limit }
  return (await get(ctx, path`/${moduleOf(object)}/search`, Rows, query))?.data ?? []
}

export const searchedByPhone = async (ctx: Ctx, object: string, e164: string, limit: number): Promise<Row[]> => {
  const asked = phoneForms(e164).slice(0, 2)
  const found = (await Promise.all(asked.map((phone) => searched(ctx, object, { phone }, limit)))).flat()
  const { phones } = layoutIn(ctx, object)
  const isTheirs = (row: Row) => valuesIn(row, phones).some((stored) => samePhone(stored, e164, ctx.tenant.region))
  return [...new Map(found.filter(isTheirs).map((row) => [row.id, row])).values()]
}

type Find = (object: string) => Promise<Row[]>

/** Of several the oldest, the same one each time. */
const oldest = async (ctx: Ctx, object: string, find: Find): Promise<CustomerRecord | null> => {
  const [row] = (await find(object)).sort(byId)
  return row ? toRecord(ctx, object)(row) : null
}

const amongPeople = (ctx: Ctx, find: Find): Promise<CustomerRecord | null> =>
  firstMatch(...openTo(ctx).map((object) => oldest(ctx, object, find)))

/** The query sees what was written a moment ago; the index is asked where it knows nobody. */
export const findByEmail = async (ctx: Ctx, given: string): Promise<CustomerRecord | null> => {
  const email = given.trim()
  if (email === '' || email.length > LONGEST_EMAIL || !email.isWellFormed()) return null
  const isTheirs = (object: string) => (row: Row) =>
    valuesIn(row, layoutIn(ctx, object).emails).some((stored) => stored.toLowerCase() === email.toLowerCase())
  const byQuery: Find = async (object) =>
    (await queried(ctx, object, layoutIn(ctx, object).emails, [email])).filter(isTheirs(object))
  const bySearch: Find = async (object) => (await searched(ctx, object, { email }, CANDIDATES)).filter(isTheirs(object))
  return (await amongPeople(ctx, byQuery)) ?? amongPeople(ctx, bySearch)
}

export const findByPhone = async (ctx: Ctx, given: string): Promise<CustomerRecord | null> => {
  const e164 = toE164(given, ctx.tenant.region)
  if (e164 === null) return null
  const isTheirs = (object: string) => (row: Row) =>
    valuesIn(row, layoutIn(ctx, object).phones).some((stored) => samePhone(stored, e164, ctx.tenant.region))
  const byQuery: Find = async (object) =>
    (await queried(ctx, object, layoutIn(ctx, object).phones, phoneForms(e164))).filter(isTheirs(object))
  return (await amongPeople(ctx, byQuery)) ?? amongPeople(ctx, (object) => searchedByPhone(ctx, object, e164, CANDIDATES))
}

export const isId = (external_id: string): boolean => /^\d{1,20}$/.test(external_id)

/** Zoho says by 204 or by an error that it has no such record. */
export const readById = async (ctx: Ctx, object: string, external_id: string): Promise<Row | null> => {
  const query = { fields: columnsOf(ctx, object).join(',') }
  const found = await orNull(get(ctx, path`/${moduleOf(object)}/${external_id}`, Rows, query))
  return found?.data.find(({ id }) => id === external_id) ?? null
}

/** Ids are one row over all modules. */
export const findById = async (ctx: Ctx, external_id: string): Promise<CustomerRecord | null> => {
  if (!isId(external_id)) return null
  return amongPeople(ctx, async (object) => {
    const row = await readById(ctx, object, external_id)
    return row ? [row] : []
  })
}
