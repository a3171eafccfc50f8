import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { ApiError, badQuery, noResource, selectedTwice } from './sandbox-errors.ts'
import { isFilterable, type SandboxField } from './sandbox-fields.ts'
import { longId } from './sandbox-ids.ts'
import type { Org, Row } from './sandbox-org.ts'
import { type Condition, type Literal, parseSoql, type Select } from './sandbox-soql.ts'

const TEXTS = new Set(['string', 'email', 'phone', 'url', 'picklist', 'multipicklist', 'textarea'])
const KINDS: Record<string, Literal['kind']> = {
  boolean: 'boolean',
  currency: 'number',
  percent: 'number',
  double: 'number',
  date: 'date',
  datetime: 'datetime',
}

/** What a row shows of the fields that were asked for. */
export const shown = (org: Org, object: string, fields: string[], row: Row) => ({
  attributes: { type: object, url: `/services/data/v67.0/sobjects/${object}/${row.Id}` },
  ...Object.fromEntries(fields.map((name) => org.field(object, name).name).map((name) => [name, row[name] ?? null])),
})

/** Each field is there, and asked for once. */
export const checkSelected = (org: Org, object: string, fields: string[]): void => {
  const names = fields.map((field) => org.field(object, field).name)
  const again = names.find((name, at) => names.indexOf(name) !== at)
  if (again) throw selectedTwice(again)
}

const wrongType = (name: string, type: string, isQuoted: boolean) =>
  new ApiError(
    400,
    'INVALID_FIELD',
    `value of filter criterion for field '${name}' must be of type ${type} and should ${isQuoted ? 'not ' : ''}be enclosed in quotes`,
  )

const checked = (name: string, { type }: SandboxField, value: Literal): void => {
  if (value.kind === 'null') return
  const isText = TEXTS.has(type) || type === 'id' || type === 'reference'
  if ((isText ? 'string' : KINDS[type]) !== value.kind) throw wrongType(name, isText ? 'string' : type, value.kind === 'string')
  if ((type === 'id' || type === 'reference') && value.kind === 'string' && !longId(value.text))
    throw new ApiError(400, 'INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${value.text}`)
}

/** Something that sorts and compares as the org does: texts without regard to case, moments as times. */
const comparable = (type: string, value: unknown): string | number | boolean | null => {
  if (value === null || value === undefined) return null
  if (type === 'datetime') return Date.parse(String(value).replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  if (type === 'id' || type === 'reference') return longId(String(value)) ?? String(value)
  return typeof value === 'string' ? value.toLowerCase() : (value as number | boolean)
}

const wantedBy = (type: string, literal: Literal): string | number | boolean | null => {
  if (literal.kind === 'null') return null
  if (literal.kind === 'boolean') return literal.isTrue
  return literal.kind === 'number' ? Number(literal.text) : comparable(type, literal.text)
}

/** `%` any text, `_` one character; what had a backslash before it is itself. */
export const likePattern = (literal: Extract<Literal, { kind: 'string' }>): RegExp => {
  const source = literal.letters.map(({ char, isLiteral }) => {
    if (!isLiteral && char === '%') return '[\\s\\S]*'
    if (!isLiteral && char === '_') return '[\\s\\S]'
    return char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  })
  return new RegExp(`^${source.join('')}$`, 'i')
}

type Test = (row: Row) => boolean

/** A condition, checked against the fields of the object. */
export const compile = (org: Org, object: string, condition: Condition | null): Test => {
  if (!condition) return () => true
  switch (condition.kind) {
    case 'not': {
      const inner = compile(org, object, condition.inner)
      return (row) => !inner(row)
    }
    case 'and':
    case 'or': {
      const tests = condition.parts.map((part) => compile(org, object, part))
      return condition.kind === 'and' ? (row) => tests.every((test) => test(row)) : (row) => tests.some((test) => test(row))
    }
    default:
      return comparison(org, object, condition)
  }
}

const comparison = (org: Org, object: string, condition: Extract<Condition, { kind: 'compare' | 'in' }>): Test => {
  const { name, field } = org.field(object, condition.field)
  if (!isFilterable(field)) throw new ApiError(400, 'INVALID_FIELD', `field '${name}' can not be filtered in a query call`)
  const { type } = field
  const values = condition.kind === 'in' ? condition.values : [condition.value]
  for (const value of values) checked(name, field, value)
  if (condition.kind === 'in') {
    const known = new Set(values.map((value) => wantedBy(type, value)))
    return (row) => known.has(comparable(type, row[name])) !== condition.isNot
  }
  const { operator, value } = condition
  if (operator === 'like') {
    if (value.kind !== 'string' || !TEXTS.has(type))
      throw new ApiError(400, 'INVALID_QUERY_FILTER_OPERATOR', 'invalid operator: like')
    const pattern = likePattern(value)
    return (row) => row[name] != null && pattern.test(String(row[name]))
  }
  const wanted = wantedBy(type, value)
  return (row) => compare(comparable(type, row[name]), operator, wanted)
}

type Comparable = string | number | boolean | null

const compare = (left: Comparable, operator: string, right: Comparable): boolean => {
  if (operator === '=') return left === right
  if (operator === '!=' || operator === '<>') return left !== right
  if (left === null || right === null) return false
  if (operator === '<') return left < right
  if (operator === '>') return left > right
  return operator === '<=' ? left <= right : left >= right
}

/** Rows of a table in the order asked for: those without a value first when ascending. */
export const ordered = (org: Org, object: string, rows: Row[], order: Select['order']): Row[] => {
  const keys = order.map(({ field: given, isDescending }) => {
    const { name, field } = org.field(object, given)
    if (!isFilterable(field)) throw badQuery(`field '${name}' can not be sorted in a query call`)
    return { name, type: field.type, sign: isDescending ? -1 : 1 }
  })
  return [...rows].sort((a, b) => {
    for (const { name, type, sign } of keys) {
      const [left, right] = [comparable(type, a[name]), comparable(type, b[name])]
      if (left !== right) return sign * (left === null || (right !== null && left < right) ? -1 : 1)
    }
    return 0
  })
}

const MOST_OFFSET = 2_000

export const runSelect = (org: Org, statement: string): { object: string; records: object[] } => {
  const { fields, object: given, where, order, limit, offset } = parseSoql(statement)
  const { name: object } = org.object(given)
  if (offset > MOST_OFFSET) throw new ApiError(400, 'NUMBER_OUTSIDE_VALID_RANGE', 'Maximum SOQL offset allowed is 2000')
  checkSelected(org, object, fields)
  const rows = ordered(org, object, org.rows(object).filter(compile(org, object, where)), order)
  const page = rows.slice(offset, limit === null ? undefined : offset + limit)
  return { object, records: page.map((row) => shown(org, object, fields, row)) }
}

const FEWEST_AT_ONCE = 200
const MOST_AT_ONCE = 2_000

/** `/query`: pages as large as asked for, and where the next one is. */
export class Queries {
  readonly #org: Org
  readonly #open = new Map<string, object[]>()

  constructor(org: Org) {
    this.#org = org
  }

  start({ query, headers }: SandboxRequest): SandboxAnswer {
    const { records } = runSelect(this.#org, query.get('q') ?? '')
    const asked = /batchSize=(\d+)/.exec(String(headers['sforce-query-options'] ?? ''))?.[1]
    const size = Math.min(MOST_AT_ONCE, Math.max(FEWEST_AT_ONCE, Number(asked ?? MOST_AT_ONCE)))
    return this.#page(`01gRO00000${String(this.#open.size + 1).padStart(5, '0')}YA2`, records, 0, size)
  }

  next(cursor: string): SandboxAnswer {
    const [, id = '', from, size] = /^(\w+)-(\d+)-(\d+)$/.exec(cursor) ?? []
    const records = this.#open.get(id)
    if (!records) throw noResource()
    return this.#page(id, records, Number(from), Number(size))
  }

  #page(id: string, all: object[], from: number, size: number): SandboxAnswer {
    const records = all.slice(from, from + size)
    const isDone = from + size >= all.length
    if (!isDone) this.#open.set(id, all)
    const next = isDone ? {} : { nextRecordsUrl: `/services/data/v67.0/query/${id}-${from + size}-${size}` }
    return { status: 200, body: { totalSize: all.length, done: isDone, ...next, records } }
  }
}
