import { createHash } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import type { PersonKeys } from '../subjects.ts'
import type { Deps } from '../verbs/deps.ts'
import { erasureKeysOf, erasureTargetOf } from './sealed.ts'

/** An erasure that this process goes on with, until its lease is over. */
export interface Taken {
  id: string
  tenantId: string
  state: 'requested' | 'scrubbed' | 'deleting'
  epoch: number
  attempts: number
  subjects: Buffer[]
  keys: PersonKeys
  createdAt: string
}

export interface Target {
  n: number
  provider: string
  object: string
  /** None: nobody could be looked up. */
  externalId: string | null
  /** Whom it was about when it was made; empty: not known. */
  subjects: Buffer[]
  attempts: number
  wasSent: boolean
}

export interface NewTarget {
  provider: string
  object: string
  externalId: string | null
  subjects?: Buffer[]
  /** Waits for a person from the beginning. */
  manual?: { reason: string; detail: string }
}

/** Covers the longest that one step takes: a look, a delete and a second look. */
export const LEASE_MS = 35_000

const TAKE = `update erasure set epoch = epoch + 1, next_at = now() + ${LEASE_MS} * interval '1 ms' where id = (
    select e.id from erasure e where e.state in ('requested', 'scrubbed', 'deleting') and e.next_at <= now()
    order by e.next_at limit 1 for update skip locked
  ) returning id, tenant_id, state, epoch, attempts, subjects, keys, created_at`

interface Row {
  id: string
  tenant_id: string
  state: Taken['state']
  epoch: number
  attempts: number
  subjects: Buffer[]
  keys: Buffer | null
  created_at: string
}

/** Somebody else goes on with this erasure. */
export class TakenOver extends Error {}

/** Erasures and their targets, as whoever works on one writes them: guarded by the epoch, so that who was taken over writes nothing. */
export class ErasureStore {
  readonly #pool: Pool
  readonly #keyring: Deps['keyring']

  constructor(pool: Pool, keyring: Deps['keyring']) {
    this.#pool = pool
    this.#keyring = keyring
  }

  async take(): Promise<Taken | null> {
    const { rows } = await this.#pool.query<Row>(TAKE)
    const [row] = rows
    if (!row) return null
    const { id, tenant_id: tenantId, state, epoch, attempts, subjects, created_at: createdAt } = row
    const keys = row.keys ? await this.#keyring.open<PersonKeys>(row.keys, erasureKeysOf(tenantId, id)) : {}
    return { id, tenantId, state, epoch, attempts, subjects, keys, createdAt }
  }

  /** Until the next one is due; null: none is open but those that wait for a person. */
  async nextMs(): Promise<number | null> {
    const { rows } = await this.#pool.query<{ ms: number | null }>(
      `select greatest(0, extract(epoch from min(next_at) - now()) * 1000)::float8 as ms
       from erasure where state in ('requested', 'scrubbed', 'deleting')`,
    )
    return rows[0]?.ms ?? null
  }

  /** Moves it on, and keeps it for as long again. */
  async move(
    { id, tenantId, epoch }: Taken,
    state: Taken['state'] | 'waiting',
    to = { afterMs: LEASE_MS, attempts: 0 },
  ): Promise<void> {
    const { rowCount } = await this.#pool.query(
      `update erasure set state = $4, attempts = $6, next_at = now() + $5 * interval '1 ms'
       where tenant_id = $1 and id = $2 and epoch = $3`,
      [tenantId, id, epoch, state, to.afterMs, to.attempts],
    )
    if (rowCount !== 1) throw new TakenOver()
  }

  /** What it does is one with the proof that the erasure is still ours. */
  async within<T>({ id, tenantId, epoch }: Taken, run: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    try {
      await client.query('begin')
      const own = `select from erasure where tenant_id = $1 and id = $2 and epoch = $3 for update`
      if ((await client.query(own, [tenantId, id, epoch])).rowCount !== 1) throw new TakenOver()
      const done = await run(client)
      await client.query('commit')
      return done
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    } finally {
      client.release()
    }
  }

  /** Adds those that are not known yet, and gives them. */
  async add(
    client: PoolClient,
    { id, tenantId }: Taken,
    targets: readonly NewTarget[],
    hashOf: (id: string) => Buffer,
  ): Promise<NewTarget[]> {
    const { rows } = await client.query<{ last: number }>(
      'select coalesce(max(n), 0) as last from erasure_target where tenant_id = $1 and erasure_id = $2',
      [tenantId, id],
    )
    let last = rows[0]?.last ?? 0
    const added: NewTarget[] = []
    for (const target of targets) {
      const { provider, object, externalId, subjects = [], manual } = target
      const n = last + 1
      const sealed = externalId === null ? null : await this.#keyring.seal(externalId, erasureTargetOf(tenantId, id, n))
      const subject = externalId === null ? createHash('sha256').update(object).digest() : hashOf(externalId)
      const { rowCount } = await client.query(
        `insert into erasure_target (tenant_id, erasure_id, n, provider, object, subject, subjects, key_id, external_id, state, reason, detail)
         values ($1, $2, $3, $4, $5, $6, $7::bytea[], $8, $9, $10, $11, $12) on conflict do nothing`,
        [
          tenantId,
          id,
          n,
          provider,
          object,
          subject,
          subjects,
          sealed && this.#keyring.currentId,
          sealed,
          manual ? 'manual_required' : 'pending',
          manual?.reason ?? null,
          manual?.detail ?? null,
        ],
      )
      if (rowCount !== 1) continue
      added.push(target)
      last = n
    }
    return added
  }

  /** Those that are left to do, with how long until each is due. */
  async pending({ id, tenantId }: Taken): Promise<(Target & { dueMs: number })[]> {
    const { rows } = await this.#pool.query(
      `select n, provider, object, external_id, subjects, attempts, sent_at is not null as was_sent,
         greatest(0, extract(epoch from next_at - now()) * 1000)::float8 as due_ms
       from erasure_target where tenant_id = $1 and erasure_id = $2 and state = 'pending' order by n`,
      [tenantId, id],
    )
    return Promise.all(
      rows.map(async (row) => ({
        n: row.n,
        provider: row.provider,
        object: row.object,
        externalId: row.external_id && (await this.#keyring.open<string>(row.external_id, erasureTargetOf(tenantId, id, row.n))),
        subjects: row.subjects,
        attempts: row.attempts,
        wasSent: row.was_sent,
        dueMs: row.due_ms,
      })),
    )
  }

  /** Noted before the provider is asked. */
  async markSent({ id, tenantId }: Taken, { n }: Target): Promise<void> {
    await this.#pool.query(
      `update erasure_target set sent_at = coalesce(sent_at, now()) where tenant_id = $1 and erasure_id = $2 and n = $3 and state = 'pending'`,
      [tenantId, id, n],
    )
  }

  /** How a target ended, or when it is tried again. Its id goes where it is not needed any more. */
  async settle(taken: Taken, { n }: Target, end: Ended): Promise<void> {
    await this.within(taken, (client) =>
      client.query(
        `update erasure_target set state = $4, is_hard_deleted = $5, reason = $6, detail = $7, attempts = $8,
           next_at = now() + $9 * interval '1 ms', updated_at = now(),
           external_id = case when $4 in ('deleted', 'already_absent') then null else external_id end,
           key_id = case when $4 in ('deleted', 'already_absent') then null else key_id end
         where tenant_id = $1 and erasure_id = $2 and n = $3 and state = 'pending'`,
        [
          taken.tenantId,
          taken.id,
          n,
          end.state,
          end.isHardDeleted ?? null,
          end.reason ?? null,
          end.detail ?? null,
          end.attempts ?? 0,
          end.afterMs ?? 0,
        ],
      ),
    )
  }

  /** Whether a create about whom it may be was accepted after the erasure was asked for. */
  async isNewer({ tenantId, createdAt }: Taken, subject: Buffer): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `select from crm_operation where tenant_id = $1 and subjects && array[$2::bytea] and created_at > $3 and state <> 'erased' limit 1`,
      [tenantId, subject, createdAt],
    )
    return rowCount === 1
  }

  async waiting({ id, tenantId }: Taken): Promise<number> {
    const { rowCount } = await this.#pool.query(
      `select from erasure_target where tenant_id = $1 and erasure_id = $2 and state in ('manual_required', 'failed')`,
      [tenantId, id],
    )
    return rowCount ?? 0
  }
}

export interface Ended {
  state: 'pending' | 'deleted' | 'already_absent' | 'manual_required' | 'failed'
  isHardDeleted?: boolean
  reason?: string
  detail?: string
  attempts?: number
  afterMs?: number
}
