import pg from 'pg'
import { pause } from './service.ts'

/** Writers of `crm_operation` wait behind this lock, in the order in which they came; readers do not. */
const LOCK = 'lock table crm_operation in exclusive mode'
const PATIENCE_MS = 10_000

const WAITING = `select l.pid from pg_locks l join pg_stat_activity a using (pid)
  where l.relation = 'crm_operation'::regclass and not l.granted and a.application_name = 'vorel'`

/** Holds the service's statements inside PostgreSQL, to the one. */
export interface Turnstile {
  close(): Promise<void>
  /** Resolves once a statement of the service waits. */
  reached(): Promise<void>
  /** Lets through what waits, and nothing that comes after it. */
  letOne(): Promise<void>
  /** Lets everything through. */
  open(): Promise<void>
  /** Ends the waiting statements instead, undone, as they would end with a lost machine. */
  discard(): Promise<void>
  state(tenantId: string, key: string): Promise<string | null>
  end(): Promise<void>
}

export const openTurnstile = async (connectionString: string): Promise<Turnstile> => {
  const [watcher, ...guards] = await Promise.all([1, 2, 3].map(() => connect(connectionString)))
  let [holder, next] = guards as [pg.Client, pg.Client]
  const client = watcher as pg.Client
  const begin = async (guard: pg.Client) => {
    await guard.query('begin')
    await guard.query(LOCK)
  }
  const waiting = async () => (await client.query<{ pid: number }>(WAITING)).rows.map(({ pid }) => pid)
  return {
    close: () => begin(holder),
    reached: () => until(async () => (await waiting()).length > 0, 'no statement of the service reached the lock'),
    letOne: async () => {
      const queued = begin(next)
      await until(async () => (await client.query(QUEUED)).rowCount === 1, 'the second lock was not queued')
      await holder.query('rollback')
      await queued
      ;[holder, next] = [next, holder]
    },
    open: async () => {
      await holder.query('rollback')
    },
    discard: async () => {
      await client.query(`select pg_terminate_backend(pid, 5000) from (${WAITING}) as gone`)
      await holder.query('rollback')
    },
    state: async (tenantId, key) => {
      const { rows } = await client.query<{ state: string }>(
        'select state from crm_operation where tenant_id = $1 and idempotency_key = $2',
        [tenantId, key],
      )
      return rows[0]?.state ?? null
    },
    end: async () => {
      await Promise.all([client, holder, next].map((one) => one.end()))
    },
  }
}

const QUEUED = `select from pg_locks l join pg_stat_activity a using (pid)
  where l.relation = 'crm_operation'::regclass and not l.granted and a.application_name = 'turnstile'`

const connect = async (connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString, application_name: 'turnstile' })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

export const until = async (isSo: () => Promise<boolean>, otherwise: string, withinMs = PATIENCE_MS): Promise<void> => {
  for (const begun = Date.now(); Date.now() - begun < withinMs; await pause(10)) if (await isSo()) return
  throw new Error(`In ${withinMs / 1000} s, ${otherwise}.`)
}
