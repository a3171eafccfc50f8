import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import type { Actor } from '../admin/actor.ts'
import type { Refused } from './flow-refusal.ts'

export const SIGN_IN_MS = 600_000
/** The provider's answers to a callback may take this long beyond. */
const FINISHING_MS = 60_000

/** What is kept of a secret that has only to be known again. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

export interface NewFlow {
  id: string
  actor: Actor
  tenantId: string
  provider: string
  stateHash: Buffer
  /** Null: begun by a program, and bound to no browser. */
  browserHash: Buffer | null
  settings: Record<string, unknown>
  onUnmapped: 'refuse' | 'skip' | undefined
  sealed: Buffer
}

/** A sign-in whose callback came: nobody else gets it again. */
export interface Flow {
  id: string
  actor: Actor
  tenant: { id: string; region: string }
  settings: Record<string, unknown>
  onUnmapped: 'refuse' | 'skip' | undefined
  sealed: Buffer
}

export interface FlowStatus {
  status: 'pending' | 'done' | 'failed'
  provider: string
  /** How it failed, for programs and for people. */
  code: string | null
  detail: string | null
  account: string | null
  /** What the test found amiss, though it passed. */
  warning: string | null
  expires_at: Date
}

const BEGIN = `with old as (delete from oauth_flow where created_at < clock_timestamp() - interval '1 day')
  insert into oauth_flow (id, tenant_id, provider, state_hash, browser_hash, settings, on_unmapped, sealed, actor_type, actor_id, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp() + $11 * interval '1 ms') returning expires_at`

const TAKE = `update oauth_flow f set used_at = clock_timestamp() from tenant t
  where t.id = f.tenant_id and f.state_hash = $1 and f.provider = $2 and f.used_at is null and f.expires_at > clock_timestamp()
    and (f.browser_hash is null or f.browser_hash = $3)
  returning f.id, f.tenant_id, t.region, f.settings, f.on_unmapped, f.sealed, f.actor_type, f.actor_id`

const LOOK = `select tenant_id, provider, used_at is not null as is_used, expires_at <= clock_timestamp() as is_over
  from oauth_flow where state_hash = $1`

const FAIL = `update oauth_flow set ended_at = clock_timestamp(), code = $2, detail = $3 where id = $1 and ended_at is null`

const CANCEL = `update oauth_flow set used_at = clock_timestamp(), ended_at = clock_timestamp(), code = $2, detail = $3
  where tenant_id = $1 and used_at is null and expires_at > clock_timestamp()`

const READ = `select provider, code, detail, account, warning, ended_at is not null as is_ended, expires_at,
    clock_timestamp() > expires_at + case when used_at is null then interval '0' else $3 * interval '1 ms' end as is_over
  from oauth_flow where tenant_id = $1 and id = $2`

/** Sign-ins under way. Each change is one statement. */
export class Flows {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Forgets those of yesterday as well. Gives until when the callback may come. */
  async begin({ id, actor, tenantId, provider, stateHash, browserHash, settings, onUnmapped, sealed }: NewFlow): Promise<Date> {
    const values = [id, tenantId, provider, stateHash, browserHash, JSON.stringify(settings), onUnmapped ?? null, sealed]
    const { rows } = await this.#pool.query(BEGIN, [...values, actor.actorType, actor.actorId, SIGN_IN_MS])
    return new Date(rows[0].expires_at)
  }

  /** The flow of this callback, once; null where there is none that it could be. */
  async take(stateHash: Buffer, provider: string, browserHash: Buffer | null): Promise<Flow | null> {
    const { rows } = await this.#pool.query(TAKE, [stateHash, provider, browserHash])
    const [row] = rows
    if (!row) return null
    return {
      id: row.id,
      actor: { actorType: row.actor_type, actorId: row.actor_id },
      tenant: { id: row.tenant_id, region: row.region },
      settings: row.settings,
      onUnmapped: row.on_unmapped ?? undefined,
      sealed: row.sealed,
    }
  }

  /** Why `take` found none, and whose it would have been. */
  async reasonAgainst(stateHash: Buffer, provider: string): Promise<{ tenantId: string | null; refused: Refused }> {
    const { rows } = await this.#pool.query(LOOK, [stateHash])
    const [row] = rows
    if (!row) return { tenantId: null, refused: 'unknown_state' }
    const of = (refused: Refused) => ({ tenantId: row.tenant_id, refused })
    if (row.provider !== provider) return of('other_provider')
    if (row.is_used) return of('used_before')
    return of(row.is_over ? 'expired' : 'other_browser')
  }

  async fail(id: string, code: string, detail: string): Promise<void> {
    await this.#pool.query(FAIL, [id, code, detail])
  }

  /** Whatever the tenant began is over. */
  async cancel(tenantId: string, code: string, detail: string): Promise<void> {
    await this.#pool.query(CANCEL, [tenantId, code, detail])
  }

  /** How it stands, for who waits; null where the tenant has no such sign-in. */
  async status(tenantId: string, id: string): Promise<FlowStatus | null> {
    const { rows } = await this.#pool.query(READ, [tenantId, id, FINISHING_MS])
    const [row] = rows
    if (!row) return null
    const { provider, account, warning } = row
    const none = { provider, code: null, detail: null, account: null, warning: null, expires_at: new Date(row.expires_at) }
    if (row.code === 'ok') return { ...none, status: 'done', account, warning }
    if (row.is_ended) return { ...none, status: 'failed', code: row.code, detail: row.detail }
    if (!row.is_over) return { ...none, status: 'pending' }
    return { ...none, status: 'failed', code: 'expired', detail: 'Nobody finished the sign-in in time. Start it again.' }
  }
}
