import type { Fields } from '../../schemas/verbs.ts'
import type { Caller, CallOptions } from '../caller.ts'
import type { Access } from '../store/access.ts'
import type { Lead } from '../store/leads.ts'
import { leadOf, responseOf } from '../vault/keyring.ts'
import { ours } from '../verbs/call.ts'
import { connectionOf } from '../verbs/connection.ts'
import { type Created, createRecord } from '../verbs/create.ts'
import type { Deps } from '../verbs/deps.ts'
import { doneWith, isDone, judge, objectAt, type Verdict } from './judge.ts'
import { leadKey } from './key.ts'

/** What the process that accepted the lead knows already. */
export interface Known {
  access: Access
  fields: Fields
}

/** Creates the lead at the tenant's CRM, by the pipeline that every create goes through, and says what is to become of it. */
export const deliver = async (
  deps: Deps,
  options: CallOptions,
  { lead, failures }: { lead: Lead; failures: number },
  known?: Known,
): Promise<Verdict> => {
  const access = known?.access ?? (await deps.access.byTenant(lead.tenant_id))
  if (!access) throw new Error('The tenant of a lead cannot be read')
  const provider = access.connection?.provider ?? null
  try {
    const { driver } = connectionOf(deps, access) // a CRM that is not there is no call, and needs no audit row
    const fields = known?.fields ?? (await fieldsOf(deps, lead))
    const object = objectAt(driver.manifest, lead.object)
    const input = { object, fields, idempotency_key: leadKey(lead.id) }
    return doneWith(provider, (await createRecord(deps, callerFor(lead, access), options, input)).created)
  } catch (error) {
    const id = { tenantId: lead.tenant_id, idempotencyKey: leadKey(lead.id) }
    const operation = await deps.operations.find(id)
    if (!isDone(operation)) return judge(ours(error), { provider, operation, failures })
    const created = await deps.keyring.open<Created>(operation.response, responseOf(id.tenantId, id.idempotencyKey))
    return doneWith(operation.provider, created)
  }
}

const fieldsOf = async ({ keyring }: Deps, { payload, tenant_id, id }: Lead): Promise<Fields> => {
  if (!payload) throw new Error('The fields of a lead are gone')
  return keyring.open<Fields>(payload, leadOf(tenant_id, id))
}

/** The audit log has the lead's id as the request that its create was made for. */
const callerFor = (lead: Lead, access: Access): Caller => ({
  actorType: 'system',
  actorId: 'leads',
  access,
  requestId: lead.id,
  conversationId: null,
})
