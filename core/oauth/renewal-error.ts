import type { AnyDriver } from '../driver.ts'
import { VorelError } from '../errors.ts'
import type { GrantError } from './grant-error.ts'

const APP_PAUSE_MS = 5_000
const UNREACHABLE_PAUSE_MS = 1_000

/** How long nobody asks again: as long as the provider says, else just so long that a crowd does not ask in turn. */
export const pauseMsAfter = ({ fault, retryAfterSeconds }: GrantError): number =>
  retryAfterSeconds === undefined ? (fault === 'app' ? APP_PAUSE_MS : UNREACHABLE_PAUSE_MS) : retryAfterSeconds * 1000

/** A token call that brought no token, as a caller is told of it. The request it was for was not sent, so nothing happened. */
export const explainGrantError = ({ manifest: { name, slug } }: AnyDriver, error: GrantError): VorelError => {
  const { fault, reason, retryAfterSeconds } = error
  switch (fault) {
    case 'dead':
      return new VorelError('auth_error', `${name} no longer accepts the stored sign-in (${reason}). Connect it again.`, {
        cause: error,
      })
    case 'app':
      return new VorelError(
        'auth_error',
        `${name} refuses this service's own app (${reason}). Its operator checks the settings VOREL_OAUTH_${slug.toUpperCase()}_….`,
        { cause: error },
      )
    case 'throttled':
      return new VorelError('provider_rate_limited', `${name} asks to wait before it renews the sign-in.`, {
        cause: error,
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      })
    case 'unreachable':
      return new VorelError('provider_unavailable', `${name} could not be asked to renew the sign-in. Try again.`, {
        cause: error,
        retryAfterSeconds: retryAfterSeconds ?? 1,
      })
  }
}
