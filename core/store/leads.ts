import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { type AuditEntry, auditArrays } from './audit.ts'
import { Batch, STATEMENTS } from './batch.ts'
import { ACCEPT, DUE, GIVE_UP_TURN, leadColumns, NEXT, NEXT_DUE, PUT_OFF, SETTLE, TAKE_TURN } from './lead-statements.ts'

export type LeadState = 'waiting' | 'done' | 'refused' | 'outcome_unknown' | 'erased'

export interface Lead {
  tenant_id: string
  id: string
  /** Counts up in the order of acceptance. */
  position: string
  idempotency_key: string
  fingerprint: Buffer
  /** The fields, sealed; null once the CRM has them. */
  payload: Buffer | null
  object: string
  provider: string | null
  state: LeadState
  external_id: string | null
  record_url: string | null
  error_code: string | null
  error_detail: string | null
  attempts: number
  next_at: Date | null
  created_at: Date
  updated_at: Date
}

export interface NewLead {
  tenantId: string
  id: string
  idempotencyKey: string
  fingerprint: Buffer
  object: string
  payload: Buffer
  keyId: string
  subjects: Buffer[]
  accepted: AuditEntry
}

/** The right to deliver a tenant's leads, for a while. */
export interface Turn {
  tenantId: string
  holder: string
}

export interface Next {
  lead: Lead | null
  /** No other waits behind it. */
  isLast: boolean
  arrivals: string
  failures: number
}

/** `lead` is null where one of the same key came up this very moment; `turn`: it was free, and is ours; `isNext`: no other waits. */
export interface Accepted {
  lead: Lead | null
  isNew: boolean
  turn: Turn | null
  isNext: boolean
  arrivals: string
}

export type Settlement = Pick<Lead, 'provider' | 'external_id' | 'record_url' | 'error_code' | 'error_detail'> & {
  state: Exclude<LeadState, 'waiting' | 'erased'>
}

type AcceptRow = Lead & { n: string; is_new: boolean; holder: string; arrivals: string; was_idle: boolean }

/** Leads that were accepted, and whose turn it is to deliver them. What changes them names its turn, and does nothing once that is lost. */
export class Leads {
  readonly #pool: Pool
  readonly #leaseMs: number
  readonly #accepts: Batch<NewLead, Accepted>

  constructor(pool: Pool, leaseMs: number) {
    this.#pool = pool
    this.#leaseMs = leaseMs
    this.#accepts = new Batch<NewLead, Accepted>({
      run: (leads) => this.#acceptAll(leads),
      keyOf: ({ tenantId, idempotencyKey }) => `${tenantId}\n${idempotencyKey}`,
      ...STATEMENTS,
    })
  }

  accept(lead: NewLead): Promise<Accepted> {
    return this.#accepts.add(lead)
  }

  async find(tenantId: string, id: string): Promise<Lead | null> {
    const text = `select ${leadColumns('l')} from lead l where l.tenant_id = $1 and l.id = $2`
    const { rows } = await this.#pool.query<Lead>({ name: 'lead-find', text, values: [tenantId, id] })
    return rows[0] ? toLead(rows[0]) : null
  }

  async findByKey(tenantId: string, idempotencyKey: string): Promise<Lead | null> {
    const text = `select ${leadColumns('l')} from lead l where l.tenant_id = $1 and l.idempotency_key = $2`
    const { rows } = await this.#pool.query<Lead>({ name: 'lead-find-by-key', text, values: [tenantId, idempotencyKey] })
    return rows[0] ? toLead(rows[0]) : null
  }

  /** Null where there is nothing to deliver yet, or somebody else is at it. */
  async take(tenantId: string): Promise<Turn | null> {
    const turn = { tenantId, holder: randomUUID() }
    const values = [tenantId, turn.holder, this.#leaseMs]
    const { rowCount } = await this.#pool.query({ name: 'lead-take-turn', text: TAKE_TURN, values })
    return rowCount === 1 ? turn : null
  }

  /** Null: the turn is lost. */
  async next({ tenantId, holder }: Turn): Promise<Next | null> {
    const { rows } = await this.#pool.query<Lead & Omit<Next, 'lead' | 'isLast'> & { has_lead: boolean; is_last: boolean }>({
      name: 'lead-next',
      text: NEXT,
      values: [tenantId, holder],
    })
    const [row] = rows
    if (!row) return null
    const { arrivals, failures, has_lead, is_last } = row
    return { lead: has_lead ? toLead(row) : null, isLast: is_last, arrivals, failures }
  }

  /** Whether the turn goes on; `lastAt`: with how many arrivals it was the last. */
  async settle({ tenantId, holder }: Turn, id: string, settlement: Settlement, lastAt: string | null): Promise<boolean> {
    const { state, provider, external_id, record_url, error_code, error_detail } = settlement
    const values = [
      tenantId,
      holder,
      id,
      lastAt,
      this.#leaseMs,
      state,
      provider,
      external_id,
      record_url,
      error_code,
      error_detail,
    ]
    const { rows } = await this.#pool.query<{ is_idle: boolean }>({ name: 'lead-settle', text: SETTLE, values })
    return rows[0]?.is_idle === false
  }

  /** Ends the turn: nobody tries again before. */
  async putOff({ tenantId, holder }: Turn, id: string, afterMs: number, why: Omit<Settlement, 'state'>): Promise<void> {
    const { provider, error_code, error_detail } = why
    const values = [tenantId, holder, id, Math.ceil(afterMs), provider, error_code, error_detail]
    await this.#pool.query({ name: 'lead-put-off', text: PUT_OFF, values })
  }

  /** Ends the turn with nothing left, unless something came since; without `arrivals` somebody else is to go on at once. */
  async giveUp({ tenantId, holder }: Turn, arrivals: string | null): Promise<boolean> {
    const values = [tenantId, holder, arrivals]
    const { rowCount } = await this.#pool.query({ name: 'lead-give-up-turn', text: GIVE_UP_TURN, values })
    return rowCount === 1
  }

  /** Tenants whose leads could be delivered now by somebody. */
  async due(limit: number): Promise<string[]> {
    const { rows } = await this.#pool.query<{ tenant_id: string }>({ name: 'lead-due', text: DUE, values: [limit] })
    return rows.map((row) => row.tenant_id)
  }

  /** Null: nothing waits anywhere. */
  async nextDueMs(): Promise<number | null> {
    const { rows } = await this.#pool.query<{ ms: number | null }>({ name: 'lead-next-due', text: NEXT_DUE })
    return rows[0]?.ms ?? null
  }

  async #acceptAll(leads: NewLead[]): Promise<Accepted[]> {
    const holder = randomUUID()
    const { rows } = await this.#pool.query<AcceptRow>({
      name: 'lead-accept',
      text: ACCEPT,
      values: [
        leads.map((lead) => lead.tenantId),
        leads.map((lead) => lead.id),
        leads.map((lead) => lead.idempotencyKey),
        leads.map((lead) => lead.fingerprint),
        leads.map((lead) => lead.object),
        leads.map((lead) => lead.payload),
        leads.map((lead) => lead.keyId),
        leads.map((lead) => lead.subjects.map((hash) => hash.toString('hex')).join(' ')),
        holder,
        this.#leaseMs,
        ...auditArrays(leads.map((lead) => lead.accepted)),
      ],
    })
    const byTenant = Map.groupBy(rows, ({ n }) => leads[Number(n) - 1]?.tenantId ?? '')
    const answers = new Array<Accepted>(leads.length)
    for (const [tenantId, group] of byTenant) {
      const sorted = group.toSorted((a, b) => Number(a.n) - Number(b.n))
      for (const [index, row] of sorted.entries()) {
        const turn = index === 0 && row.holder === holder ? { tenantId, holder } : null
        answers[Number(row.n) - 1] = acceptedOf(row, turn, sorted.length === 1)
      }
    }
    return answers
  }
}

const acceptedOf = (row: AcceptRow, turn: Turn | null, isAlone: boolean): Accepted => ({
  lead: row.id === null ? null : toLead(row),
  isNew: row.is_new,
  turn,
  isNext: isAlone && row.is_new && row.was_idle,
  arrivals: row.arrivals,
})

export const toLead = (row: Lead): Lead => ({
  tenant_id: row.tenant_id,
  id: row.id,
  position: row.position,
  idempotency_key: row.idempotency_key,
  fingerprint: row.fingerprint,
  payload: row.payload,
  object: row.object,
  provider: row.provider,
  state: row.state,
  external_id: row.external_id,
  record_url: row.record_url,
  error_code: row.error_code,
  error_detail: row.error_detail,
  attempts: row.attempts,
  next_at: row.next_at && new Date(row.next_at),
  created_at: new Date(row.created_at),
  updated_at: new Date(row.updated_at),
})
