import { randomUUID } from 'node:crypto'
import type { ActorType, AuditEntry } from '../store/audit.ts'
import type { Deps } from '../verbs/deps.ts'

/** Who acts on a tenant from outside a call: an operator, or the service itself. */
export interface Actor {
  actorType: Extract<ActorType, 'platform_operator' | 'system'>
  actorId: string
}

/** What operators' actions need of the service; the command line has it without a running one. */
export type AdminDeps = Pick<Deps, 'registry' | 'outbound' | 'oauth' | 'sessions' | 'keyring' | 'audit'>

/** Writes the intent, acts, writes the outcome: an action that cannot be audited does not happen. */
export const audited = async <T>(
  { audit }: Pick<AdminDeps, 'audit'>,
  /** No tenant: it is about the service itself. */
  actor: Actor & { tenantId: string | null },
  about: Pick<AuditEntry, 'action'> & Partial<AuditEntry>,
  act: () => Promise<T>,
): Promise<T> => {
  const { actorType, actorId, tenantId } = actor
  const entry = { actorType, actorId, tenantId, requestId: randomUUID(), ...about }
  await audit.write({ ...entry, phase: 'intent' })
  try {
    const done = await act()
    await audit.write({ ...entry, phase: 'outcome', code: 'ok' })
    return done
  } catch (error) {
    await audit.write({ ...entry, phase: 'outcome', code: (error as { code?: string }).code ?? 'internal' })
    throw error
  }
}
