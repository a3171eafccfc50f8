import type { OAuth2Auth } from '../../schemas/manifest.ts'

/**
 * `dead`: the grant is gone, somebody has to consent again. `app`: the provider refuses the platform's own app, not the tenant.
 * `throttled`: asked too often. `unreachable`: no readable answer came.
 */
export type GrantFault = 'dead' | 'app' | 'throttled' | 'unreachable'

const SENTENCES: Record<GrantFault, string> = {
  dead: 'The provider no longer accepts the grant.',
  app: "The provider refuses the platform's own app.",
  throttled: 'The provider asks to slow down.',
  unreachable: "The provider's token endpoint could not be reached.",
}

/** A token call that brought no token. Holds no token, code or secret. */
export class GrantError extends Error {
  override readonly name = 'GrantError'
  readonly fault: GrantFault
  /** The provider's own words, such as `invalid_grant: inactive user`. */
  readonly reason: string
  readonly retryAfterSeconds: number | undefined

  constructor(fault: GrantFault, reason: string, options: { retryAfterSeconds?: number | undefined; cause?: unknown } = {}) {
    super(SENTENCES[fault], options.cause === undefined ? undefined : { cause: options.cause })
    this.fault = fault
    this.reason = reason
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

interface ErrorBody {
  error?: unknown
  error_description?: unknown
  status?: unknown
}

const DEFAULT_THROTTLED_SECONDS = 60

/** RFC 6749 knows these at the authorize page only; providers tell them at the token endpoint as well. */
const PASSING = ['temporarily_unavailable', 'server_error']

/**
 * What a token endpoint's refusal means. Codes are looked for in `error` and in `status`: some providers moved from one to the other; those of throttling
 * in the description too, where some say it of a grant that lives. `secrets`: what was sent, in case that the answer repeats it.
 */
export const grantErrorOf = (
  auth: OAuth2Auth,
  answer: { status: number; body: unknown; retryAfterSeconds: number | null },
  secrets: readonly string[] = [],
): GrantError => {
  const body = (typeof answer.body === 'object' && answer.body !== null ? answer.body : {}) as ErrorBody
  const codes = [body.error, body.status].filter((code) => typeof code === 'string')
  const has = (known: readonly string[] = [], words: unknown[] = codes) => known.some((code) => words.includes(code))
  const reason = reasonOf(codes[0] ?? `http_${answer.status}`, body.error_description, secrets)
  if (answer.status === 429 || has(auth.throttledErrors, [...codes, body.error_description]))
    return new GrantError('throttled', reason, {
      retryAfterSeconds: answer.retryAfterSeconds ?? auth.throttledSeconds ?? DEFAULT_THROTTLED_SECONDS,
    })
  if (has(['invalid_grant']) || has(auth.deadGrantErrors)) return new GrantError('dead', reason)
  if (answer.status >= 500 || codes.length === 0 || has(PASSING))
    return new GrantError('unreachable', reason, { retryAfterSeconds: answer.retryAfterSeconds ?? undefined })
  return new GrantError('app', reason)
}

export const isPlainCode = (code: string): boolean => /^[\w .-]{1,60}$/.test(code)

const PLAIN_WORDS = /^[\w ,.;:'()/-]{1,160}$/
const LIKE_A_TOKEN = /[\w.-]{20,}/
const LIKE_A_NAME = /[^.:] [A-Z][a-z]/

/** Codes and short plain words; a description that might hold a name, an address or a token is left out. */
const reasonOf = (code: string, description: unknown, secrets: readonly string[]): string => {
  const isSafe = (text: string) => !secrets.some((secret) => text.includes(secret))
  const plain = isPlainCode(code) && isSafe(code) ? code : 'unreadable_error'
  const isPlain = typeof description === 'string' && PLAIN_WORDS.test(description) && isSafe(description)
  return isPlain && !LIKE_A_TOKEN.test(description) && !LIKE_A_NAME.test(description) ? `${plain}: ${description}` : plain
}
