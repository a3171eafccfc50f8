import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { toE164, toLocal } from '../../core/driver.ts'
import type { FieldType } from '../../schemas/field.ts'
import type { FieldValue } from '../../schemas/verbs.ts'
import { EXECUTES, type Field, type Kind } from './fields.ts'
import { fromSite, fromUtc } from './zone.ts'

/** What of a connection decides how values are written. */
export interface Known {
  zone: string
  region: string
}

export type Written = { value: unknown; needs?: never } | { value?: never; needs: string }

/** Digits, as the provider wants them: without the country's code where it is the tenant's own. */
export const phoneDigits = (phone: string, region: string): string => {
  const e164 = toE164(phone, region)
  const number = e164 && parsePhoneNumberFromString(e164)
  if (!number) return phone
  const isAtHome = toE164(number.nationalNumber, region) === e164
  return isAtHome ? number.nationalNumber : number.number
}

/** A time by the clocks of the site, without a zone; null in the hour that comes twice, where it would be read as the other one. */
const siteTime = (text: string, zone: string): string | null => {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) return null
  const whole = new Date(Math.floor(ms / 1000) * 1000).toISOString()
  const local = toLocal(whole, zone)
  return fromSite(local, zone) === whole ? local : null
}

const is = (isRight: boolean, value: unknown, needs: string): Written => (isRight ? { value } : { needs })
const isInteger = (value: unknown): boolean => Number.isSafeInteger(value)

const writers: Record<Kind, (value: string | number | boolean, known: Known) => Written> = {
  text: (value) => ({ value: String(value) }),
  long: (value) => ({ value: String(value) }),
  phone: (value, { region }) => ({ value: phoneDigits(String(value), region) }),
  date: (value) =>
    is(/^\d{4}-\d{2}-\d{2}/.test(`${value}`), `${String(value).slice(0, 10)}T00:00:00`, 'a date such as 1990-12-31'),
  site: (value, { zone }) => {
    const local = siteTime(String(value), zone)
    return is(local !== null, local, 'a time that the clocks of the site show once, with its zone')
  },
  utc: (value) => is(fromUtc(String(value)) !== null, value, 'a time with its zone'),
  flag: (value) => is(typeof value === 'boolean', value, 'true or false'),
  whole: (value) => is(isInteger(value), value, 'a whole number'),
  ref: (value) => is(isInteger(value), { Id: value }, 'the number that it has at Mindbody'),
  option: (value) => is(Object.hasOwn(EXECUTES, `${value}`), value, `one of ${Object.keys(EXECUTES).join(', ')}`),
}

/** A canonical value as a field of that kind takes it. An empty text clears a text; nothing clears what is no text. */
export const write = (value: FieldValue, { kind }: Pick<Field, 'kind'>, known: Known): Written => {
  const isText = kind === 'text' || kind === 'long' || kind === 'phone'
  if (value === null || value === '') return isText ? { value: '' } : { needs: 'a value: Mindbody cannot clear it' }
  if (Array.isArray(value)) return { needs: 'one value, not a list' }
  return writers[kind](value, known)
}

/** Custom fields hold texts, whatever their type. */
export const writeCustom = (value: FieldValue): Written =>
  Array.isArray(value) ? { needs: 'one value, not a list' } : { value: value === null ? '' : String(value) }

const US_DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})\b/

const dayOf = (text: string): string | null => {
  const [, month = '', day = '', year] = US_DATE.exec(text) ?? []
  if (year) return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0] ?? null
}

const WORDS = new Map([
  ...['true', 'yes', '1'].map((word) => [word, true] as const),
  ...['false', 'no', '0'].map((word) => [word, false] as const),
])

const finite = (raw: unknown): number | null => {
  const number = typeof raw === 'string' && raw.trim() === '' ? Number.NaN : Number(raw)
  return Number.isFinite(number) ? number : null
}

/** What is stored in a field of that kind, in the shared form of the type asked for; null where it is nothing of that type. */
export const read = (raw: unknown, type: FieldType, kind: Kind | 'custom', { zone }: Known): FieldValue => {
  const stored = kind === 'ref' ? (raw as { Id?: unknown } | null)?.Id : raw
  if (!['string', 'number', 'boolean'].includes(typeof stored) || stored === '') return null
  const text = String(stored)
  switch (type) {
    case 'boolean':
      return WORDS.get(text.toLowerCase()) ?? null
    case 'integer':
    case 'number':
      return finite(stored)
    case 'date':
      return dayOf(kind === 'utc' ? (fromUtc(text) ?? '') : text)
    case 'datetime':
      return kind === 'utc' ? fromUtc(text) : fromSite(text, zone)
    case 'options':
      return [text]
    default:
      return text
  }
}
