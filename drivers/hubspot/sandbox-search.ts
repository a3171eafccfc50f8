import { badRequest } from './sandbox-errors.ts'

export type Values = Record<string, string | null>

interface Filter {
  propertyName: string
  operator: string
  value?: string
  highValue?: string
  values?: string[]
}
export interface SearchBody {
  query?: string
  filterGroups?: { filters: Filter[] }[]
  sorts?: (string | { propertyName: string; direction?: string })[]
  properties?: string[]
  limit?: number
  after?: string
}

const MEMBERS = new Set(['query', 'filterGroups', 'sorts', 'properties', 'limit', 'after'])
const REACHABLE = 10_000

const lower = (text: unknown) => String(text ?? '').toLowerCase()
const words = (text: string): string[] => lower(text).match(/[\p{L}\p{N}]+/gu) ?? []

/** Numbers and moments compare as such: a moment may be given as milliseconds or ISO 8601. */
const rank = (text: string): number => {
  if (/^-?[\d.]+$/.test(text)) return Number(text)
  return /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
}

const compare = (a: string, b: string): number => {
  const [x, y] = [rank(a), rank(b)]
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y
  return lower(a) < lower(b) ? -1 : Number(lower(a) > lower(b))
}

const hasToken = (stored: string, wanted: string): boolean => {
  const pattern = wanted
    .split('*')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
  return stored.split(/[\s;,]+/).some((token) => new RegExp(`^${pattern}$`, 'i').test(token))
}

const OPERATORS: Record<string, (stored: string | null, filter: Filter) => boolean> = {
  EQ: (stored, { value = '' }) => stored !== null && lower(stored) === lower(value),
  NEQ: (stored, { value = '' }) => stored === null || lower(stored) !== lower(value),
  LT: (stored, { value = '' }) => stored !== null && compare(stored, value) < 0,
  LTE: (stored, { value = '' }) => stored !== null && compare(stored, value) <= 0,
  GT: (stored, { value = '' }) => stored !== null && compare(stored, value) > 0,
  GTE: (stored, { value = '' }) => stored !== null && compare(stored, value) >= 0,
  BETWEEN: (stored, { value = '', highValue = '' }) =>
    stored !== null && compare(stored, value) >= 0 && compare(stored, highValue) <= 0,
  IN: (stored, { values = [] }) => stored !== null && values.includes(lower(stored)),
  NOT_IN: (stored, { values = [] }) => stored === null || !values.includes(lower(stored)),
  HAS_PROPERTY: (stored) => stored !== null,
  NOT_HAS_PROPERTY: (stored) => stored === null,
  CONTAINS_TOKEN: (stored, { value = '' }) => stored !== null && hasToken(stored, value),
  NOT_CONTAINS_TOKEN: (stored, { value = '' }) => stored === null || !hasToken(stored, value),
}

/** What HubSpot refuses of a search before it looks. */
export const checkSearch = (body: SearchBody, isKnown: (property: string) => boolean): void => {
  const unknown = Object.keys(body).find((member) => !MEMBERS.has(member))
  if (unknown) throw badRequest(`Invalid input JSON on line 1, column 2: Unrecognized field "${unknown}"`)
  const { query = '', filterGroups = [], sorts = [], limit = 10, after = '0' } = body
  const filters = filterGroups.flatMap((group) => group.filters)
  if (query.length > 3000) throw badRequest('The query is longer than 3000 characters')
  if (filterGroups.length > 5 || filters.length > 18 || filterGroups.some((group) => group.filters.length > 6))
    throw badRequest('Too many filters')
  if (limit > 200) throw badRequest('limit must not be more than 200')
  if (Number(after) + limit > REACHABLE) throw badRequest(`Paging past ${REACHABLE} results is not supported`)
  if (sorts.length > 1) throw badRequest('Only one sort is supported')
  for (const { propertyName, operator } of filters)
    if (!isKnown(propertyName) || !OPERATORS[operator]) throw badRequest('There was a problem with the request.')
  const [sort] = sorts
  if (sort && !isKnown(sortOf(sort).name)) throw badRequest('There was a problem with the request.')
}

const sortOf = (sort: string | { propertyName: string; direction?: string }) =>
  typeof sort === 'string'
    ? { name: sort.replace(/^-/, ''), sign: sort.startsWith('-') ? -1 : 1 }
    : { name: sort.propertyName, sign: sort.direction === 'DESCENDING' ? -1 : 1 }

export const matcher =
  ({ query, filterGroups = [] }: SearchBody, searched: readonly string[]) =>
  (values: Values): boolean => {
    const isWanted =
      filterGroups.length === 0 || filterGroups.some(({ filters }) => filters.every((filter) => holds(values, filter)))
    if (!isWanted || query === undefined || query === '') return isWanted
    const wanted = words(query)
    const there = words(searched.map((name) => values[name] ?? '').join(' '))
    return wanted.length > 0 && wanted.every((word) => there.some((one) => one.startsWith(word)))
  }

const holds = (values: Values, filter: Filter): boolean =>
  OPERATORS[filter.operator]?.(values[filter.propertyName] ?? null, filter) ?? false

/** Without a rule the oldest come first. */
export const sorter = ({ sorts: [sort = 'createdate'] = [] }: SearchBody) => {
  const { name, sign } = sortOf(sort)
  return (a: Values, b: Values): number => sign * compare(a[name] ?? '', b[name] ?? '')
}
