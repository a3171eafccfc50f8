import type { FieldType, FieldValue } from '../../schemas/field.ts'

/** A value as the REST API takes it: several options in one text. Dates, times and numbers are there as they are here. */
export const toNative = (value: FieldValue): Exclude<FieldValue, string[]> => (Array.isArray(value) ? value.join(';') : value)

/** `2026-09-11T13:27:39.000+0000`: the offset has no colon. */
export const isoOf = (moment: string | null | undefined): string | null => {
  const ms = moment ? Date.parse(moment.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')) : Number.NaN
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}

/** A value as it came, in the shared form; null for none, and for one that is not of its type any more. */
export const fromNative = (value: unknown, type: FieldType): FieldValue => {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'integer':
    case 'number':
      return typeof value === 'number' ? value : null
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(String(value)) ? String(value) : null
    case 'datetime':
      return isoOf(String(value))
    case 'options':
      return value === '' ? null : String(value).split(';')
    default:
      return String(value)
  }
}
