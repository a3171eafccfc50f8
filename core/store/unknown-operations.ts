import type { Pool } from 'pg'
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
export type Decision = { state: 'done'; response: Buffer } | { state: 'failed' }

/** False where somebody else decided first. The epoch moves, so that whoever still works on it can change nothing. */
export const decide = async (
  pool: Pool,
  { tenant_id, idempotency_key, epoch }: UnknownOperation,
  decision: Decision,
): Promise<boolean> => {
  const isDone = decision.state === 'done'
  const { rowCount } = await pool.query(
    `update crm_operation set state = $4, response = $5, error_code = $6, epoch = epoch + 1, lease_until = now(), updated_at = now(),
       progress = case when $4 = 'done' then null else progress end
     where tenant_id = $1 and idempotency_key = $2 and epoch = $3 and state = 'outcome_unknown'`,
    [tenant_id, idempotency_key, epoch, decision.state, isDone ? decision.response : null, isDone ? null : 'not_created'],
  )
  return rowCount === 1
}
