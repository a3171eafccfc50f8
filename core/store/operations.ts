import type { Pool } from 'pg'
import type { Tracer } from '../observe/tracer.ts'
import { type AuditEntry, auditArrays } from './audit.ts'
import { Batch, STATEMENTS } from './batch.ts'
import { arrayText, CLAIM, columns, FINISH, TAKE_OVER } from './operation-statements.ts'

export type OperationState = 'claimed' | 'sent' | 'done' | 'failed' | 'outcome_unknown' | 'erased'

export interface OperationId {
  tenantId: string
  idempotencyKey: string
}

export interface Operation extends OperationId {
  fingerprint: Buffer
  reference: string
  provider: string
  object: string
  conversationId: string | null
  state: OperationState
  epoch: number
  attempts: number
  /** Seconds until somebody else may take it over; 0 where that is now. */
  leaseSeconds: number
  payload: Buffer | null
  /** Records made so far, of a create of several. */
  progress: Buffer | null
  response: Buffer | null
  errorCode: string | null
  createdAt: string
  updatedAt: string
}

export interface Claim extends OperationId {
  fingerprint: Buffer
  reference: string
  provider: string
  object: string
  conversationId: string | null
  /** `sent` at once where a repeat under the same reference converges, so that no third statement is needed. */
  state: 'claimed' | 'sent'
  leaseMs: number
  payload: Buffer
  /** Keyed hashes of whom it is about. */
  subjects: readonly Buffer[]
  intent: AuditEntry
}

/** `epoch` where the claim is ours; else the operation that stands in its way (null: it came up this very moment). */
export type Claimed = { epoch: number; progress: Buffer | null; existing?: never } | { epoch?: never; existing: Operation | null }

export interface Finish extends OperationId {
  epoch: number
  state: Exclude<OperationState, 'claimed' | 'erased'>
  /** For `sent`: when it may be taken up again. */
  leaseMs: number
  response: Buffer | null
  /** Keyed hashes of the records' ids, beside those of the claim. */
  subjects?: readonly Buffer[]
  errorCode: string | null
  outcome: AuditEntry
}

const keyOf = ({ tenantId, idempotencyKey }: OperationId): string => `${tenantId}\n${idempotencyKey}`

/** Creates under way and done: each change of state is one statement, audit row included, guarded by `epoch`. */
export class Operations {
  readonly #pool: Pool
  readonly #claims: Batch<Claim, Claimed>
  readonly #finishes: Batch<Finish, boolean>

  constructor(pool: Pool, tracer?: Tracer) {
    this.#pool = pool
    this.#claims = new Batch<Claim, Claimed>({
      name: 'operation-claim',
      tracer,
      run: (claims) => this.#claimAll(claims),
      keyOf,
      ...STATEMENTS,
    })
    this.#finishes = new Batch<Finish, boolean>({
      name: 'operation-finish',
      tracer,
      run: (finishes) => this.#finishAll(finishes),
      keyOf,
      ...STATEMENTS,
    })
  }

  claim(claim: Claim): Promise<Claimed> {
    return this.#claims.add(claim)
  }

  /** False where somebody took the operation over meanwhile: nothing was changed then, and the outcome is in the audit all the same. */
  finish(finish: Finish): Promise<boolean> {
    return this.#finishes.add(finish)
  }

  /** Notes that the next instruction may reach the provider; false where the operation is no longer ours. */
  async markSent({ tenantId, idempotencyKey }: OperationId, epoch: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: 'operation-mark-sent',
      text: `update crm_operation set state = 'sent', updated_at = now() where tenant_id = $1 and idempotency_key = $2 and epoch = $3 and state in ('claimed', 'sent')`,
      values: [tenantId, idempotencyKey, epoch],
    })
    return rowCount === 1
  }

  /**
   * Writes down which records there are by now; false where the operation is no longer ours. `claimed`: the next one is not on its way yet, and a repeat of it
   * would not converge.
   */
  async note(
    { tenantId, idempotencyKey }: OperationId,
    epoch: number,
    state: 'claimed' | 'sent',
    progress: Buffer,
  ): Promise<boolean> {
    const { rowCount } = await this.#pool.query({
      name: 'operation-note',
      text: `update crm_operation set state = $4, progress = $5, updated_at = now()
        where tenant_id = $1 and idempotency_key = $2 and epoch = $3 and state in ('claimed', 'sent')`,
      values: [tenantId, idempotencyKey, epoch, state, progress],
    })
    return rowCount === 1
  }

  async find({ tenantId, idempotencyKey }: OperationId): Promise<Operation | null> {
    const { rows } = await this.#pool.query<Row>({
      name: 'operation-find',
      text: `select ${columns('o')} from crm_operation o where o.tenant_id = $1 and o.idempotency_key = $2`,
      values: [tenantId, idempotencyKey],
    })
    return rows[0] ? toOperation(rows[0]) : null
  }

  /** Takes an unsettled operation whose lease is over; null where there is none to take. */
  async takeOver({ tenantId, idempotencyKey }: OperationId, leaseMs: number): Promise<Operation | null> {
    const { rows } = await this.#pool.query<Row>({
      name: 'operation-take-over',
      text: TAKE_OVER,
      values: [tenantId, idempotencyKey, leaseMs],
    })
    return rows[0] ? toOperation(rows[0]) : null
  }

  /** Unsettled operations of all tenants whose lease is over, the oldest first. */
  async expired(limit: number): Promise<OperationId[]> {
    const { rows } = await this.#pool.query<{ tenant_id: string; idempotency_key: string }>({
      name: 'operation-expired',
      text: `select tenant_id, idempotency_key from crm_operation where state in ('claimed', 'sent') and lease_until < now() order by lease_until limit $1`,
      values: [limit],
    })
    return rows.map((row) => ({ tenantId: row.tenant_id, idempotencyKey: row.idempotency_key }))
  }

  /** Until the first lease of an unsettled operation is over; null where nothing is unsettled. */
  async nextLeaseEndMs(): Promise<number | null> {
    const { rows } = await this.#pool.query<{ ms: number | null }>({
      name: 'operation-next-lease-end',
      text: `select greatest(0, extract(epoch from min(lease_until) - now()) * 1000)::float8 as ms from crm_operation where state in ('claimed', 'sent')`,
    })
    return rows[0]?.ms ?? null
  }

  async #claimAll(claims: Claim[]): Promise<Claimed[]> {
    const { rows } = await this.#pool.query<Row & { n: string; claimed_epoch: number | null; claimed_progress: Buffer | null }>({
      name: 'operation-claim',
      text: CLAIM,
      values: [
        claims.map((claim) => claim.tenantId),
        claims.map((claim) => claim.idempotencyKey),
        claims.map((claim) => claim.fingerprint),
        claims.map((claim) => claim.reference),
        claims.map((claim) => claim.provider),
        claims.map((claim) => claim.object),
        claims.map((claim) => claim.conversationId),
        claims.map((claim) => claim.state),
        claims.map((claim) => claim.leaseMs),
        claims.map((claim) => claim.payload),
        claims.map((claim) => arrayText(claim.subjects)),
        ...auditArrays(claims.map((claim) => claim.intent)),
      ],
    })
    const answers: Claimed[] = claims.map(() => ({ existing: null }))
    for (const row of rows) {
      const existing = () => ({ existing: row.tenant_id === null ? null : toOperation(row) })
      answers[Number(row.n) - 1] =
        row.claimed_epoch === null ? existing() : { epoch: row.claimed_epoch, progress: row.claimed_progress }
    }
    return answers
  }

  async #finishAll(finishes: Finish[]): Promise<boolean[]> {
    const { rows } = await this.#pool.query<{ n: string; is_ours: boolean }>({
      name: 'operation-finish',
      text: FINISH,
      values: [
        finishes.map((finish) => finish.tenantId),
        finishes.map((finish) => finish.idempotencyKey),
        finishes.map((finish) => finish.epoch),
        finishes.map((finish) => finish.state),
        finishes.map((finish) => finish.leaseMs),
        finishes.map((finish) => finish.response),
        finishes.map((finish) => finish.errorCode),
        finishes.map((finish) => arrayText(finish.subjects ?? [])),
        ...auditArrays(finishes.map((finish) => finish.outcome)),
      ],
    })
    const answers = finishes.map(() => false)
    for (const row of rows) answers[Number(row.n) - 1] = row.is_ours
    return answers
  }
}

interface Row {
  tenant_id: string
  idempotency_key: string
  fingerprint: Buffer
  reference: string
  provider: string
  object: string
  conversation_id: string | null
  state: OperationState
  epoch: number
  attempts: number
  lease_seconds: number
  payload: Buffer | null
  progress: Buffer | null
  response: Buffer | null
  error_code: string | null
  created_at: string
  updated_at: string
}

const toOperation = (row: Row): Operation => ({
  tenantId: row.tenant_id,
  idempotencyKey: row.idempotency_key,
  fingerprint: row.fingerprint,
  reference: row.reference,
  provider: row.provider,
  object: row.object,
  conversationId: row.conversation_id,
  state: row.state,
  epoch: row.epoch,
  attempts: row.attempts,
  leaseSeconds: row.lease_seconds,
  payload: row.payload,
  progress: row.progress,
  response: row.response,
  errorCode: row.error_code,
  createdAt: new Date(row.created_at).toISOString(),
  updatedAt: new Date(row.updated_at).toISOString(),
})
