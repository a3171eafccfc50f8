import * as oauth from 'oauth4webapi'
import type { OAuth2Auth } from '../../schemas/manifest.ts'
import type { AnyDriver } from '../driver.ts'
import { VorelError } from '../errors.ts'
import { isPlainCode } from './grant-error.ts'

interface Expected {
  auth: OAuth2Auth
  server: oauth.AuthorizationServer
  client: oauth.Client
  state: string
}

/**
 * The callback's parameters, fit to be exchanged, or a `VorelError`. The library's own errors are not passed on: they carry the parameters, and with
 * them a code that may still be good.
 */
export const checkedCallback = ({ auth, server, client, state }: Expected, callback: URLSearchParams): URLSearchParams => {
  const params = new URLSearchParams(callback)
  if (!auth.issuer) params.delete('iss')
  const checked = answered(server, client, params, state)
  if (checked.getAll('code').filter(Boolean).length !== 1) throw notOurs()
  return checked
}

const answered = (...asked: Parameters<typeof oauth.validateAuthResponse>): URLSearchParams => {
  try {
    return oauth.validateAuthResponse(...asked)
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) throw denied(error.error)
    throw notOurs()
  }
}

const notOurs = () => new VorelError('invalid_request', 'The answer of the provider is not the one to this sign-in. Start again.')

const denied = (code: string) => {
  const said = isPlainCode(code) ? ` (${code})` : ''
  return new VorelError('auth_error', `Access was not granted at the provider${said}. Start again and allow it there.`)
}

/** What a callback tells, as facts: only values that every table of that fact knows, since a callback comes through somebody's browser. */
export const callbackFacts = ({ manifest }: AnyDriver, { callbackFacts: names = {} }: OAuth2Auth, callback: URLSearchParams) => {
  const facts: Record<string, string> = {}
  for (const [parameter, fact] of Object.entries(names)) {
    const value = callback.get(parameter)
    const tables = Object.values(manifest.tables ?? {}).filter(({ by }) => by === fact)
    if (value !== null && tables.length > 0 && tables.every(({ values }) => Object.hasOwn(values, value))) facts[fact] = value
  }
  return facts
}
