import { randomUUID } from 'node:crypto'
import type { ListedLead } from '../../schemas/leads.ts'
import { VorelError } from '../errors.ts'
import { leadKey } from '../leads/key.ts'
import { listLead } from '../leads/show.ts'
import type { Database } from '../store/database.ts'
import { listedLeads, requeue } from '../store/lead-desk.ts'
import type { LeadState } from '../store/leads.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'
import { tenantOf } from './tenants.ts'

/** Leads that are not done, or those of one state: of one tenant, or of all. */
export const listLeads = async (
  database: Database,
  { tenantId, state }: { tenantId?: string | undefined; state?: LeadState | undefined } = {},
): Promise<ListedLead[]> => {
  if (tenantId !== undefined) await tenantOf(database, tenantId)
  return (await listedLeads(database.pool, tenantId ?? null, state ?? null)).map(listLead)
}

/** A lead that was refused goes out again, once what was in its way is mended; before those that came after it. */
export const retryLead = async (
  deps: Pick<AdminDeps, 'audit'>,
  database: Database,
  actor: Actor,
  { tenantId, id, requestId = randomUUID() }: { tenantId: string; id: string; requestId?: string },
): Promise<void> => {
  await tenantOf(database, tenantId)
  const entry = { action: 'lead.retried', externalId: id, requestId }
  await audited(deps, { ...actor, tenantId }, entry, async () => {
    if (!(await requeue(database.pool, tenantId, id, leadKey(id)))) throw notRefused(tenantId, id)
  })
}

const notRefused = (tenantId: string, id: string) =>
  new VorelError(
    'operation_settled',
    `Tenant '${tenantId}' has no refused lead ${id}. See which there are: vorel leads list --tenant ${tenantId}. One whose outcome is unknown is decided first: vorel operations list.`,
  )
