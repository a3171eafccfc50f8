import type { Static, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { AnyDriver, Http, Query, RawAnswer, RawRequest } from '../driver.ts'
import { type ErrorExtras, VorelError } from '../errors.ts'
import { destinationOf, type Endpoints } from './endpoint.ts'
import { explain } from './explain.ts'
import { pause } from './pause.ts'
import { retryDelayMs } from './retry.ts'
import type { Signed, SignIn } from './sign-in.ts'
import type { Throttle } from './throttle.ts'
import { type Transport, WireError, type WireRequest } from './transport.ts'

/** All that one call's way to its provider is made of. */
export interface HttpOptions {
  transport: Transport
  throttle: Throttle
  driver: AnyDriver
  endpoints: Endpoints
  signIn: SignIn
  signal: AbortSignal
  remainingMs(): number
  onAttempt?: () => void
}

const DEFAULT_ANSWER_BYTES = 5 * 1024 * 1024
const ACCEPTED_ENCODINGS = 'gzip, deflate, br'
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json' }

const validators = new WeakMap<TSchema, Validator>()
const validatorOf = (shape: TSchema): Validator => {
  const known = validators.get(shape)
  if (known) return known
  const validator = Compile(shape)
  validators.set(shape, validator)
  return validator
}

/** The answer came, and is not what its documentation says: after a write, nobody knows what happened. */
const unreadable = (what: string) =>
  new VorelError(
    'provider_unavailable',
    `The CRM's answer ${what}. Try again later; if it stays, check the connection's address.`,
    {
      effect: 'unknown',
    },
  )

export const decode = <S extends TSchema>(shape: S, value: unknown): Static<S> => {
  if (!validatorOf(shape).Check(value)) throw unreadable('does not have the shape it should have')
  return value as Static<S>
}

export const createHttp = (options: HttpOptions): Http => {
  const raw = (request: RawRequest) => exchange(options, request)
  const json = async <S extends TSchema>(request: RawRequest, shape: S) => decode(shape, parse(await raw(request)))
  const withBody =
    (method: RawRequest['method'], isRead = false) =>
    <S extends TSchema>(path: string, shape: S, body: unknown) =>
      json({ method, path, headers: JSON_HEADERS, body: JSON.stringify(body), isRead }, shape)
  return {
    get: (path, shape, query) =>
      json({ method: 'GET', path, ...(query && { query }), headers: { accept: 'application/json' }, isRead: true }, shape),
    query: withBody('POST', true),
    post: withBody('POST'),
    put: withBody('PUT'),
    patch: withBody('PATCH'),
    delete: async (path, query) => {
      await raw({ method: 'DELETE', path, ...(query && { query }) })
    },
    raw,
    decode,
  }
}

const parse = ({ body }: RawAnswer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw unreadable('is not JSON')
  }
}

type Outcome = { answer: RawAnswer; error?: never } | { answer?: never; error: VorelError; status?: number; fault?: WireError }

const exchange = async (options: HttpOptions, request: RawRequest): Promise<RawAnswer> => {
  for (let attempt = 1; ; attempt += 1) {
    const signed = await options.signIn.current()
    const wire = wireRequest(options, request, signed)
    const outcome = await options.throttle.run(options, () => attemptOnce(options, wire))
    if (outcome.answer) return outcome.answer
    if (outcome.error.isExpired && (await options.signIn.renewed(signed))) continue
    const delayMs = retryDelayMs({ attempt, isRead: request.isRead === true, ...outcome })
    if (delayMs === null || delayMs >= options.remainingMs() - 50) throw outcome.error
    await pause(delayMs, options.signal, outOfTime)
  }
}

const attemptOnce = async (options: HttpOptions, wire: WireRequest): Promise<Outcome> => {
  options.onAttempt?.()
  try {
    const answer = await options.transport.send(wire)
    return answer.status < 300 ? { answer } : { error: explain(options.driver, answer), status: answer.status }
  } catch (error) {
    if (error instanceof TypeError) throw notSendable(error)
    if (!(error instanceof WireError)) throw error
    return { error: explainFault(error, options), fault: error }
  }
}

/** The driver's slip, found before a byte left. */
const notSendable = (cause: unknown) =>
  new VorelError('internal', 'The driver made a request that HTTP cannot carry; tell whoever maintains it.', { cause })

const wireRequest = (options: HttpOptions, request: RawRequest, signed: Signed): WireRequest => {
  const asked = URL.parse(signed.baseUrl + request.path)
  if (!asked) throw notSendable(undefined)
  addQuery(asked, request.query)
  const { manifest } = options.driver
  const { hosts, limits } = manifest
  const { url, headers } = destinationOf(manifest, asked, options.endpoints)
  return {
    method: request.method,
    url,
    headers: { 'accept-encoding': ACCEPTED_ENCODINGS, ...signed.headers, ...request.headers, ...headers },
    ...(request.body !== undefined && { body: request.body }),
    signal: options.signal,
    maxAnswerBytes: limits.answerBytes ?? DEFAULT_ANSWER_BYTES,
    isGuarded: hosts === 'tenant',
  }
}

const addQuery = (url: URL, query: Query | undefined): void => {
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
}

const outOfTime = (extras: ErrorExtras = {}) =>
  new VorelError('provider_timeout', 'The CRM did not answer in time. Try again.', extras)

const explainFault = (error: WireError, { remainingMs }: HttpOptions): VorelError => {
  const effect = error.isSent ? 'unknown' : 'none'
  if (error.fault === 'timeout' || remainingMs() <= 0) return outOfTime({ effect, cause: error })
  const detail = {
    address_forbidden:
      'The address of the CRM is one that this service does not call. Connect it again with a public https address.',
    unreachable: 'The CRM could not be reached. Check the address of the connection, or try again later.',
    reset: 'The CRM dropped the line before it answered. Try again.',
    answer_too_large: "The CRM's answer is larger than this service accepts.",
    answer_unreadable: "The CRM's answer could not be read.",
  }[error.fault]
  return new VorelError('provider_unavailable', detail, { effect, cause: error })
}
