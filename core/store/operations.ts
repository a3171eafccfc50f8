import type { Pool } from 'pg'
import { AUDIT_COLUMNS, type AuditEntry, auditArrays, auditSelect, auditUnnest } from './audit.ts'
import { Batch, STATEMENTS } from './batch.ts'

export type OperationState = 'claimed' | 'sent' | 'done' | 'failed' | 'outcome_unknown'

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
  intent: AuditEntry
}

/** `epoch` where the claim is ours; else the operation that stands in its way (null: it came up this very moment). */
export type Claimed = { epoch: number; existing?: never } | { epoch?: never; existing: Operation | null }

export interface Finish extends OperationId {
  epoch: number
  state: Exclude<OperationState, 'claimed'>
  /** For `sent`: when it may be taken up again. */
  leaseMs: number
  response: Buffer | null
  errorCode: string | null
  outcome: AuditEntry
}

const columns = (
  alias: string,
) => `${alias}.tenant_id, ${alias}.idempotency_key, ${alias}.fingerprint, ${alias}.reference, ${alias}.provider,
  ${alias}.object, ${alias}.conversation_id, ${alias}.state, ${alias}.epoch, ${alias}.attempts,
  greatest(0, ceil(extract(epoch from ${alias}.lease_until - now())))::int as lease_seconds,
  ${alias}.payload, ${alias}.response, ${alias}.error_code, ${alias}.created_at, ${alias}.updated_at`

/*
 * These statements are planned once per connection, perhaps while the table is empty, and used for ever. Each subquery of one row's key
 * (`lateral`, with `offset 0` or `for update`) leaves the planner the primary key and no other way: else it keeps reading the whole table.
 */
const CLAIM = `with input as (
    select * from unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::bytea[], ${auditUnnest(11)})
      with ordinality as i (op_tenant, op_key, op_fingerprint, op_reference, op_provider, op_object, op_conversation, op_state, op_lease, op_payload,
        ${AUDIT_COLUMNS}, n)
  ), claimed as (
    insert into crm_operation as o (tenant_id, idempotency_key, fingerprint, reference, provider, object, conversation_id, state, lease_until, payload)
    select op_tenant, op_key, op_fingerprint, op_reference, op_provider, op_object, op_conversation, op_state, now() + op_lease * interval '1 ms', op_payload
    from input order by op_tenant, op_key
    on conflict (tenant_id, idempotency_key) do update set
      fingerprint = excluded.fingerprint, reference = excluded.reference, provider = excluded.provider, object = excluded.object,
      conversation_id = excluded.conversation_id, state = excluded.state, epoch = o.epoch + 1, attempts = 1, lease_until = excluded.lease_until,
      payload = excluded.payload, response = null, error_code = null, updated_at = now()
    where o.state = 'failed' or (o.state = 'claimed' and o.lease_until < now())
    returning tenant_id, idempotency_key, epoch
  ), intents as (
    insert into audit_log (${AUDIT_COLUMNS})
    select ${auditSelect('i')} from input i join claimed c on c.tenant_id = i.op_tenant and c.idempotency_key = i.op_key
  )
  select i.n, c.epoch as claimed_epoch, ${columns('o')}
  from input i
  left join claimed c on c.tenant_id = i.op_tenant and c.idempotency_key = i.op_key
  left join lateral (
    select * from crm_operation r where r.tenant_id = i.op_tenant and r.idempotency_key = i.op_key and c.epoch is null offset 0
  ) o on true`

/** Rows are locked in the order in which claims lock them: else a finish and a repeated claim of the same keys would block one another. */
const FINISH = `with input as (
    select * from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::int[], $6::bytea[], $7::text[], ${auditUnnest(8)})
      with ordinality as i (op_tenant, op_key, op_epoch, op_state, op_lease, op_response, op_error, ${AUDIT_COLUMNS}, n)
  ), locked as (
    select i.*, o.at_row from (select * from input order by op_tenant, op_key) i cross join lateral (
      select r.ctid as at_row from crm_operation r
      where r.tenant_id = i.op_tenant and r.idempotency_key = i.op_key and r.epoch = i.op_epoch and r.state not in ('done', 'failed', 'outcome_unknown')
      for update
    ) o
  ), finished as (
    update crm_operation o set state = i.op_state, response = i.op_response, error_code = i.op_error, updated_at = now(),
      payload = case when i.op_state = 'sent' then o.payload end,
      lease_until = now() + i.op_lease * interval '1 ms'
    from locked i where o.ctid = i.at_row
    returning o.tenant_id, o.idempotency_key
  ), outcomes as (
    insert into audit_log (${AUDIT_COLUMNS}) select ${auditSelect('i')} from input i
  )
  select i.n, f.tenant_id is not null as is_ours
  from input i left join finished f on f.tenant_id = i.op_tenant and f.idempotency_key = i.op_key`

const TAKE_OVER = `update crm_operation o set epoch = o.epoch + 1, attempts = o.attempts + 1, lease_until = now() + $3 * interval '1 ms', updated_at = now()
  where o.tenant_id = $1 and o.idempotency_key = $2 and o.state in ('claimed', 'sent') and o.lease_until < now()
  returning ${columns('o')}`

const keyOf = ({ tenantId, idempotencyKey }: OperationId): string => `${tenantId}\n${idempotencyKey}`

/** Creates under way and done: each change of state is one statement, audit row included, guarded by `epoch`. */
export class Operations {
  readonly #pool: Pool
  readonly #claims: Batch<Claim, Claimed>
  readonly #finishes: Batch<Finish, boolean>

  constructor(pool: Pool) {
    this.#pool = pool
    this.#claims = new Batch<Claim, Claimed>({
      run: (claims) => this.#claimAll(claims),
      keyOf,
      ...STATEMENTS,
    })
    this.#finishes = new Batch<Finish, boolean>({
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
    const { rows } = await this.#pool.query<Row & { n: string; claimed_epoch: number | null }>({
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
        ...auditArrays(claims.map((claim) => claim.intent)),
      ],
    })
    const answers: Claimed[] = claims.map(() => ({ existing: null }))
    for (const row of rows) {
      const existing = () => ({ existing: row.tenant_id === null ? null : toOperation(row) })
      answers[Number(row.n) - 1] = row.claimed_epoch === null ? existing() : { epoch: row.claimed_epoch }
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
  response: row.response,
  errorCode: row.error_code,
  createdAt: new Date(row.created_at).toISOString(),
  updatedAt: new Date(row.updated_at).toISOString(),
})
