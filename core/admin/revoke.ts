import type { Subject } from '../oauth/client.ts'
import { GrantError } from '../oauth/grant-error.ts'
import type { Tokens } from '../oauth/tokens.ts'
import type { Actor, AdminDeps } from './actor.ts'

/** What became of a grant at the provider. `none`: it has no way to end one, or there was none. */
export type Revocation = 'done' | 'failed' | 'none'

const REVOKE_MS = 5_000

/** Ends a grant at the provider as far as it can; never a failure of its own. The audit log says what came of it. */
export const revokeGrant = async (
  { oauth, audit }: Pick<AdminDeps, 'oauth' | 'audit'>,
  { actorType, actorId, tenantId, requestId }: Actor & { tenantId: string; requestId: string },
  subject: Subject,
  tokens: Tokens,
): Promise<Revocation> => {
  const { revocation, code } = await ended(oauth, subject, tokens)
  const about = { action: 'grant.revoked', provider: subject.driver.manifest.slug, phase: 'outcome', code } as const
  await audit.write({ actorType, actorId, tenantId, requestId, ...about }).catch(() => undefined)
  return revocation
}

const ended = async (
  oauth: AdminDeps['oauth'],
  subject: Subject,
  tokens: Tokens,
): Promise<{ revocation: Revocation; code: string }> => {
  try {
    const isRevoked = await oauth.revoke(subject, tokens, AbortSignal.timeout(REVOKE_MS))
    return isRevoked ? { revocation: 'done', code: 'ok' } : { revocation: 'none', code: 'unsupported' }
  } catch (error) {
    return { revocation: 'failed', code: error instanceof GrantError ? error.fault : 'failed' }
  }
}
