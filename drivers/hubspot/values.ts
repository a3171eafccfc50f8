import { fromLocal, isZone, toLocal } from '../../core/driver.ts'
import type { FieldType } from '../../schemas/field.ts'
import type { Fields, FieldValue } from '../../schemas/verbs.ts'
import { FULL_NAME } from './manifest.ts'

/** A moment at HubSpot, and a day to everybody who sees it there. */
export const DAYS_AS_MOMENTS: readonly string[] = ['closedate']

export const isEmpty = (value: FieldValue | undefined): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)

/** The account's zone, by which it shows moments. */
export const zoneOf = ({ time_zone = '' }: Readonly<Record<string, string>>): string => (isZone(time_zone) ? time_zone : 'UTC')

const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text)
const dayIn = (zone: string, iso: string): string => toLocal(iso, zone).slice(0, 10)

/** HubSpot takes a day for its midnight in UTC, the day before in America. Noon is the same day but for zones far in the east, which get their own. */
const noonOf = (day: string, zone: string): string => {
  const noon = `${day}T12:00:00.000Z`
  return dayIn(zone, noon) === day ? noon : (fromLocal(`${day}T12:00:00`, zone) ?? noon)
}

const toText = (name: string, value: FieldValue, zone: string): string => {
  if (value === null) return ''
  if (Array.isArray(value)) return value.join(';')
  const text = String(value)
  return DAYS_AS_MOMENTS.includes(name) && isDay(text) ? noonOf(text, zone) : text
}

/** Values as HubSpot takes them, all of them texts; the empty one clears. */
export const toProperties = (fields: Fields, zone: string): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, toText(name, value, zone)]))

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$/
const FIRST = Date.parse('0001-01-01T00:00:00Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/** HubSpot tells moments by ISO 8601 or by the milliseconds since 1970. */
const momentOf = (text: string): string | null => {
  const ms = /^-?\d+$/.test(text) ? Number(text) : ISO.test(text) ? Date.parse(text) : Number.NaN
  return ms >= FIRST && ms <= LAST ? new Date(ms).toISOString() : null
}

const numberOf = (text: string): number | null => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : null)

const dayOf = (text: string, name: string, zone: string): string | null => {
  if (isDay(text)) return text
  const moment = momentOf(text)
  return moment && (DAYS_AS_MOMENTS.includes(name) ? dayIn(zone, moment) : moment.slice(0, 10))
}

const asText = (text: string): FieldValue => text

const READERS: Record<FieldType, (text: string, name: string, zone: string) => FieldValue> = {
  string: asText,
  text: asText,
  html: asText,
  option: asText,
  options: (text) => text.split(';').filter(Boolean),
  integer: numberOf,
  number: numberOf,
  boolean: (text) => (/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : null),
  date: dayOf,
  datetime: momentOf,
}

/** A property's text in the shared form. Null: nothing is there, or nothing of that type, since the property was made anew as another. */
export const fromText = (name: string, type: FieldType, text: string | null | undefined, zone: string): FieldValue =>
  text ? READERS[type](text, name, zone) : null

/** A whole name in HubSpot's two parts, the last word being the second; parts that were given themselves stay. */
export const withNameParts = (fields: Fields): Fields => {
  const { [FULL_NAME]: whole, ...rest } = fields
  if (whole === undefined || !isEmpty(rest.firstname) || !isEmpty(rest.lastname)) return rest
  const words = String(whole ?? '')
    .trim()
    .split(/\s+/)
  const lastname = words.length > 1 ? words.pop() : ''
  return { ...rest, firstname: words.join(' '), lastname: lastname ?? '' }
}
