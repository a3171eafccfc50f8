import type { AnyDriver, DriverContext, Http, Query, RawRequest } from '../driver.ts'
import type { OpenConnection } from './context.ts'
import { redactor } from './redact.ts'
import { signedWith } from './sign-in.ts'

/** A request as it would have gone out, less everything secret. */
export interface CaughtRequest {
  method: string
  /** With its query. */
  path: string
  contentType: string | null
  /** JSON as it is, a form as pairs, all else as text. */
  body: unknown
}

/** What stops a driver where it would write. No error of ours: drivers look at those. */
class Caught extends Error {
  constructor() {
    super('Stopped before anything was written.')
    this.name = 'Caught'
  }
}

export interface DryRun {
  ctx: DriverContext
  /** The first request that was no read; kept here, whatever the driver makes of being stopped. */
  caught(): CaughtRequest | null
}

/** The same context, on which reads go out, and the first request that is none is kept and ends it. */
export const dryRun = (ctx: DriverContext, driver: AnyDriver, connection: OpenConnection): DryRun => {
  const { baseUrl } = signedWith(driver, connection)
  const redact = redactor(connection.credentials)
  let kept: CaughtRequest | null = null
  const keep = (request: RawRequest): never => {
    kept ??= shown(baseUrl, request, redact)
    throw new Caught()
  }
  /** Asynchronous, as sending is: a driver may have more under way. */
  const read = async <T>(go: () => Promise<T>): Promise<T> => {
    if (kept) throw new Caught()
    return go()
  }
  const { http } = ctx
  const withBody = (method: RawRequest['method']) => async (path: string, _: unknown, body: unknown) =>
    keep({ method, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const dry: Http = {
    get: (path, shape, query) => read(() => http.get(path, shape, query)),
    query: (path, shape, body) => read(() => http.query(path, shape, body)),
    post: withBody('POST'),
    put: withBody('PUT'),
    patch: withBody('PATCH'),
    delete: async (path, query) => keep({ method: 'DELETE', path, ...(query && { query }) }),
    raw: async (request) => (isRead(request) ? read(() => http.raw(request)) : keep(request)),
    decode: http.decode,
  }
  return { ctx: { ...ctx, http: dry }, caught: () => kept }
}

const isRead = ({ method, isRead: isSaidToBe }: RawRequest): boolean => isSaidToBe ?? method === 'GET'

const shown = (baseUrl: string, { method, path, query, headers = {}, body }: RawRequest, redact: Redact): CaughtRequest => {
  const url = new URL(baseUrl + path)
  addQuery(url, query)
  const [, contentType = null] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? []
  return {
    method,
    path: redact(url.pathname + url.search),
    contentType,
    body: redacted(decoded(contentType ?? '', body), redact),
  }
}

type Redact = (text: string) => string

const addQuery = (url: URL, query: Query | undefined): void => {
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value))
}

const decoded = (contentType: string, body: RawRequest['body']): unknown => {
  if (body === undefined) return null
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
  if (/^application\/x-www-form-urlencoded/i.test(contentType)) return [...new URLSearchParams(text)]
  if (!/^application\/([\w.-]+\+)?json/i.test(contentType)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** In what was taken apart, so that no replacement breaks its form. */
const redacted = (value: unknown, redact: Redact): unknown => {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((one) => redacted(one, redact))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [redact(name), redacted(one, redact)]))
  const text = String(value)
  return redact(text) === text ? value : redact(text)
}
