import type { OAuth2Auth } from '../../schemas/manifest.ts'
import type { AnyDriver, RawAnswer } from '../driver.ts'
import { isDeclared } from '../outbound/endpoint.ts'
import { GrantError } from './grant-error.ts'

export interface Parsed {
  status: number
  /** As JSON; undefined where it is none. */
  body: unknown
}

export const jsonOf = ({ body }: RawAnswer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Some providers tell errors under status 200. */
export const hasToken = ({ status, body }: Parsed): boolean => {
  const { access_token } = (body ?? {}) as { access_token?: unknown }
  return status < 300 && typeof access_token === 'string' && access_token !== ''
}

const isTold = (value: unknown): boolean => value !== null && value !== ''

/**
 * The answer as the standard has it: seconds under their name, and no parts that this service has no use for. A life that makes no sense counts as not
 * told: the refresh token beside it may be the only one that is left.
 */
export const conforming = (body: unknown, { lifetimeMember }: OAuth2Auth): Record<string, unknown> => {
  const told = Object.fromEntries(Object.entries(body ?? {}).filter(([, value]) => isTold(value)))
  const { id_token: _, scope, expires_in, ...answer } = told
  const seconds = secondsOf((lifetimeMember === undefined ? undefined : answer[lifetimeMember]) ?? expires_in)
  return {
    token_type: 'bearer',
    ...answer,
    ...(typeof scope === 'string' && { scope }),
    ...(seconds !== null && { expires_in: seconds }),
  }
}

const secondsOf = (value: unknown): number | null => {
  const seconds = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null
}

/**
 * What the answer tells besides the tokens. An address that leads elsewhere than the manifest allows ends a sign-in; with a renewal (`isRenewal`) the known
 * one stays instead, since the new tokens may be the only ones left.
 */
export const tokenFacts = (
  driver: AnyDriver,
  auth: OAuth2Auth,
  answer: Record<string, unknown>,
  isRenewal: boolean,
): Record<string, string> => {
  const facts: Record<string, string> = {}
  for (const name of auth.tokenFacts ?? []) {
    const value = answer[name]
    if (typeof value !== 'string' && typeof value !== 'number') continue
    const told = String(value).trim()
    if (isTrusted(driver, told)) facts[name] = told
    else if (!isRenewal) throw new GrantError('app', 'undeclared_host')
  }
  return facts
}

/** An address that a provider hands out is followed only to where the manifest allows. */
const isTrusted = ({ manifest }: AnyDriver, value: string): boolean => {
  const url = URL.parse(value)
  const isAddress = url !== null && (url.host !== '' || value.includes('://'))
  return !isAddress || (url.protocol === 'https:' && !url.username && !url.password && isDeclared(manifest, url))
}
