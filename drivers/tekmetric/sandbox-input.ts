/** What Tekmetric takes in queries and bodies; anything else is refused. */
import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { refused } from './sandbox-store.ts'

export type Check = (value: unknown) => boolean
export type Shape = Record<string, Check>

const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/
const ZONED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/
const isDate = (text: string): boolean => DATE.test(text) && !Number.isNaN(Date.parse(text))

export const text: Check = (value) => typeof value === 'string'
export const filled: Check = (value) => typeof value === 'string' && value !== ''
export const integer: Check = (value) => Number.isSafeInteger(value)
export const flag: Check = (value) => typeof value === 'boolean'
export const amount: Check = (value) => typeof value === 'number'
export const moment: Check = (value) => typeof value === 'string' && ZONED.test(value) && isDate(value)
export const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value)
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
export const objectOf =
  (shape: Shape, required: string[] = []): Check =>
  (value) =>
    isObject(value) && faultIn(value, shape, required) === null

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const faultIn = (body: Record<string, unknown>, shape: Shape, required: string[]): string | null => {
  const missing = required.find((name) => body[name] === undefined)
  if (missing) return `${missing} is required`
  const unknown = Object.keys(body).find((name) => !Object.hasOwn(shape, name))
  if (unknown) return `Unrecognized field ${unknown}`
  const wrong = Object.keys(body).find((name) => !shape[name]?.(body[name]))
  return wrong ? `Invalid value '${String(body[wrong])}' for ${wrong}` : null
}

export const isAnswer = (value: object): value is SandboxAnswer => 'status' in value && typeof value.status === 'number'

/** The body of a write, or why it is none. */
export const bodyOf = (
  request: SandboxRequest,
  shape: Shape,
  required: string[] = [],
): Record<string, unknown> | SandboxAnswer => {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) return { status: 415 }
  const body = parsed(request.body)
  if (!isObject(body)) return refused(400, 'The body is not readable')
  const fault = faultIn(body, shape, required)
  return fault ? refused(400, fault) : body
}

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const asInteger: Check = (value) => /^\d{1,15}$/.test(String(value))
const asDate: Check = (value) => isDate(String(value))
export const query = {
  text: ((value) => value !== '') as Check,
  integer: asInteger,
  date: asDate,
  flag: oneOf('true', 'false'),
}

const PAGING: Shape = {
  shop: asInteger,
  size: (value) => asInteger(value) && Number(value) > 0,
  page: asInteger,
  sortDirection: oneOf('ASC', 'DESC'),
  updatedDateStart: asDate,
  updatedDateEnd: asDate,
}

/** The parameters of a list, or why they are none. */
export const paramsOf = (request: SandboxRequest, shape: Shape): Record<string, string> | SandboxAnswer => {
  const given = Object.fromEntries(request.query)
  const fault = faultIn(given, { ...PAGING, ...shape }, [])
  return fault ? refused(400, fault) : given
}
