import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { invalidData, missingFields, refused } from './sandbox-gateway.ts'

export type Values = Record<string, string>
/** Names the endpoint knows, and how each is written: a pattern, or `*` for any text. */
export type Known = Record<string, keyof typeof FORMATS>

const FORMATS = {
  text: /^/,
  integer: /^-?\d+$/,
  integers: /^-?\d+(,-?\d+)*$/,
  flag: /^(true|false)$/,
  date: /^(0[1-9]|1[0-2])\/(0[1-9]|[12]\d|3[01])\/\d{4}$/,
  moment: /^(0[1-9]|1[0-2])\/(0[1-9]|[12]\d|3[01])\/\d{4} ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/,
  sex: /^[FM]?$/,
  status: /^[aip]?$/,
  statusOrDeleted: /^[adip]?$/,
  letter: /^[fx234]$/,
} as const

const checked = (given: URLSearchParams, known: Known): Values | SandboxAnswer => {
  const values: Values = {}
  for (const [name, value] of given) {
    const format = Object.hasOwn(known, name) ? known[name] : undefined
    if (!format) return invalidData(`Unknown parameter ${name} with value ${value}.`)
    if (value !== '' && !FORMATS[format].test(value))
      return invalidData(`Expecting format ${format} for field ${name}, got ${value}.`)
    values[name] = value
  }
  return values
}

export const isAnswer = (value: Values | SandboxAnswer): value is SandboxAnswer => typeof value.status === 'number'

/** `integer: 'a b'`: both are whole numbers. */
export const knowing = (byFormat: Partial<Record<keyof typeof FORMATS, string>>): Known =>
  Object.fromEntries(
    Object.entries(byFormat).flatMap(([format, names]) => names.split(' ').map((name) => [name, format])),
  ) as Known

export const queryOf = ({ query }: SandboxRequest, known: Known): Values | SandboxAnswer => checked(query, known)

/** Bodies are forms; any other kind is read as one without fields. */
export const formOf = ({ headers, body }: SandboxRequest, known: Known, required: string[]): Values | SandboxAnswer => {
  const isForm = /^application\/x-www-form-urlencoded\b/.test(headers['content-type'] ?? '')
  const form = checked(new URLSearchParams(isForm ? body : ''), known)
  if (isAnswer(form)) return form
  const missing = required.filter((name) => !form[name])
  return missing.length ? missingFields(missing) : form
}

/** An answer without what it does not tell. */
export const without = (row: Values, names: readonly string[]): Values =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))

export const LISTING: Known = { limit: 'integer', offset: 'integer' }

/** One page, with the way to the next, which repeats the search. */
export const paged = (
  { path, query }: SandboxRequest,
  key: string,
  rows: unknown[],
  { standard, most }: { standard: number; most: number },
): SandboxAnswer => {
  const limit = Number(query.get('limit') ?? standard)
  const offset = Number(query.get('offset') ?? 0)
  if (limit < 1 || limit > most) return invalidData(`The limit is ${most}.`)
  const link = (to: number) => {
    const there = new URLSearchParams(query)
    there.set('offset', String(to))
    return `${path}?${there}`
  }
  return {
    status: 200,
    body: {
      totalcount: rows.length,
      ...(offset + limit < rows.length && { next: link(offset + limit) }),
      ...(offset > 0 && { previous: link(Math.max(0, offset - limit)) }),
      [key]: rows.slice(offset, offset + limit),
    },
  }
}

export const noCriterion = (fields: string[]): SandboxAnswer =>
  refused(400, 'Data for one or more of the fields listed above are required.', { fields })
export const tooBroad: SandboxAnswer = refused(
  400,
  'The given search parameters would produce a total data set larger than 1000 records. Please refine your search and try again.',
)
