import type { Pool } from 'pg'
import { NONE } from './labels.ts'

/** What waits in the database, as `[what, of which kind]` and how much of it. */
export interface Backlog {
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Milliseconds since 1970. */
  readAt: number
}

interface Part {
  name: string
  table: string
  sql: string
}

const MOST_COUNTED = 100_000

/** One row a kind, each part by an index of few rows or with an end to counting. */
const PARTS: Part[] = [
  {
    name: 'operations',
    table: 'crm_operation',
    sql: `select state, count(*) from crm_operation where state in ('claimed', 'sent') group by state
      union all select 'outcome_unknown', count(*) from crm_operation where state = 'outcome_unknown'`,
  },
  {
    name: 'jobs',
    table: 'pgboss.queue',
    sql: `select q.name || ' ' || s.state, s.n from pgboss.queue q cross join lateral (values
        ('deferred', q.deferred_count), ('queued', q.queued_count), ('active', q.active_count), ('failed', q.failed_count)
      ) as s (state, n) where q.name not like '\\_\\_%'`,
  },
  { name: 'leads', table: 'lead', sql: `select '${NONE}', count(*) from lead where state = 'waiting'` },
  {
    name: 'erasures',
    table: 'erasure',
    sql: `select '${NONE}', count(*) from erasure where state = 'waiting' and state <> 'done'`,
  },
  {
    name: 'unsealed',
    table: 'audit_seal',
    sql: `select '${NONE}', count(*) from (
        select 1 from audit_log where seq > (select coalesce(max(seqs[cardinality(seqs)]), 0) from audit_seal) limit ${MOST_COUNTED}
      ) as unsealed`,
  },
]

const KEPT_MS = 10_000
const PATIENCE_MS = 1_000

/** Counts by one statement, at most every ten seconds whoever asks; while the database does not answer, what was counted last. */
export class BacklogReader {
  readonly #pool: Pool
  readonly #keptMs: number
  #sql: string | null = null
  #last: Backlog = { counts: new Map(), readAt: 0 }
  #reading: Promise<void> | null = null
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(pool: Pool, keptMs = KEPT_MS) {
    this.#pool = pool
    this.#keptMs = keptMs
  }

  async read(): Promise<Backlog> {
    if (performance.now() - this.#askedAt >= this.#keptMs && !this.#reading) {
      this.#askedAt = performance.now()
      this.#reading = this.#count()
        .catch(() => undefined)
        .finally(() => {
          this.#reading = null
        })
    }
    if (this.#reading) await Promise.race([this.#reading, patience()])
    return this.#last
  }

  async #count(): Promise<void> {
    this.#sql ??= await statementOf(this.#pool)
    const { rows } = await this.#pool.query<{ name: string; kind: string; n: string }>({ name: 'backlog', text: this.#sql })
    const counts = new Map<string, Map<string, number>>()
    for (const { name, kind, n } of rows) {
      const ofName = counts.get(name) ?? new Map<string, number>()
      counts.set(name, ofName.set(kind, Number(n)))
    }
    this.#last = { counts, readAt: Date.now() }
  }
}

const patience = () => new Promise<void>((resolve) => void setTimeout(resolve, PATIENCE_MS).unref())

const statementOf = async (pool: Pool): Promise<string> => {
  const tables = PARTS.map(({ table }) => table)
  const { rows } = await pool.query<{ name: string }>(
    'select name from unnest($1::text[]) name where to_regclass(name) is not null',
    [tables],
  )
  const there = new Set(rows.map(({ name }) => name))
  return PARTS.filter(({ table }) => there.has(table))
    .map(({ name, sql }) => `select '${name}' as name, p.kind, p.n::text as n from (${sql}) as p (kind, n)`)
    .join('\nunion all ')
}
