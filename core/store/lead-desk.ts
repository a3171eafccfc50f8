import type { Pool } from 'pg'
import { leadColumns } from './lead-statements.ts'
import { type Lead, type LeadState, toLead } from './leads.ts'

const MOST = 1_000

/** For operators, the oldest first: of one tenant or of all, and of one state or of all that are neither done nor erased. */
export const listedLeads = async (pool: Pool, tenantId: string | null, state: LeadState | null): Promise<Lead[]> => {
  const { rows } = await pool.query<Lead>(
    `select ${leadColumns('l')} from lead l
     where ($1::text is null or l.tenant_id = $1) and (l.state = $2 or ($2::text is null and l.state not in ('done', 'erased')))
     order by l.position limit ${MOST}`,
    [tenantId, state],
  )
  return rows.map(toLead)
}

/** The tenant's leads are tried at once, whatever they waited for. */
export const CALL_BACK = `update lead_delivery d set arrivals = d.arrivals + 1, is_idle = false, next_at = now()`

/**
 * Makes a lead wait again, in its old place: one that was refused, or whose create was settled by somebody since. False: it is neither.
 */
export const requeue = async (pool: Pool, tenantId: string, id: string, operationKey: string): Promise<boolean> => {
  const { rowCount } = await pool.query(
    `with again as (
       update lead l set state = 'waiting', error_code = null, error_detail = null, next_at = null, updated_at = now()
       where l.tenant_id = $1 and l.id = $2 and (l.state = 'refused' or (l.state = 'outcome_unknown' and not exists (
         select from crm_operation o where o.tenant_id = $1 and o.idempotency_key = $3 and o.state = 'outcome_unknown')))
       returning l.tenant_id
     )
     ${CALL_BACK} from again where d.tenant_id = again.tenant_id`,
    [tenantId, id, operationKey],
  )
  return rowCount === 1
}
