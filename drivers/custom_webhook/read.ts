import type { FieldType, FieldValue } from '../../schemas/field.ts'

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/
const DAY = /^\d{4}-\d\d-\d\d(?=$|T)/
const NUMBER = /^[+-]?\d+(\.\d+)?$/

const text = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null

const texts = (value: unknown): string[] | null => {
  const list = (Array.isArray(value) ? value : [value]).map(text)
  return list.every((one) => one !== null) ? list : null
}

const number = (value: unknown): number | null => {
  const read = typeof value === 'string' && NUMBER.test(value) ? Number(value) : value
  return typeof read === 'number' && Number.isFinite(read) ? read : null
}

const whole = (value: unknown): number | null => {
  const read = number(value)
  return Number.isSafeInteger(read) ? read : null
}

const truth = (value: unknown): boolean | null => {
  if (typeof value === 'boolean') return value
  return value === 'true' || value === 'false' ? value === 'true' : null
}

const iso = (text: string): string | null => {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

/** Days are held against the calendar, which has no 31 February. */
const day = (value: unknown): string | null => {
  const [day = ''] = (typeof value === 'string' && DAY.exec(value)) || []
  return iso(`${day}T00:00:00Z`)?.startsWith(day) ? day : null
}

/** A time without a zone could be any of many. */
const moment = (value: unknown): string | null =>
  typeof value === 'string' && MOMENT.test(value) && day(value) ? iso(value) : null

const readers: Record<FieldType, (value: unknown) => FieldValue> = {
  string: text,
  text,
  html: text,
  integer: whole,
  number,
  boolean: truth,
  date: day,
  datetime: moment,
  option: text,
  options: texts,
}

/** What an endpoint tells of a field, as far as it is of the type; else null. */
export const toldAs = (told: unknown, type: FieldType): FieldValue => readers[type](told)
