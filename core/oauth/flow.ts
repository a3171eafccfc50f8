import { randomBytes, randomUUID } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { type Actor, type AdminDeps, audited } from '../admin/actor.ts'
import { checkForm } from '../admin/form.ts'
import { tenantOf } from '../admin/tenants.ts'
import type { Database } from '../store/database.ts'
import { signInOf } from '../vault/keyring.ts'
import { Flows, hashOf } from './flow-store.ts'
import { oauthOf } from './provider.ts'

export interface SignInOptions {
  actor: Actor
  tenantId: string
  provider: string
  /** The form as filled in. */
  settings: Record<string, string>
  onUnmapped?: 'refuse' | 'skip' | undefined
  publicUrl: string
  /** Begun by a browser: only that one may finish it. */
  isBrowser?: boolean
  /** Under which the audit log has it. */
  requestId?: string
}

export interface SignInStarted {
  flowId: string
  /** Where the person consents. */
  authorizeUrl: string
  expiresAt: Date
  /** For the browser alone, where one began it. */
  cookie: { name: string; value: string } | null
}

/** What is sealed in a flow's row: the callback needs it again. */
export interface Kept {
  verifier: string | null
  redirectUri: string
}

const SECRET_BYTES = 32

const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url')

/** One for each provider, to be registered there to the letter. */
export const redirectUriOf = (publicUrl: string, provider: string): string => `${publicUrl}/oauth/callback/${provider}`

/** Each sign-in has a cookie of its own, so that one browser may have several under way. */
export const cookieNameOf = (state: string): string => `vorel_sign_in_${hashOf(state).toString('hex').slice(0, 16)}`

/** Begins a sign-in at the provider. It is good for 10 minutes and for one callback. */
export const startSignIn = async (deps: AdminDeps, database: Database, options: SignInOptions): Promise<SignInStarted> => {
  const { actor, tenantId, provider, onUnmapped, publicUrl, requestId = randomUUID() } = options
  await tenantOf(database, tenantId)
  const driver = deps.registry().get(provider)
  const { usesPkce } = oauthOf(driver)
  const { settings } = checkForm(driver, options.settings)
  const id = randomUUID()
  const state = secret()
  const kept: Kept = {
    verifier: usesPkce ? oauth.generateRandomCodeVerifier() : null,
    redirectUri: redirectUriOf(publicUrl, provider),
  }
  const cookie = options.isBrowser ? { name: cookieNameOf(state), value: secret() } : null
  const about = { action: 'connection.sign_in_started', provider, requestId }
  return audited(deps, { ...actor, tenantId }, about, async () => {
    const url = await deps.oauth.authorizeUrl({ driver, settings, facts: {} }, { state, ...kept })
    const expiresAt = await new Flows(database.pool).begin({
      id,
      actor,
      tenantId,
      provider,
      stateHash: hashOf(state),
      browserHash: cookie && hashOf(cookie.value),
      settings,
      onUnmapped,
      sealed: await deps.keyring.seal(kept, signInOf(tenantId, provider, id)),
    })
    return { flowId: id, authorizeUrl: url.href, expiresAt, cookie }
  })
}
