import { toE164 } from '../../core/driver.ts'
import type { Values } from './sandbox-domain.ts'
import type { Sentences } from './sandbox-exceptions.ts'
import type { Major, SandboxField } from './sandbox-models.ts'

/** Numbers that Python would print with a point. */
export class Float {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
  toJSON(): number {
    return this.value
  }
  toString(): string {
    return /^-?\d+$/.test(String(this.value)) ? `${this.value}.0` : String(this.value)
  }
}

const KEPT_TAGS =
  /^<\/?(a|b|br|blockquote|code|div|em|h[1-6]|hr|i|li|ol|p|pre|s|span|strong|table|tbody|td|th|tr|u|ul)(\s[^>]*)?\/?>$/i
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const BLOCK = /^<(blockquote|div|h[1-6]|ol|p|pre|table|ul)\b/i

/** What Odoo 19 makes of text for an HTML field: what looks like a tag and is none goes, with all that a browser would not show. */
export const sanitize = (html: string): string => {
  if (html === '') return ''
  const clean = html
    .replaceAll('&quot;', '"')
    .replaceAll('\u00a0', '&nbsp;')
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, '')
    .replaceAll(/<(script|style)\b[\s\S]*?<\/\1>/gi, '')
    .replaceAll(/<!--[\s\S]*?-->|<\/?[a-z][^<>]*>|[<>]|&(?!(amp|lt|gt|nbsp|#\d+);)/gi, (token) => {
      if (token in ESCAPES) return ESCAPES[token] ?? ''
      return KEPT_TAGS.test(token) ? token : ''
    })
  return BLOCK.test(clean) || clean.trim() === '' ? clean.trim() : `<p>${clean.trimStart()}</p>`
}

export interface ValueRules {
  major: Major
  model: string
  say: Sentences
  exists(model: string, id: number): boolean
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)/
const isDate = (text: string): boolean => {
  const [, year, month, day] = DATE.exec(text) ?? []
  return year !== undefined && !Number.isNaN(Date.parse(`${year}-${month}-${day}`))
}

/** A value as `create` and `write` take it, in the form it is kept. */
export const toStored = (name: string, field: SandboxField, value: unknown, rules: ValueRules): unknown => {
  const isNothing = value === false || value === null || value === undefined
  switch (field.type) {
    case 'boolean':
      return Boolean(value)
    case 'integer':
    case 'float':
    case 'monetary':
      return isNothing || value === '' ? 0 : toNumber(value, rules)
    case 'date':
      return isNothing || value === '' ? false : toDate(String(value), rules)
    case 'datetime':
      return isNothing || value === '' ? false : toMoment(String(value), rules)
    case 'selection':
      if (isNothing || value === '') return false
      if (!field.selection?.some(([known]) => known === value)) throw rules.say.badSelection(rules.model, name, value)
      return value
    case 'many2one':
      if (isNothing) return false
      if (!rules.exists(field.relation ?? '', Number(value))) throw rules.say.badReference(rules.model, field.string, name)
      return Number(value)
    case 'many2many':
      return commands(value)
    case 'one2many':
      return value
    case 'html':
      return isNothing ? false : sanitize(String(value))
    default:
      return isNothing ? false : String(value)
  }
}

const toNumber = (value: unknown, { say }: ValueRules): number => {
  const number = typeof value === 'boolean' ? Number(value) : Number.parseFloat(String(value))
  if (Number.isNaN(number) || !/^\s*[-+\d.]/.test(String(Number(value)))) throw say.badNumber(value)
  return number
}

const toDate = (text: string, { say }: ValueRules): string => {
  if (!isDate(text)) throw say.badDate(text)
  return text.slice(0, 10)
}

const toMoment = (text: string, { say }: ValueRules): string => {
  if (!/^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/.test(text) || !isDate(text)) throw say.badDatetime(text)
  return text.length === 10 ? `${text} 00:00:00` : text
}

/** Lists of ids, or commands: 6 replaces, 4 adds. They come back in an order of the related records' own. */
const commands = (value: unknown): number[] => {
  if (!Array.isArray(value)) return []
  const ids = value.flatMap((item) => {
    if (typeof item === 'number') return [item]
    const [command, id, ids] = item as [number, number, number[]]
    return command === 6 ? ids : command === 4 ? [id] : []
  })
  return [...new Set(ids)].sort((a, b) => a - b)
}

/** What a field holds that nobody has filled. */
export const emptyOf = (field: SandboxField | undefined): unknown => {
  if (field?.type === 'many2many') return []
  return field && /^(integer|float|monetary)$/.test(field.type) ? 0 : false
}

const bareAddress = (text: unknown): string | false => {
  const [, inner] = /<([^<>]+@[^<>]+)>/.exec(String(text || '')) ?? []
  const address = (inner ?? String(text || '')).trim().toLowerCase()
  return /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(address) ? address : false
}

/** The columns that Odoo computes beside an e-mail address and a number. */
export const computedOf = (values: Values, countryCode: string | undefined): Values => ({
  email_normalized: bareAddress(values.email ?? values.email_from),
  phone_sanitized:
    [values.mobile, values.phone].map((raw) => (raw ? toE164(String(raw), countryCode ?? 'ZZ') : null)).find(Boolean) ?? false,
})
