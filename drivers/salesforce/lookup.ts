import { orNull, path } from '../../core/driver.ts'
import { type Ctx, DATA, query } from './call.ts'
import { type Columns, type Reading, withColumns } from './columns.ts'
import { nativeOf, type ObjectName } from './manifest.ts'
import { isIdOf, isVisible, Row } from './map.ts'
import { names, nothing, part, soql } from './soql.ts'

/** Whom a customer may be: a contact counts before a lead. */
const PERSONS = ['contact', 'lead'] as const satisfies ObjectName[]
export type Person = (typeof PERSONS)[number]

/** A converted lead lives on as a contact. */
export const IS_OPEN = { contact: nothing, lead: part` AND IsConverted = false` } as const

const LONGEST_EMAIL = 80
const MOST_CUSTOMERS = 20

export const personsIn = (ctx: Ctx): Person[] => PERSONS.filter((object) => isVisible(ctx, object))

/** Converted leads too: whoever has the id means that record. */
export const findById = async (ctx: Ctx, external_id: string, reading: Reading): Promise<Row[]> => {
  const object = personsIn(ctx).find((object) => isIdOf(object, external_id))
  if (!object) return []
  const where = `${DATA}${path`/sobjects/${nativeOf(object)}/${external_id}`}`
  const one = (columns: Columns) => orNull(ctx.http.get(where, Row, { fields: columns(object).join(',') }))
  return [(await withColumns(ctx, reading, one)) ?? []].flat()
}

export const findByEmail = async (ctx: Ctx, given: string, reading: Reading): Promise<Row[]> => {
  const email = given.trim()
  if (email === '' || email.length > LONGEST_EMAIL) return []
  const found = await withColumns(ctx, reading, (columns) =>
    Promise.all(personsIn(ctx).map((object) => query(ctx, byAddress(columns, object, email), Row))),
  )
  return bestFirst(found.flat())
}

const byAddress = (columns: Columns, object: Person, email: string): string =>
  soql`SELECT ${names(columns(object))} FROM ${names([nativeOf(object)])} WHERE Email = ${email}${IS_OPEN[object]} ORDER BY CreatedDate, Id LIMIT ${MOST_CUSTOMERS}`

/** Everybody once, contacts first, the oldest first of each. */
export const bestFirst = (found: readonly Row[]): Row[] =>
  [...new Map(found.map((row) => [row.Id, row])).values()].sort(contactsFirstOldestFirst).slice(0, MOST_CUSTOMERS)

const contactsFirstOldestFirst = (a: Row, b: Row): number =>
  a.attributes.type.localeCompare(b.attributes.type) ||
  (a.CreatedDate ?? '').localeCompare(b.CreatedDate ?? '') ||
  (a.Id < b.Id ? -1 : 1)
