import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { isAnswer, paramsOf, type Shape } from './sandbox-input.ts'
import { ok, type Row } from './sandbox-store.ts'

const MOST = 100

type Params = Record<string, string>

export interface Listing<T extends Row> {
  rows: T[]
  shape: Shape
  /** Shops that the key opens. */
  scope: ReadonlySet<number>
  matches(row: T, params: Params): boolean
  /** What to sort by; by id, unless given. */
  order?(row: T, params: Params): string
  shown?(row: T): unknown
  /** Pages as they were: `sort` is a list, and some members are missing. */
  isOlder: boolean
}

const outOfScope = (shop: string): SandboxAnswer => ({
  status: 403,
  body: { error: 'insufficient_scope', error_description: 'Insufficient scope for this resource', scope: shop },
})

/** One page of a list. Bounds on deletedDate leave the deleted ones alone, whatever else is asked for. */
export const listing = <T extends Row>(request: SandboxRequest, { rows, shape, scope, ...by }: Listing<T>): SandboxAnswer => {
  const params = paramsOf(request, shape)
  if (isAnswer(params)) return params as SandboxAnswer
  if (params.shop && !scope.has(Number(params.shop))) return outOfScope(params.shop)
  const seen = rows.filter(({ shopId }) => (params.shop ? shopId === Number(params.shop) : scope.has(shopId)))
  const found = seen.filter((row) => isBetween(row, params) && by.matches(row, params))
  const sign = params.sortDirection === 'DESC' ? -1 : 1
  const order = (row: T) => by.order?.(row, params) ?? ''
  const sorted = found.toSorted((a, b) => sign * (order(a).localeCompare(order(b)) || a.id - b.id))
  return ok(pageOf(sorted, params, by))
}

const isBetween = (row: Row, { updatedDateStart, updatedDateEnd, deletedDateStart, deletedDateEnd }: Params): boolean =>
  deletedDateStart || deletedDateEnd
    ? isWithin(row.deletedDate, deletedDateStart, deletedDateEnd)
    : isWithin(row.updatedDate, updatedDateStart, updatedDateEnd)

export const isWithin = (value: unknown, start?: string, end?: string): boolean => {
  const time = Date.parse(String(value))
  if (!start && !end) return true
  return time >= (start ? Date.parse(start) : Number.NEGATIVE_INFINITY) && time <= (end ? Date.parse(end) : Infinity)
}

const pageOf = <T extends Row>(rows: T[], params: Params, { shown, isOlder }: Pick<Listing<T>, 'shown' | 'isOlder'>) => {
  const size = Math.min(MOST, Number(params.size ?? 10))
  const number = Number(params.page ?? 0)
  const content = rows.slice(number * size, (number + 1) * size).map((row) => shown?.(row) ?? row)
  const totalPages = Math.ceil(rows.length / size)
  const isSorted = params.sort !== undefined
  const common = {
    content,
    totalPages,
    totalElements: rows.length,
    first: number === 0,
    last: number >= totalPages - 1,
    size,
    number,
    numberOfElements: content.length,
  }
  if (isOlder) return { ...common, sort: isSorted ? [{ direction: params.sortDirection ?? 'ASC', property: params.sort }] : [] }
  return {
    ...common,
    empty: content.length === 0,
    pageable: { pageNumber: number, pageSize: size, offset: number * size, paged: true, unpaged: false },
    sort: { sorted: isSorted, unsorted: !isSorted, empty: !isSorted },
  }
}
