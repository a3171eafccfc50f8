import type { Pool } from 'pg'
import { leadIdOf } from '../leads/key.ts'
import type { Created } from '../verbs/create.ts'
import { CALL_BACK } from './lead-desk.ts'
import type { OperationId } from './operations.ts'

/** A create whose outcome nobody could find out, as people are shown it. */
export interface UnknownOperation {
  tenant_id: string
  idempotency_key: string
  provider: string
  object: string
  /** Under which the provider would know the record, where it keeps such a thing. */
  reference: string
  /** How its answer was lost. */
  error_code: string | null
  attempts: number
  /** Moves with every change: whoever decides, decides about this one. */
  epoch: number
  created_at: string
  updated_at: string
}

/** The same with what a decision needs besides. */
export interface Undecided extends UnknownOperation {
  conversation_id: string | null
  progress: Buffer | null
}

const SHOWN = `o.tenant_id, o.idempotency_key, o.provider, o.object, o.reference, o.error_code, o.attempts, o.epoch, o.created_at, o.updated_at`
const MOST = 1_000

const shown = <T extends UnknownOperation>(row: T): T => ({
  ...row,
  created_at: new Date(row.created_at).toISOString(),
  updated_at: new Date(row.updated_at).toISOString(),
})

/** Of one tenant or of all, the oldest first. */
export const listUndecided = async (pool: Pool, tenantId: string | null): Promise<UnknownOperation[]> => {
  const { rows } = await pool.query<UnknownOperation>(
    `select ${SHOWN} from crm_operation o
     where o.state = 'outcome_unknown' and ($1::text is null or o.tenant_id = $1) order by o.updated_at, o.idempotency_key limit ${MOST}`,
    [tenantId],
  )
  return rows.map(shown)
}

/** Null: there is none of that key; another state: nobody waits for a decision. */
export const findUndecided = async (
  pool: Pool,
  { tenantId, idempotencyKey }: OperationId,
): Promise<(Undecided & { state: string }) | null> => {
  const { rows } = await pool.query<Undecided & { state: string }>(
    `select ${SHOWN}, o.state, o.conversation_id, o.progress from crm_operation o where o.tenant_id = $1 and o.idempotency_key = $2`,
    [tenantId, idempotencyKey],
  )
  return rows[0] ? shown(rows[0]) : null
}

/** What was decided: the answer, sealed, or that there is no record. */
export type Decision = { state: 'done'; response: Buffer; result: Created } | { state: 'failed' }

/**
 * False where somebody else decided first. The epoch moves, so that whoever still works on it can change nothing. A lead whose create it is goes with it: it is
 * done, or waits again.
 */
export const decide = async (
  pool: Pool,
  { tenant_id, idempotency_key, epoch }: UnknownOperation,
  decision: Decision,
): Promise<boolean> => {
  const { response, result } = decision.state === 'done' ? decision : { response: null, result: null }
  const lead = leadIdOf(idempotency_key)
  const { external_id = null, record_url = null } = result ?? {}
  const { rows } = await pool.query(DECIDE, [
    tenant_id,
    idempotency_key,
    epoch,
    decision.state,
    response,
    lead,
    external_id,
    record_url,
  ])
  return rows.length === 1
}

const DECIDE = `with decided as (
    update crm_operation o set state = $4, response = $5, error_code = case when $4 = 'done' then null else 'not_created' end,
      progress = case when $4 = 'done' then null else o.progress end, epoch = o.epoch + 1, lease_until = now(), updated_at = now()
    where o.tenant_id = $1 and o.idempotency_key = $2 and o.epoch = $3 and o.state = 'outcome_unknown'
    returning o.tenant_id, o.provider
  ), told as (
    update lead l set state = case when $4 = 'done' then 'done' else 'waiting' end, payload = case when $4 = 'done' then null else l.payload end,
      provider = d.provider, external_id = $7, record_url = $8, error_code = null, error_detail = null, updated_at = now()
    from decided d where l.tenant_id = d.tenant_id and l.id = $6::uuid and l.state = 'outcome_unknown'
    returning l.tenant_id
  ), called as (
    ${CALL_BACK} from told where d.tenant_id = told.tenant_id
  )
  select from decided`
