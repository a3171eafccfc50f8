import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { firstMatch, orNull, path, samePhone, toE164 } from '../../core/driver.ts'
import { type Ctx, DATA, query, search } from './call.ts'
import { nativeOf, type ObjectName } from './manifest.ts'
import { isIdOf, isVisible, Row, readableFields, readablePhones } from './map.ts'
import { anyOf, find, names, nothing, part, soql, sosl } from './soql.ts'

/** Whom a customer may be: a contact counts before a lead. */
const PERSONS = ['contact', 'lead'] as const satisfies ObjectName[]

/** A converted lead lives on as a contact. */
const IS_OPEN = { contact: nothing, lead: part` AND IsConverted = false` } as const

const LONGEST_EMAIL = 80
const CANDIDATES = 50
const ONE_DAY_MS = 86_400_000

const personsIn = (ctx: Ctx) => PERSONS.filter((object) => isVisible(ctx, object))

/** Converted leads too: whoever has the id means that record. */
export const findById = async (ctx: Ctx, external_id: string): Promise<Row | null> => {
  const object = personsIn(ctx).find((object) => isIdOf(object, external_id))
  if (!object) return null
  const fields = readableFields(ctx, object).join(',')
  return orNull(ctx.http.get(`${DATA}${path`/sobjects/${nativeOf(object)}/${external_id}`}`, Row, { fields }))
}

export const findByEmail = async (ctx: Ctx, given: string): Promise<Row | null> => {
  const email = given.trim()
  if (email === '' || email.length > LONGEST_EMAIL) return null
  const first = async (object: (typeof PERSONS)[number]): Promise<Row | null> => {
    const statement = soql`SELECT ${names(readableFields(ctx, object))} FROM ${names([nativeOf(object)])} WHERE Email = ${email}${IS_OPEN[object]} ORDER BY CreatedDate, Id LIMIT 1`
    return (await query(ctx, statement, Row))[0] ?? null
  }
  return firstMatch(...personsIn(ctx).map(first))
}

/** By the index, which knows numbers however they are written; what it does not know yet, by how they usually are. */
export const findByPhone = async (ctx: Ctx, given: string): Promise<Row | null> => {
  const e164 = toE164(given, ctx.tenant.region)
  const forms = e164 && formsOf(e164)
  const persons = personsIn(ctx).filter((object) => readablePhones(ctx, object).length > 0)
  if (!forms || persons.length === 0) return null
  const theirs = (rows: Row[]) => firstOf(ctx, rows, e164)
  const indexed = theirs(await search(ctx, bySearch(ctx, persons, forms.digits), Row))
  if (indexed) return indexed
  const recent = await Promise.all(persons.map((object) => query(ctx, byQuery(ctx, object, forms.written), Row)))
  return theirs(recent.flat())
}

const bySearch = (ctx: Ctx, persons: readonly (typeof PERSONS)[number][], digits: string[]): string => {
  const [first, second] = persons.map(
    (object) =>
      part`${names([nativeOf(object)])}(${names(readableFields(ctx, object))}${object === 'lead' ? part` WHERE IsConverted = false` : nothing})`,
  )
  return sosl`FIND ${find(digits, 'OR')} IN PHONE FIELDS RETURNING ${first ?? nothing}${second ? part`, ${second}` : nothing} LIMIT ${CANDIDATES}`
}

/** Phone fields have no index of their own: without the day, a large org would read all its records. */
const byQuery = (ctx: Ctx, object: (typeof PERSONS)[number], written: string[]): string => {
  const phones = readablePhones(ctx, object).map((field) => part`${names([field])} IN ${written}`)
  const since = new Date(Date.now() - ONE_DAY_MS)
  return soql`SELECT ${names(readableFields(ctx, object))} FROM ${names([nativeOf(object)])} WHERE SystemModstamp >= ${since} AND ${anyOf(phones)}${IS_OPEN[object]} ORDER BY CreatedDate, Id LIMIT ${CANDIDATES}`
}

/** The digits that the index may hold, and the number as people write it. */
export const formsOf = (e164: string): { digits: string[]; written: string[] } | null => {
  const number = parsePhoneNumberFromString(e164)
  if (!number) return null
  const national = number.formatNational()
  const dashed = national.replace(/^\((\d+)\) /, '$1-')
  const digits = [national, number.nationalNumber, e164].map((form) => form.replaceAll(/\D/g, ''))
  const plus = `+${number.countryCallingCode}`
  const written = [
    e164,
    national,
    number.formatInternational(),
    dashed,
    dashed.replaceAll('-', '.'),
    `${plus} ${national}`,
    ...digits,
  ]
  return { digits: [...new Set(digits)], written: [...new Set([...written, `${plus}-${dashed}`])] }
}

const firstOf = ({ tenant }: Ctx, rows: Row[], e164: string): Row | null => {
  const isTheirs = ({ Phone, MobilePhone, HomePhone, OtherPhone }: Row) =>
    [Phone, MobilePhone, HomePhone, OtherPhone].some((stored) => stored && samePhone(stored, e164, tenant.region))
  return rows.filter(isTheirs).sort(contactsFirstOldestFirst)[0] ?? null
}

const contactsFirstOldestFirst = (a: Row, b: Row): number =>
  a.attributes.type.localeCompare(b.attributes.type) ||
  (a.CreatedDate ?? '').localeCompare(b.CreatedDate ?? '') ||
  (a.Id < b.Id ? -1 : 1)
