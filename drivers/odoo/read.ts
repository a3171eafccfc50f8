import type { FieldType, FieldValue } from '../../schemas/field.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import type { NativeTypes } from './fields.ts'

const BLOCK = '</?(?:p|div|li|ul|ol|h[1-6]|pre|blockquote|table|tr)\\b[^<>]*>'
const BLOCKS = new RegExp(`${BLOCK}(?:\\s*${BLOCK})*`, 'gi')
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', amp: '&' }

const character = (entity: string, code: string | undefined, name: string): string =>
  code === undefined ? (ENTITIES[name] ?? entity) : Number(code) <= 0x10ffff ? String.fromCodePoint(Number(code)) : entity

/** The text of notes: exactly what `toHtml` made them of; of what people formatted, a line for each block. */
export const fromHtml = (html: string): string =>
  html
    .replaceAll(/\n\s*/g, ' ')
    .replaceAll(BLOCKS, (run, at: number, all: string) => (at === 0 || at + run.length === all.length ? '' : '\n'))
    .replaceAll(/<br\b[^<>]*>/gi, '\n')
    .replaceAll(/<[^<>]*>/g, '')
    .replaceAll(/&(?:#(\d{1,7})|([a-z]+));/gi, character)

/** Odoo's days and times are UTC, to the second; years before 1000 come without their zeros. */
const DAY = /^(\d{1,4})(-\d\d-\d\d)(?: (\d\d:\d\d:\d\d))?$/
const toDay = (stored: string): string | null => {
  const [, year, rest] = DAY.exec(stored) ?? []
  return year === undefined ? null : year.padStart(4, '0') + rest
}
export const toIso = (stored: string): string | null => {
  const [, , , time] = DAY.exec(stored) ?? []
  return time === undefined ? null : `${toDay(stored)}T${time}.000Z`
}

const fromText = (text: string, type: FieldType, native: string | undefined): FieldValue => {
  if (type === 'date') return toDay(text)
  if (type === 'datetime') return toIso(text)
  if (type !== 'html' && native !== 'html') return text || null
  const plain = fromHtml(text)
  return plain.trim() === '' ? null : plain
}

const isId = (value: unknown): value is number => typeof value === 'number'

/** A many2one comes as `[id, name]`, a many2many as ids. */
const fromList = (list: unknown[], type: FieldType): FieldValue => {
  const ids = type === 'options' ? list.filter(isId).map(String) : []
  if (ids.length > 0) return ids
  return isId(list[0]) ? String(list[0]) : null
}

/** A value that Odoo gave, in the shared form. `type` is the mapping's; `native` Odoo's own, where it is known. */
export const fromOdoo = (value: unknown, type: FieldType, native?: string): FieldValue => {
  if (type === 'boolean') return typeof value === 'boolean' ? value : null
  if (typeof value === 'number') return type === 'integer' || type === 'number' ? value : String(value)
  if (typeof value === 'string') return fromText(value, type, native)
  return Array.isArray(value) ? fromList(value, type) : null // false: nothing there
}

/** The fields asked for, as a row has them; one that the model no longer has is null. */
export const fieldsOf = (row: object, read: readonly ReadField[], types: NativeTypes): Record<string, FieldValue> => {
  const values = new Map(Object.entries(row))
  return Object.fromEntries(read.map(({ field, type }) => [field, fromOdoo(values.get(field), type, types[field])]))
}
