import { toE164 } from '../../core/driver.ts'
import type { FieldType, FieldValue } from '../../schemas/field.ts'
import { fromUsDate, toIso, toUsDate } from './eastern.ts'
import type { Field } from './fields.ts'

/** Said in place of a number or address that a patient would not give. */
const DECLINED = 'declined'

/** A value as the provider's forms have it; an empty text clears. Null: not a value of this kind. */
export const toNative = (value: FieldValue, field: Field, region: string): string | null => {
  if (value === null || value === '') return ''
  if (Array.isArray(value)) return null
  const text = String(value).trim()
  switch (field.kind) {
    case 'phone':
      return text === DECLINED ? text : nationalNumber(text, region)
    case 'email':
      return text === DECLINED || (/^[^\s@]+@[^\s@]+$/.test(text) && text.length <= 50) ? text : null
    case 'date':
      return /^\d{4}-\d{2}-\d{2}/.test(text) ? toUsDate(text) : null
    case 'flag':
      return /^(true|false)$/.test(text) ? text : null
    case 'id':
      return /^\d{1,15}$/.test(text) ? text : null
    case 'option':
      return Object.hasOwn(field.options ?? {}, text) ? text : null
    case 'text':
      return String(value)
  }
}

const NORTH_AMERICA = 'US' // ten digits are all there is

/** The ten digits of a number of the North American plan, else null. */
export const nationalNumber = (phone: string, region: string): string | null => {
  const [, digits] = /^\+1([2-9]\d{2}[2-9]\d{6})$/.exec(toE164(phone, region) ?? '') ?? []
  return digits ?? null
}

/** A value of an answer in the shared form; null for none. Ids and numbers come as texts or not, as the app was set up. */
export const fromNative = (value: unknown, type: FieldType, field: Field): FieldValue => {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null
  const text = String(value)
  if (text === '') return null
  switch (type) {
    case 'boolean':
      return /^(true|false)$/.test(text) ? text === 'true' : null
    case 'integer':
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : null
    case 'date':
      return fromUsDate(text.split(' ')[0] ?? '')
    case 'datetime':
      return toIso(text)
    case 'option':
      return optionOf(text, field.options)
    case 'options':
      return null // it has no field of several
    default:
      return field.kind === 'phone' ? (toE164(text, NORTH_AMERICA) ?? text) : text
  }
}

/** Written as a letter, told as its word. */
const optionOf = (text: string, options: Field['options'] = {}): string => {
  if (Object.hasOwn(options, text)) return text
  const [value] = Object.entries(options).find(([, label]) => label.toLowerCase() === text.toLowerCase()) ?? []
  return value ?? text
}
