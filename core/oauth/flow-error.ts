import type { AnyDriver } from '../driver.ts'
import { VorelError } from '../errors.ts'
import type { GrantError } from './grant-error.ts'

/**
 * A sign-in whose token call brought no token, as who began it is told. Of the provider's words only its error code: a description may hold the
 * authorization code.
 */
export const signInError = ({ manifest: { name, slug } }: AnyDriver, error: GrantError): VorelError => {
  const { fault, retryAfterSeconds } = error
  const word = error.reason.split(':')[0]
  const extras = { cause: error, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
  switch (fault) {
    case 'dead':
      return new VorelError(
        'auth_error',
        `${name} did not accept the answer of its own sign-in (${word}): it was used before, or took too long. Start again. Nothing was stored.`,
        extras,
      )
    case 'app':
      return new VorelError(
        'auth_error',
        `${name} refuses this service's own app (${word}). Its operator checks the app there and the settings VOREL_OAUTH_${slug.toUpperCase()}_…. Nothing was stored.`,
        extras,
      )
    case 'throttled':
      return new VorelError('provider_rate_limited', `${name} asks to wait before the next sign-in. Nothing was stored.`, extras)
    case 'unreachable':
      return new VorelError(
        'provider_unavailable',
        `${name} could not be asked for tokens. Start again in a while. Nothing was stored.`,
        extras,
      )
  }
}
