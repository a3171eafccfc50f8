import type { FieldOption, FieldType } from '../../schemas/field.ts'
import type { FieldValue } from '../../schemas/verbs.ts'

export interface NativeField {
  field: string
  type: FieldType
  options?: readonly FieldOption[] | undefined
}

export type Converted = { value: FieldValue; fault?: never } | { value?: never; fault: string }

const fault = (expected: string): Converted => ({ fault: `needs ${expected}` })

/** A value in the form of its native type: dates `YYYY-MM-DD`, times ISO in UTC, numbers and booleans as such. `null` clears. */
export const convert = (value: FieldValue, native: NativeField): Converted =>
  value === null ? { value } : converters[native.type](value, native)

const asText = (value: FieldValue): Converted => (Array.isArray(value) ? fault('one text, not a list') : { value: String(value) })

const asNumber = (value: FieldValue): number | null => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  return typeof value === 'string' && /^[+-]?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : null
}

const WORDS: Record<string, boolean> = { true: true, yes: true, '1': true, false: false, no: false, '0': false }

const converters: Record<FieldType, (value: FieldValue, native: NativeField) => Converted> = {
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
    const known = WORDS[String(value).trim().toLowerCase()]
    return known === undefined ? fault('true or false') : { value: known }
  },
  date: (value) => {
    const date = /^(\d{4}-\d{2}-\d{2})(T.*)?$/.exec(String(value).trim())?.[1]
    return date && isDate(date) ? { value: date } : fault('a date such as 2026-01-31')
  },
  datetime: (value) => {
    const text = String(value).trim()
    const zoned = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text
    const isWhole =
      /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(zoned) && isDate(zoned.slice(0, 10))
    const time = new Date(zoned)
    return isWhole && !Number.isNaN(time.getTime())
      ? { value: time.toISOString() }
      : fault('a time with its zone, such as 2026-01-31T09:00:00Z')
  },
  option: (value, { options }) => (Array.isArray(value) ? fault('one option, not a list') : pick(String(value), options)),
  options: (value, { options }) => {
    const picked = (Array.isArray(value) ? value : [String(value)]).map((one) => pick(one, options))
    return picked.find(({ fault }) => fault) ?? { value: picked.map(({ value }) => String(value)) }
  },
}

/** Days are checked against the calendar: JavaScript would turn 31 February into March. */
const isDate = (text: string): boolean => {
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
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
