import type { Drift } from '../../schemas/field.ts'
import { type Actor, audited } from '../admin/actor.ts'
import { VorelError } from '../errors.ts'
import { AccessReader } from '../store/access.ts'
import { connectionOf } from '../verbs/connection.ts'
import { DriftStore } from './store.ts'
import { checkFields, type WatchDeps, type Watching } from './watch.ts'

/** Looks now, and says what the provider changed under the tenant's mapping. */
export const checkDrift = async (
  deps: WatchDeps,
  watching: Watching,
  { tenantId, actorType, actorId }: Actor & { tenantId: string },
): Promise<Drift[]> => {
  const access = await new AccessReader(watching.database.pool).byTenant(tenantId)
  if (!access)
    throw new VorelError('invalid_request', `There is no tenant '${tenantId}'. Create it: vorel tenants create ${tenantId}.`)
  return checkFields(deps, watching, access, { actorType, actorId })
}

/** Takes what needs no other mapping as it is now: new names of the same fields, and fields that are required. Gives what is left to do. */
export const acceptDrift = async (deps: WatchDeps, watching: Watching, actor: Actor & { tenantId: string }): Promise<Drift[]> => {
  const drift = await checkDrift(deps, watching, actor)
  const taken = drift.filter(({ kind }) => kind === 'renamed' || kind === 'required')
  if (taken.length === 0) return drift
  const { tenantId } = actor
  const access = await new AccessReader(watching.database.pool).byTenant(tenantId)
  if (!access) return drift
  const { row } = connectionOf(deps, access)
  const fields = taken.map(({ field }) => field)
  await audited(deps, actor, { action: 'mapping.drift_accepted', provider: row.provider, fields }, () =>
    new DriftStore(watching.database.pool).accept({ tenantId, provider: row.provider, connectionId: row.id }),
  )
  return checkDrift(deps, watching, actor)
}
