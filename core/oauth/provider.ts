import type { OAuth2Auth } from '../../schemas/manifest.ts'
import type { AnyDriver } from '../driver.ts'
import { VorelError } from '../errors.ts'

/** What the manifest says of the provider's OAuth. */
export const oauthOf = ({ manifest: { auth, name } }: AnyDriver): OAuth2Auth => {
  if (auth.kind === 'oauth2') return auth
  throw new VorelError('invalid_request', `${name} is connected by its form, not by a sign-in there.`)
}
