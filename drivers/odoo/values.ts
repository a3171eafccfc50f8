import { VorelError } from '../../core/driver.ts'
import type { Fields, FieldValue } from '../../schemas/verbs.ts'
import { isFieldName, type NativeTypes } from './fields.ts'

const isId = (value: FieldValue): boolean => /^\d{1,10}$/.test(String(value))
const isEmpty = (value: FieldValue): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0)
const isRelation = (type: string | undefined): boolean => type === 'many2one' || type === 'many2many'
const list = (value: FieldValue): string[] => (Array.isArray(value) ? value : [String(value)])

/** Odoo sanitises what it takes for HTML: unescaped, `<ada@example.com>` would be deleted. */
export const toHtml = (text: string): string => {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  return `<p>${escaped.replaceAll(/\r\n|\r|\n/g, '<br>')}</p>` // without a block of its own, spaces at the start go
}

/** Odoo's datetimes are UTC without saying so, to the second. */
export const toDatetime = (iso: string): string => {
  const time = Date.parse(iso)
  return Number.isNaN(time) ? iso : new Date(time).toISOString().slice(0, 19).replace('T', ' ')
}

const toText = (type: string | undefined, value: string): string => {
  if (type === 'html') return toHtml(value)
  if (type === 'datetime') return toDatetime(value)
  return type === 'date' ? value.slice(0, 10) : value
}

/** `load` wants strings, and takes a database id in a column of its own. */
export const toCell = (name: string, type: string | undefined, value: FieldValue): [column: string, cell: string] => {
  if (isEmpty(value)) return [name, '']
  if (isRelation(type)) return [list(value).every(isId) ? `${name}/.id` : name, list(value).join(',')]
  if (typeof value === 'boolean') return [name, value ? '1' : '0']
  return [name, toText(type, list(value).join(', '))]
}

export const toCells = (types: NativeTypes, fields: Fields): { columns: string[]; cells: string[] } => {
  const pairs = Object.entries(fields).map(([name, value]) => toCell(name, types[name], value))
  return { columns: pairs.map(([column]) => column), cells: pairs.map(([, cell]) => cell) }
}

/** `load` finds related records by name too, and says which field is wrong when there is none; `write` says neither. */
export const hasRelations = (types: NativeTypes, fields: Fields): boolean =>
  Object.entries(fields).some(([name, value]) => isRelation(types[name]) && !isEmpty(value))

const toWritten = (type: string | undefined, value: FieldValue): unknown => {
  if (isEmpty(value)) return type === 'many2many' ? [[6, 0, []]] : false
  if (Array.isArray(value)) return toText(type, value.join(', '))
  return typeof value === 'string' ? toText(type, value) : value
}

export const toWrite = (types: NativeTypes, fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, toWritten(types[name], value)]))

/** A column such as `id` or `country_id/id` would mean something else to `load`. */
export const refuseOddNames = (fields: Fields): void => {
  const odd = Object.keys(fields).filter((name) => !isFieldName(name))
  if (odd.length > 0)
    throw new VorelError('field_invalid', 'These are no names of Odoo fields that can be written.', { fields: odd })
}

/** Odoo stores a record whose name is the empty text, and nobody finds it again. */
export const refuseEmptyName = (fields: Fields): void => {
  if ('name' in fields && isEmpty(fields.name ?? null))
    throw new VorelError('field_invalid', "Odoo wants a value in 'name'; it cannot be cleared.", { fields: ['name'] })
}

/** The title is what Odoo requires of a lead, and an agent seldom has one. */
export const withTitle = (fields: Fields): Fields => {
  if (!isEmpty(fields.name ?? null)) return fields
  const { name: _, ...rest } = fields
  const sources = [rest.contact_name, rest.partner_name, rest.email_from, rest.phone]
  const title = sources.find((source) => typeof source === 'string' && source !== '')
  return { name: title ?? 'Lead', ...rest }
}
