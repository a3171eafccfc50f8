import type { Pool } from 'pg'
import { AUDIT_COLUMNS, type AuditEntry, auditArrays, auditSelect, auditUnnest } from './audit.ts'

export interface TokenId {
  tenantId: string
  provider: string
}

/** The tokens of one connection, as they are stored at this moment. */
export interface TokenRow {
  status: string
  sealed: Buffer
  version: number
  facts: Record<string, string>
  /** Who is renewing them, or was when its process ended. */
  claim: string | null
  /** Until when nobody else may; 0 where that is over. */
  waitMs: number
}

export interface NewTokens {
  keyId: string
  sealed: Buffer
  refreshAt: Date | null
  /** Facts that changed. */
  facts: Record<string, string>
}

const FREE = '(refresh_until is null or refresh_until <= clock_timestamp())'
const ONE = 'tenant_id = $1 and provider = $2'

const READ = `select c.status, c.facts, s.sealed, s.token_version, s.refresh_claim,
    least(3600000, greatest(0, extract(epoch from s.refresh_until - clock_timestamp()) * 1000))::int as wait_ms
  from connection c join tenant_credentials s on s.tenant_id = c.tenant_id and s.provider = c.provider
  where c.tenant_id = $1 and c.provider = $2`

const CLAIM = `update tenant_credentials set refresh_claim = $4, refresh_until = clock_timestamp() + $5 * interval '1 ms'
  where ${ONE} and token_version = $3 and (refresh_claim = $4 or ${FREE})`

const KEEP = `update tenant_credentials set refresh_until = clock_timestamp() + $4 * interval '1 ms' where ${ONE} and refresh_claim = $3`

const RELEASE = `update tenant_credentials set refresh_claim = null, refresh_until = clock_timestamp() + $4 * interval '1 ms',
    refresh_at = case when refresh_at is null then null else clock_timestamp() + $5 * interval '1 ms' end
  where ${ONE} and refresh_claim = $3`

/** Guarded by the version alone: tokens that were given are kept, also where the claim has run out meanwhile. */
const REPLACE = `with renewed as (
    update tenant_credentials set sealed = $5, key_id = $4, token_version = token_version + 1, rotated_at = clock_timestamp(), refresh_at = $6,
      refresh_claim = null, refresh_until = null
    where ${ONE} and token_version = $3 returning tenant_id
  ), told as (
    update connection c set facts = c.facts || $7::jsonb, updated_at = clock_timestamp()
    from renewed where c.tenant_id = renewed.tenant_id and c.provider = $2 and $7::jsonb <> '{}'
  ), audited as (
    insert into audit_log (${AUDIT_COLUMNS}) select ${auditSelect('a')} from unnest(${auditUnnest(8)}) as a (${AUDIT_COLUMNS}), renewed
  )
  select from renewed`

/** Whoever waits to claim meanwhile sees this row anew and the connection not: so the row itself says that there is nothing to renew. */
const END = `with dead as (
    update connection c set status = 'reauth_required', status_reason = $4, updated_at = clock_timestamp()
    where c.tenant_id = $1 and c.provider = $2 and c.status = 'active'
      and exists (select from tenant_credentials s where s.tenant_id = $1 and s.provider = $2 and s.token_version = $3)
    returning tenant_id
  ), barred as (
    update tenant_credentials s set refresh_claim = null, refresh_until = clock_timestamp() + interval '100 years', refresh_at = null
    from dead where s.tenant_id = dead.tenant_id and s.provider = $2
  ), audited as (
    insert into audit_log (${AUDIT_COLUMNS}) select ${auditSelect('a')} from unnest(${auditUnnest(5)}) as a (${AUDIT_COLUMNS}), dead
  )
  select from dead`

const DUE = `select s.tenant_id, s.provider from tenant_credentials s
    join connection c on c.tenant_id = s.tenant_id and c.provider = s.provider
  where s.refresh_at <= clock_timestamp() and c.status = 'active' and ${FREE} order by s.refresh_at limit $1`

const POSTPONE = `update tenant_credentials set refresh_at = clock_timestamp() + $3 * interval '1 ms' where ${ONE} and refresh_at is not null`

interface Row {
  status: string
  facts: Record<string, string>
  sealed: Buffer
  token_version: number
  refresh_claim: string | null
  wait_ms: number | null
}

/** Tokens and who may renew them. Every change is one statement, audit row included; none waits for another while a provider is asked. */
export class TokenStore {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async read({ tenantId, provider }: TokenId): Promise<TokenRow | null> {
    const { rows } = await this.#pool.query<Row>({ name: 'tokens-read', text: READ, values: [tenantId, provider] })
    const [row] = rows
    if (!row) return null
    const { status, facts, sealed, token_version, refresh_claim, wait_ms } = row
    return { status, facts, sealed, version: token_version, claim: refresh_claim, waitMs: wait_ms ?? 0 }
  }

  /** The right to renew, for a while; false where another has it, the version moved on, or a pause is not over. */
  async claim({ tenantId, provider }: TokenId, version: number, claim: string, leaseMs: number): Promise<boolean> {
    return this.#changes('tokens-claim', CLAIM, [tenantId, provider, version, claim, leaseMs])
  }

  /** False where the claim is another's by now. */
  async keep({ tenantId, provider }: TokenId, claim: string, leaseMs: number): Promise<boolean> {
    return this.#changes('tokens-keep', KEEP, [tenantId, provider, claim, leaseMs])
  }

  /** No tokens came: nobody asks again before the pause is over, and the next time of itself is `againMs` away. */
  async release({ tenantId, provider }: TokenId, claim: string, pauseMs: number, againMs: number): Promise<void> {
    await this.#changes('tokens-release', RELEASE, [tenantId, provider, claim, pauseMs, againMs])
  }

  /** False where the version is another by now. */
  async replace({ tenantId, provider }: TokenId, version: number, tokens: NewTokens, entry: AuditEntry): Promise<boolean> {
    const { keyId, sealed, refreshAt, facts } = tokens
    const values = [tenantId, provider, version, keyId, sealed, refreshAt, JSON.stringify(facts), ...auditArrays([entry])]
    return this.#changes('tokens-replace', REPLACE, values)
  }

  /** The grant is dead; false where that is no longer the grant, or was known. */
  async end({ tenantId, provider }: TokenId, version: number, reason: string, entry: AuditEntry): Promise<boolean> {
    return this.#changes('tokens-end', END, [tenantId, provider, version, reason, ...auditArrays([entry])])
  }

  /** Those that are to be renewed without anybody asking, longest due first. */
  async due(limit: number): Promise<TokenId[]> {
    const { rows } = await this.#pool.query<{ tenant_id: string; provider: string }>({
      name: 'tokens-due',
      text: DUE,
      values: [limit],
    })
    return rows.map(({ tenant_id, provider }) => ({ tenantId: tenant_id, provider }))
  }

  async postpone({ tenantId, provider }: TokenId, againMs: number): Promise<void> {
    await this.#changes('tokens-postpone', POSTPONE, [tenantId, provider, againMs])
  }

  async #changes(name: string, text: string, values: unknown[]): Promise<boolean> {
    const { rowCount } = await this.#pool.query({ name, text, values })
    return (rowCount ?? 0) > 0
  }
}
