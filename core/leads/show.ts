import type { ListedLead, ShownLead } from '../../schemas/leads.ts'
import type { Lead } from '../store/leads.ts'
import { leadKey } from './key.ts'

/** A lead as it is told of: nothing of whom it is about. */
export const showLead = (lead: Lead): ShownLead => ({
  id: lead.id,
  state: lead.state,
  object: lead.object,
  idempotency_key: lead.idempotency_key,
  operation_key: leadKey(lead.id),
  provider: lead.provider,
  external_id: lead.external_id,
  record_url: lead.record_url,
  error_code: lead.error_code,
  error_detail: lead.error_detail,
  attempts: lead.attempts,
  next_at: lead.next_at?.toISOString() ?? null,
  created_at: lead.created_at.toISOString(),
  updated_at: lead.updated_at.toISOString(),
})

export const listLead = (lead: Lead): ListedLead => ({ tenant_id: lead.tenant_id, ...showLead(lead) })
