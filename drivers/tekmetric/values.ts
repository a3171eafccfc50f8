/** Values on their way to Tekmetric's JSON and back. */
import { fromLocal, toE164, toLocal } from '../../core/driver.ts'
import type { FieldValue } from '../../schemas/field.ts'
import type { Field, Kind, Table } from './fields.ts'
import { withoutMark } from './mark.ts'

/** What of a connection a value depends on: the shop's clocks, and the tenant's region for phone numbers. */
export interface Known {
  zone: string
  region: string
}

export type Json = string | number | boolean | string[]

const ZONED = /(Z|[+-]\d{2}:?\d{2})$/i

/** ISO in UTC; a time that comes without its zone is by the shop's clocks. */
export const toIso = (raw: unknown, zone: string): string | null => {
  if (typeof raw !== 'string' || !/^\d{4}-\d{2}-\d{2}/.test(raw)) return null
  if (!ZONED.test(raw.slice(10))) return fromLocal(raw.replace(' ', 'T'), zone)
  const time = Date.parse(raw.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}

/** As the shop's clocks say it: `2026-05-20 11:15`. */
export const clockTime = (raw: unknown, zone: string): string | null => {
  const iso = toIso(raw, zone)
  return iso && toLocal(iso, zone).slice(0, 16).replace('T', ' ')
}

/** Without a fraction where there is none, as in Tekmetric's own samples. */
export const toTime = (iso: string): string => iso.replace(/\.000Z$/, 'Z')

const isPlain = (phone: string): boolean => /^[+\d\s().-]+$/.test(phone)

/** `415-555-0100`, as Tekmetric keeps numbers of North America; others, and those with an extension, as they are. */
export const dashed = (phone: string, region: string): string => {
  const [, area, exchange, line] = /^\+1(\d{3})(\d{3})(\d{4})$/.exec((isPlain(phone) && toE164(phone, region)) || '') ?? []
  return area ? `${area}-${exchange}-${line}` : phone
}

/** E.164, where it is no more than a number. */
export const toPhone = (stored: string, region: string): string => (isPlain(stored) && toE164(stored, region)) || stored

/** What is to stand in the JSON; undefined: no value of this kind. Texts are cleared by an empty one, and nothing else can be. */
export const toNative = (value: FieldValue, { kind, options = {} }: Field, { region }: Known): Json | undefined => {
  if (Array.isArray(value)) return undefined
  if (value === null) return CLEARED[kind]
  const text = String(value)
  switch (kind) {
    case 'text':
    case 'long':
    case 'marked':
      return text
    case 'email':
      return text === '' ? [] : [text]
    case 'phone':
      return dashed(text, region)
    case 'id':
      return /^\d{1,15}$/.test(text) ? Number(text) : undefined
    case 'integer':
      return Number.isSafeInteger(value) ? (value as number) : undefined
    case 'flag':
      return typeof value === 'boolean' ? value : undefined
    case 'time':
      return ZONED.test(text) && toIso(text, 'UTC') ? toTime(text) : undefined
    case 'code':
      return Object.hasOwn(options, text) ? text : undefined
    case 'codeId':
      return Object.hasOwn(options, text) ? Number(text) : undefined
    case 'day':
    case 'money':
      return undefined // these are only read
  }
}

const CLEARED: Partial<Record<Kind, Json>> = { text: '', long: '', marked: '', email: [], phone: '' }

/** What a field's values have to be, for whoever sent another. */
export const NEEDS: Record<Kind, string> = {
  text: 'one text',
  long: 'one text',
  marked: 'one text',
  email: 'one e-mail address',
  phone: 'one phone number',
  id: 'an id, which is digits at Tekmetric, and cannot be cleared',
  integer: 'a whole number, and cannot be cleared',
  money: 'to be left out',
  flag: 'true or false, and cannot be cleared',
  day: 'to be left out',
  time: 'a time with its zone, and cannot be cleared',
  code: 'one of its options, and cannot be cleared',
  codeId: 'one of its options, and cannot be cleared',
}

const isText = (raw: unknown): raw is string => typeof raw === 'string' && raw !== ''

/** A value in the shared form; null where there is none, or none of its kind. */
export const fromNative = (raw: unknown, { kind }: Field, { zone, region }: Known): FieldValue => {
  switch (kind) {
    case 'text':
    case 'long':
    case 'email':
    case 'code':
      return isText(raw) ? raw : null
    case 'marked':
      return isText(raw) ? withoutMark(raw) || null : null
    case 'phone':
      return isText(raw) ? toPhone(raw, region) : null
    case 'id':
    case 'codeId':
      return typeof raw === 'number' || isText(raw) ? String(raw) : null
    case 'integer':
      return typeof raw === 'number' ? raw : null
    case 'money':
      return typeof raw === 'number' ? raw / 100 : null
    case 'flag':
      return typeof raw === 'boolean' ? raw : null
    case 'day':
      return isText(raw) ? (/^\d{4}-\d{2}-\d{2}/.exec(raw)?.[0] ?? null) : null
    case 'time':
      return toIso(raw, zone)
  }
}

const memberAt = (row: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), row)

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The number that they are called at: the one marked so, else the first. */
export const mainPhone = <P extends { primary?: boolean | null | undefined }>(
  phones: readonly P[] | null | undefined,
): P | undefined => phones?.find(({ primary }) => primary) ?? phones?.[0]

const mainNumber = (phones: unknown): unknown => (Array.isArray(phones) ? mainPhone(phones.filter(isObject))?.number : undefined)

/** A field of a row by its name; one that no table has is null, as one that Tekmetric left out. */
export const valueIn = (row: object, table: Table, name: string, known: Known): FieldValue => {
  const field = Object.hasOwn(table, name) ? table[name] : undefined
  if (!field) return null
  const raw = memberAt(row, field.from ?? name)
  return fromNative(field.kind === 'phone' ? mainNumber(raw) : raw, field, known)
}
