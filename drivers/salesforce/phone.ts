import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { samePhone, toE164 } from '../../core/driver.ts'
import { type Ctx, query, search } from './call.ts'
import { type Columns, type Reading, withColumns } from './columns.ts'
import { bestFirst, IS_OPEN, type Person } from './lookup.ts'
import { nativeOf } from './manifest.ts'
import { Row, readablePhones } from './map.ts'
import { anyOf, find, names, nothing, part, soql, sosl } from './soql.ts'

const CANDIDATES = 50
const ONE_DAY_MS = 86_400_000

/** By the index, which knows numbers however they are written, and by the table, which knows new ones. Both only bring candidates. */
export const findByPhone = async (ctx: Ctx, objects: readonly Person[], given: string, reading: Reading): Promise<Row[]> => {
  const e164 = toE164(given, ctx.tenant.region)
  const forms = e164 && formsOf(e164)
  const persons = objects.filter((object) => readablePhones(ctx, object).length > 0)
  if (!forms || persons.length === 0) return []
  const candidates = await withColumns(ctx, reading, (columns) =>
    Promise.all([
      search(ctx, byIndex(columns, persons, forms.digits), Row),
      ...persons.map((object) => query(ctx, byTable(ctx, columns, object, forms.written), Row)),
    ]),
  )
  return bestFirst(candidates.flat().filter(hasNumber(ctx, e164)))
}

const byIndex = (columns: Columns, persons: readonly Person[], digits: string[]): string => {
  const [first = nothing, second] = persons.map(
    (object) =>
      part`${names([nativeOf(object)])}(${names(columns(object))}${object === 'lead' ? part` WHERE IsConverted = false` : nothing})`,
  )
  return sosl`FIND ${find(digits, 'OR')} IN PHONE FIELDS RETURNING ${first}${second ? part`, ${second}` : nothing} LIMIT ${CANDIDATES}`
}

/** Phone fields have no index of their own: without the day, a large org would read all its records. */
const byTable = (ctx: Ctx, columns: Columns, object: Person, written: string[]): string => {
  const phones = readablePhones(ctx, object).map((field) => part`${names([field])} IN ${written}`)
  const since = new Date(Date.now() - ONE_DAY_MS)
  return soql`SELECT ${names(columns(object))} FROM ${names([nativeOf(object)])} WHERE SystemModstamp >= ${since} AND ${anyOf(phones)}${IS_OPEN[object]} ORDER BY CreatedDate, Id LIMIT ${CANDIDATES}`
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

const hasNumber =
  ({ tenant }: Ctx, e164: string) =>
  ({ Phone, MobilePhone, HomePhone, OtherPhone }: Row): boolean =>
    [Phone, MobilePhone, HomePhone, OtherPhone].some((stored) => stored && samePhone(stored, e164, tenant.region))
