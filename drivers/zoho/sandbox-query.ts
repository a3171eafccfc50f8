/** What a parsed COQL query finds. */
import type { Condition, Query } from './sandbox-coql.ts'
import { ZohoError } from './sandbox-errors.ts'
import type { Field } from './sandbox-fields.ts'
import type { Traits } from './sandbox-variant.ts'

export type StoredRow = Record<string, unknown> & { id: string }

const LIMITS = { columns: 50, conditions: 25, list: 100, rows: 2000 }

const conditionsIn = (where: Condition): Extract<Condition, { column: string }>[] =>
  'column' in where ? [where] : [...conditionsIn(where.left), ...conditionsIn(where.right)]

const tooLong = (clause: string, limit: number) => new ZohoError(400, 'LIMIT_EXCEEDED', 'limit exceeded', { clause, limit })

const check = ({ columns, where, order, limit }: Query, fields: Field[]): void => {
  const conditions = conditionsIn(where)
  if (columns.length > LIMITS.columns) throw tooLong('select', LIMITS.columns)
  if (conditions.length > LIMITS.conditions) throw tooLong('where', LIMITS.conditions)
  if (limit > LIMITS.rows) throw tooLong('limit', LIMITS.rows)
  if (conditions.some(({ values }) => values.length > LIMITS.list)) throw tooLong('in', LIMITS.list)
  const known = new Set(['id', ...fields.map(({ api_name }) => api_name)])
  for (const column_name of [...columns, ...conditions.map(({ column }) => column), ...order.map(({ column }) => column)])
    if (!known.has(column_name))
      throw new ZohoError(400, 'INVALID_QUERY', 'column given seems to be invalid', {
        column_name,
        reason: 'column does not exist',
      })
  for (const { column, values } of conditions) checkMoments(column, values)
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)$/

const checkMoments = (column_name: string, values: unknown[]): void => {
  if (!column_name.endsWith('_Time') || values.every((value) => value === null || MOMENT.test(String(value)))) return
  throw new ZohoError(400, 'INVALID_QUERY', 'value given seems to be invalid for the column', {
    column_name,
    expected_data_type: 'datetime',
  })
}

const comparable = (value: unknown): string | number =>
  typeof value === 'number' ? value : MOMENT.test(String(value)) ? Date.parse(String(value)) : String(value ?? '').toLowerCase()

const like = (value: unknown, pattern: unknown): boolean => {
  const source = String(pattern)
    .split('%')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*')
  return new RegExp(`^${source}$`, 'is').test(String(value ?? ''))
}

const holds = (where: Condition, row: StoredRow): boolean => {
  if ('connector' in where) {
    const { connector, left, right } = where
    return connector === 'and' ? holds(left, row) && holds(right, row) : holds(left, row) || holds(right, row)
  }
  const value = row[where.column] ?? null
  const [first, second] = where.values
  if (where.operator === 'is' || where.operator === 'is not') return (value === null) === (where.operator === 'is')
  if (value === null) return false
  const [mine, theirs] = [comparable(value), comparable(first)]
  switch (where.operator) {
    case '=':
      return mine === theirs
    case '!=':
    case '<>':
      return mine !== theirs
    case '>=':
      return mine >= theirs
    case '<=':
      return mine <= theirs
    case '>':
      return mine > theirs
    case '<':
      return mine < theirs
    case 'between':
      return mine >= theirs && mine <= comparable(second)
    case 'like':
      return like(value, first)
    default:
      return where.values.some((one) => comparable(one) === mine) === (where.operator === 'in')
  }
}

/** The rows in the order asked for; equal ones as they were stored. */
export const runQuery = (query: Query, fields: Field[], rows: StoredRow[], traits: Traits): StoredRow[] => {
  check(query, fields)
  const found = rows.filter((row) => holds(query.where, row))
  found.sort((a, b) => {
    for (const { column, isDescending } of query.order) {
      const [left, right] = [comparable(a[column]), comparable(b[column])]
      if (left !== right) return left < right === isDescending ? 1 : -1
    }
    return 0
  })
  return found.slice(query.offset, query.offset + query.limit).map((row) => queried(row, query, traits))
}

/** Of a record that is led to, a query gives the id alone. */
const queried = (row: StoredRow, { columns }: Query, { joinsChoices }: Traits): StoredRow => {
  const told = (value: unknown) => {
    if (Array.isArray(value)) return joinsChoices ? value.join(';') : value
    return typeof value === 'object' && value !== null && 'id' in value ? { id: value.id } : (value ?? null)
  }
  return { ...Object.fromEntries(columns.map((column) => [column, told(row[column])])), id: row.id }
}

/** What `fields` names and is there. */
export const picked = (row: StoredRow, names: readonly string[], fields: readonly Field[]): StoredRow => {
  const known = names.filter((name) => fields.some(({ api_name }) => api_name === name))
  return { ...Object.fromEntries(known.map((name) => [name, row[name] ?? null])), id: row.id }
}
