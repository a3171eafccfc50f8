import { randomBytes } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import type { AnyDriver } from '../../core/driver.ts'
import { VorelError } from '../../core/errors.ts'
import type { Granted, OAuthClient } from '../../core/oauth/client.ts'
import { GrantError } from '../../core/oauth/grant-error.ts'
import { oauthOf } from '../../core/oauth/provider.ts'
import type { Renewer } from '../../core/oauth/sign-in.ts'
import { hasSession, type Tokens, tokensIn } from '../../core/oauth/tokens.ts'
import type { Sessions } from '../../core/outbound/session.ts'
import type { Sandbox } from '../../core/sandbox.ts'

/** The platform's app, and the address in place of the provider's, for a sandbox. */
export const sandboxOAuth = ({ manifest: { slug, hosts } }: AnyDriver, { url, oauth }: Sandbox) => ({
  endpoints: hosts === 'tenant' ? {} : { [slug]: url },
  apps: oauth ? { [slug]: { clientId: oauth.server.client.id, clientSecret: oauth.server.client.secret, variants: {} } } : {},
})

/** The whole sign-in at a sandbox, a person's consent included. */
export const signInAt = async (client: OAuthClient, driver: AnyDriver, settings: Record<string, unknown>): Promise<Granted> => {
  const auth = oauthOf(driver)
  const subject = { driver, settings, facts: {} }
  const signal = AbortSignal.timeout(10_000)
  if (auth.grant === 'client_credentials') return client.clientCredentials(subject, signal)
  const verifier = auth.usesPkce ? oauth.generateRandomCodeVerifier() : null
  const begun = {
    redirectUri: `https://vorel.example/oauth/callback/${driver.manifest.slug}`,
    state: randomBytes(16).toString('hex'),
    verifier,
  }
  const page = await fetch(await client.authorizeUrl(subject, begun), { redirect: 'manual' })
  const location = page.headers.get('location')
  if (page.status !== 302 || !location) throw new Error(`The authorize page answered ${page.status}: ${await page.text()}`)
  return client.exchange(subject, begun, new URL(location).searchParams, signal)
}

/** Tokens of one connection, kept here instead of in a database, and renewed by the real engine. */
export class KeptTokens implements Renewer {
  version = 1
  granted: Granted
  renewals = 0
  readonly #client: OAuthClient
  #flight: Promise<void> | null = null

  constructor(client: OAuthClient, granted: Granted) {
    this.#client = client
    this.granted = granted
  }

  async renew(driver: AnyDriver, connection: Parameters<Renewer['renew']>[1]) {
    if (connection.version === this.version) {
      this.#flight ??= this.#renew(driver, connection).finally(() => {
        this.#flight = null
      })
      await this.#flight
    }
    return { version: this.version, credentials: { ...this.granted.tokens }, facts: this.granted.facts }
  }

  async #renew(driver: AnyDriver, connection: Parameters<Renewer['renew']>[1]): Promise<void> {
    this.renewals += 1
    const before = tokensIn(connection.credentials) as Tokens
    try {
      this.granted = await this.#client.refresh({ ...connection, driver }, before, AbortSignal.timeout(10_000))
      this.version += 1
    } catch (error) {
      if (!(error instanceof GrantError)) throw error
      if (error.fault === 'throttled')
        throw new VorelError('provider_rate_limited', error.reason, { retryAfterSeconds: error.retryAfterSeconds ?? 1 })
      throw new VorelError(error.fault === 'unreachable' ? 'provider_unavailable' : 'auth_error', error.reason)
    }
  }
}

/** Tokens that a form was exchanged for; null where the driver has no sessions. */
export const sessionTokens = async (
  sessions: Sessions,
  driver: AnyDriver,
  { settings, credentials }: Sandbox,
): Promise<(Renewer & { version: number; tokens: Tokens }) | null> => {
  if (!hasSession(driver, { settings, credentials })) return null
  const entered = { id: 'session', provider: driver.manifest.slug, tenant: { id: 'tenant-1', region: 'US' }, facts: {} }
  const open = (held: Record<string, unknown>) => sessions.open(driver, { ...entered, version: 1, settings, credentials: held })
  const kept = { version: 1, tokens: await open(credentials) }
  return Object.assign(kept, {
    renew: async (_: AnyDriver, { version, credentials }: Parameters<Renewer['renew']>[1]) => {
      if (version === kept.version) Object.assign(kept, { version: version + 1, tokens: await open(credentials) })
      return { version: kept.version, credentials: { ...credentials, ...kept.tokens }, facts: {} }
    },
  })
}

/** For connections that no token signs in. */
export const noRenewal: Renewer = {
  renew: () => Promise.reject(new VorelError('internal', 'Nothing here is renewed.')),
}
