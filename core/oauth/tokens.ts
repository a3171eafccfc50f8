import type { Manifest, OAuth2Auth } from '../../schemas/manifest.ts'

/** What a grant is kept as, sealed. Times are milliseconds since 1970. */
export interface Tokens {
  access_token: string
  /** None with client credentials: the app's own id and secret ask again. */
  refresh_token: string | null
  /** Null: the provider did not say, and nobody knows. */
  expires_at: number | null
  issued_at: number
}

export const tokensIn = (credentials: Record<string, unknown>): Tokens | null =>
  typeof credentials.access_token === 'string' ? (credentials as unknown as Tokens) : null

/** Whether what was entered is exchanged for a token. */
export const hasSession = (
  { manifest: { auth } }: { manifest: Manifest },
  { settings, credentials }: { settings: Record<string, unknown>; credentials?: Record<string, unknown> },
): boolean => {
  if (auth.kind !== 'form' || !auth.session) return false
  const entered = { ...settings, ...credentials }
  return auth.session.needs.every((field) => typeof entered[field] === 'string' && entered[field] !== '')
}

/** Whether requests are signed in with a token that is renewed. */
export const hasTokens = (driver: { manifest: Manifest }, values: Parameters<typeof hasSession>[1]): boolean =>
  driver.manifest.auth.kind === 'oauth2' || hasSession(driver, values)

export const withoutTokens = (credentials: Record<string, unknown>): Record<string, unknown> => {
  const { access_token: _, refresh_token: __, expires_at: ___, issued_at: ____, ...rest } = credentials
  return rest
}

/** Ten years: providers write `never` as a very large number, and a date has its limits. */
const MOST_SECONDS = 315_360_000

/** A token answer, as tokens to keep. A refresh that brings no new refresh token leaves the old one valid. */
export const tokensFrom = (
  answer: { access_token: string; refresh_token?: string | undefined; expires_in?: number | undefined },
  { accessTokenSeconds }: OAuth2Auth,
  before: Tokens | null,
  now = Date.now(),
): Tokens => {
  const seconds = answer.expires_in ?? accessTokenSeconds
  return {
    access_token: answer.access_token,
    refresh_token: answer.refresh_token ?? before?.refresh_token ?? null,
    expires_at: seconds === undefined ? null : now + Math.min(seconds, MOST_SECONDS) * 1000,
    issued_at: now,
  }
}

export const hasExpired = ({ expires_at }: Tokens, now = Date.now()): boolean => expires_at !== null && expires_at <= now

const LONGEST_MARGIN_MS = 600_000

/**
 * When to renew before anybody has to wait for it: in the last quarter of a token's life, at most ten minutes early, spread by chance so that
 * connections made together do not stay together. Where lives are not told: within the time in which an unused refresh token dies.
 */
export const refreshAt = (
  { expires_at, issued_at }: Tokens,
  { refreshWithinSeconds }: Pick<OAuth2Auth, 'refreshWithinSeconds'>,
  chance = Math.random(),
): Date | null => {
  const times: number[] = []
  if (expires_at !== null) times.push(expires_at - Math.min(LONGEST_MARGIN_MS, (expires_at - issued_at) / 4) * (0.5 + chance / 2))
  if (refreshWithinSeconds !== undefined) times.push(issued_at + refreshWithinSeconds * 1000 * (0.3 + chance * 0.2))
  return times.length ? new Date(Math.min(...times)) : null
}
