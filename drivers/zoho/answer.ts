import Type, { type Static } from 'typebox'
import type { DriverContext, Http, Query } from '../../core/driver.ts'
import { explainError, failureIn } from './faults.ts'
import type { manifest } from './manifest.ts'

export type Ctx = DriverContext<typeof manifest>

/** As text, unless an answer has it as a number. */
export const Id = Type.String({ pattern: '^\\d{1,20}$' })

const Written = Type.Object({
  data: Type.Array(Type.Object({ status: Type.Literal('success'), details: Type.Object({ id: Id }) }), { minItems: 1 }),
})

interface Asked {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  query?: Query
  body?: unknown
  isRead: boolean
}

type Revive = (key: string, value: unknown, context: { source?: string }) => unknown

/** Ids have 19 digits, and JSON's numbers lose all after the sixteenth: a whole number too long for one comes as the text it was. */
const keepDigits: Revive = (key, value, { source = '' }) => {
  if (typeof value !== 'number' || !/^\d+$/.test(source)) return value
  return key === 'id' || !Number.isSafeInteger(value) ? source : value
}

export const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'), keepDigits as (key: string, value: unknown) => unknown)
  } catch {
    return undefined // no shape has this
  }
}

/** Null where Zoho has nothing to say (204). What went wrong may stand in an answer of any status. */
const ask = async (http: Http, { method, path, query, body, isRead }: Asked): Promise<unknown> => {
  const answer = await http.raw({
    method,
    path,
    ...(query && { query }),
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    isRead,
  })
  if (answer.status === 204) return null
  const json = parse(answer.body)
  const failure = failureIn(json)
  if (failure) throw explainError(failure)
  return json
}

const orNothing = <S extends Type.TSchema>(http: Http, shape: S, json: unknown): Static<S> | null =>
  json === null ? null : http.decode(shape, json)

export const get = async <S extends Type.TSchema>({ http }: Ctx, path: string, shape: S, query?: Query) =>
  orNothing(http, shape, await ask(http, { method: 'GET', path, ...(query && { query }), isRead: true }))

/** COQL: a read that is a POST. */
export const select = async <S extends Type.TSchema>({ http }: Ctx, statement: string, shape: S) =>
  orNothing(http, shape, await ask(http, { method: 'POST', path: '/coql', body: { select_query: statement }, isRead: true }))

/** What was written, by its id. */
export const write = async ({ http }: Ctx, request: Omit<Asked, 'isRead'>): Promise<string> => {
  const { data } = http.decode(Written, await ask(http, { ...request, isRead: false }))
  return data[0]?.details.id ?? ''
}

export const post = async ({ http }: Ctx, path: string, query: Query, body: unknown): Promise<void> => {
  await ask(http, { method: 'POST', path, query, body, isRead: false })
}
