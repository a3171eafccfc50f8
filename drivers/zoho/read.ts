import type { FieldType, FieldValue } from '../../schemas/field.ts'
import { NO_OPTION } from './fields.ts'

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/
const DAY = /^\d{4}-\d\d-\d\d(?=$|T)/
const NUMBER = /^-?\d+(\.\d+)?$/

const text = (value: unknown): string | null => {
  if (typeof value === 'string') return value || null
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const { id } = (value ?? {}) as { id?: unknown } // a lookup: `{ id, name }`, and written by its id
  return typeof id === 'string' ? id : null
}

const choice = (value: unknown): string | null => {
  const chosen = text(value)
  return chosen === NO_OPTION ? null : chosen
}

/** A list, or in one text as Zoho keeps it. */
const choices = (value: unknown): string[] | null => {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(';') : []
  const chosen = list.map(choice).filter((one) => one !== null)
  return chosen.length ? chosen : null
}

/** Whole numbers too long for a number come as text: see `keepDigits`. */
const number = (value: unknown): number | null => {
  const read = typeof value === 'string' && NUMBER.test(value) ? Number(value) : value
  return typeof read === 'number' && Number.isFinite(read) ? read : null
}

const whole = (value: unknown): number | null => {
  const read = number(value)
  return Number.isSafeInteger(read) ? read : null
}

/** The offset is that of the organisation or the user; it says which moment is meant, and is not kept. */
const moment = (value: unknown): string | null => {
  const at = typeof value === 'string' && MOMENT.test(value) ? new Date(value) : undefined
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : null
}

const day = (value: unknown): string | null => (typeof value === 'string' ? (DAY.exec(value)?.[0] ?? null) : null)

const truth = (value: unknown): boolean | null => {
  if (typeof value === 'boolean') return value
  return value === 'true' || value === 'false' ? value === 'true' : null
}

const readers: Record<FieldType, (value: unknown) => FieldValue> = {
  string: choice,
  text,
  html: text,
  integer: whole,
  number,
  boolean: truth,
  date: day,
  datetime: moment,
  option: choice,
  options: choices,
}

/** A value as Zoho tells it, in the form that all drivers share; null where there is none, or none of that type. */
export const fromNative = (value: unknown, type: FieldType): FieldValue => readers[type](value)
