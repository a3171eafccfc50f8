import type { FieldOption, FieldType, FieldValue } from '../../schemas/field.ts'
import { fromLocal } from '../zone.ts'

export interface NativeField {
  field: string
  type: FieldType
  options?: readonly FieldOption[] | undefined
}

export type Converted = { value: FieldValue; fault?: never } | { value?: never; fault: string }

const fault = (expected: string): Converted => ({ fault: `needs ${expected}` })

/**
 * A value in the form of its native type: dates `YYYY-MM-DD`, times ISO in UTC, numbers and booleans as such. `null` clears. `zone`: the account's own, for
 * times that come without one.
 */
export const convert = (value: FieldValue, native: NativeField, zone?: string): Converted => {
  if (value === null) return { value }
  if (Array.isArray(value)) return native.type === 'options' ? pickAll(value, native.options) : fault('one value, not a list')
  return converters[native.type](value, native, zone)
}

type Single = Exclude<FieldValue, null | string[]>

const asText = (value: Single): Converted => ({ value: String(value) })

const asNumber = (value: Single): number | null => {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^[+-]?\d+(\.\d+)?$/.test(value.trim()))
  return isNumber && Number.isFinite(Number(value)) ? Number(value) : null
}

const WORDS = new Map([
  ...['true', 'yes', '1'].map((word) => [word, true] as const),
  ...['false', 'no', '0'].map((word) => [word, false] as const),
])

const converters: Record<FieldType, (value: Single, native: NativeField, zone?: string) => Converted> = {
  string: asText,
  text: asText,
  html: asText,
  integer: (value) => {
    const number = asNumber(value)
    return Number.isSafeInteger(number) ? { value: number as number } : fault('a whole number')
  },
  number: (value) => {
    const number = asNumber(value)
    return number === null ? fault('a number') : { value: number }
  },
  boolean: (value) => {
    const known = WORDS.get(String(value).trim().toLowerCase())
    return known === undefined ? fault('true or false') : { value: known }
  },
  date: (value) => {
    const [, date, time] = /^(\d{4}-\d{2}-\d{2})(T.*)?$/.exec(String(value).trim()) ?? []
    const isWhole = date && isDate(date) && (time === undefined || TIME.test(time))
    return isWhole ? { value: date } : fault('a date such as 2026-01-31')
  },
  datetime: (value, _, zone) => {
    const text = String(value).trim()
    const instant = isDate(text.slice(0, 10)) ? instantOf(text, zone) : null
    const time = instant === null ? Number.NaN : Date.parse(instant)
    return time >= FIRST && time <= LAST
      ? { value: new Date(time).toISOString() }
      : fault('a time with its zone, such as 2026-01-31T09:00:00Z')
  },
  option: (value, { options }) => pick(String(value), options),
  options: (value, { options }) => pickAll([String(value)], options),
}

/** A day alone is its noon: wherever it is shown, it stays that day. */
const instantOf = (text: string, zone: string | undefined): string | null => {
  const [date, time] = [text.slice(0, 10), text.slice(10) || NOON]
  if (ZONED.test(time)) return date + time
  if (!TIME.test(time)) return null
  if (zone !== undefined) return fromLocal(date + time, zone)
  return time === NOON && text.length === 10 ? `${date}${NOON}Z` : null
}

const NOON = 'T12:00:00'
const TIME = /^T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/
const ZONED = /^T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/
const FIRST = Date.parse('0001-01-01T00:00:00Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/** Days are checked against the calendar: JavaScript would turn 31 February into March. */
const isDate = (text: string): boolean => {
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

const pickAll = (values: string[], options: NativeField['options']): Converted => {
  const picked = values.map((value) => pick(value, options))
  return picked.find(({ fault }) => fault) ?? { value: picked.map(({ value }) => String(value)) }
}

const pick = (value: string, options: NativeField['options']): Converted => {
  if (!options?.length) return { value }
  const same = (text: string) => text.toLowerCase() === value.trim().toLowerCase()
  const found = options.find((option) => option.value === value) ?? options.find(({ value, label }) => same(value) || same(label))
  return found
    ? { value: found.value }
    : fault(
        `one of: ${options
          .slice(0, 20)
          .map(({ label }) => label)
          .join(', ')}`,
      )
}
