import { ApiError, badJson } from './sandbox-errors.ts'
import type { SandboxField } from './sandbox-fields.ts'
import { longId } from './sandbox-ids.ts'

const refused = (errorCode: string, name: string, message: string) => new ApiError(400, errorCode, message, [name])

const unreadable = ({ type }: SandboxField, value: unknown) => {
  const kind = typeof value === 'string' ? 'VALUE_STRING' : typeof value === 'number' ? 'VALUE_NUMBER_INT' : 'START_OBJECT'
  return badJson(
    `Cannot deserialize instance of ${type} from ${kind} value ${String(value)} or request may be missing a required field`,
  )
}

const isDate = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text)

const isMoment = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))

/** Times have seconds, and an offset without a colon. */
export const momentAt = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}.000+0000`

/** A value as it is kept, or the refusal; texts lose the space around them, and an empty one is none. */
export const toStored = (name: string, field: SandboxField, value: unknown): unknown => {
  if (value === null || value === undefined) return null
  switch (field.type) {
    case 'boolean':
      if (typeof value !== 'boolean') throw unreadable(field, value)
      return value
    case 'double':
    case 'currency':
    case 'percent':
      if (typeof value !== 'number') throw unreadable(field, value)
      return value
    case 'date':
      if (typeof value !== 'string' || !isDate(value)) throw unreadable(field, value)
      return value
    case 'datetime':
      if (typeof value !== 'string' || !isMoment(value)) throw unreadable(field, value)
      return momentAt(Date.parse(value))
    default:
      if (typeof value !== 'string') throw unreadable(field, value)
      return toText(name, field, value.trim())
  }
}

const toText = (name: string, field: SandboxField, text: string): string | null => {
  if (text === '') return null
  const { label, length, type } = field
  if (length !== undefined && [...text].length > length)
    throw refused('STRING_TOO_LONG', name, `${label}: data value too large: ${text} (max length=${length})`)
  if (type === 'email' && !/^[^\s@"'\\<>(),;:]+@[^\s@"'\\<>(),;:]+\.[A-Za-z0-9-]{2,}$/.test(text))
    throw refused('INVALID_EMAIL_ADDRESS', name, `${label}: invalid email address: ${text}`)
  if (type === 'reference' && !longId(text)) throw refused('MALFORMED_ID', name, `${label}: id value of incorrect type: ${text}`)
  if (type === 'picklist' && field.isRestricted && !field.values?.includes(text))
    throw refused('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', name, `${label}: bad value for restricted picklist field: ${text}`)
  if (type === 'multipicklist' && !text.split(';').every((option) => field.values?.includes(option)))
    throw refused('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', name, `${label}: bad value for restricted picklist field: ${text}`)
  return text
}
