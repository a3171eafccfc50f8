import type { Pool } from 'pg'
import type { Database } from '../store/database.ts'
import { type CallCount, CallCounts, type Counted, SLOT_MS } from './call-counts.ts'
import { quantileMs } from './latency.ts'

export const KEPT_DAYS = 3
const MAX_ENTRIES = 20_000

/** In one order, so that processes that write at once do not wait for each other in a circle. A tenant that is gone has no chart. */
const ADD = `
  insert into call_stat (tenant_id, slot, provider, calls, errors, ms_sum, ms_max, buckets)
  select n.tenant_id, n.slot, n.provider, n.calls, n.errors, n.ms_sum, n.ms_max, n.buckets::integer[]
  from unnest($1::text[], $2::timestamptz[], $3::text[], $4::integer[], $5::integer[], $6::float8[], $7::float8[], $8::text[])
    as n (tenant_id, slot, provider, calls, errors, ms_sum, ms_max, buckets)
  join tenant on tenant.id = n.tenant_id
  order by n.tenant_id, n.slot, n.provider
  on conflict (tenant_id, slot, provider) do update set
    calls = call_stat.calls + excluded.calls,
    errors = call_stat.errors + excluded.errors,
    ms_sum = call_stat.ms_sum + excluded.ms_sum,
    ms_max = greatest(call_stat.ms_max, excluded.ms_max),
    buckets = array(
      select coalesce(b.kept, 0) + coalesce(b.added, 0)
      from unnest(call_stat.buckets, excluded.buckets) with ordinality as b (kept, added, position) order by b.position
    )`

/** Calls by tenant and five minutes: counted in process, written down now and then by one statement. */
export class CallStats {
  readonly #pool: Pool
  readonly #counts: CallCounts
  #writing: Promise<void> | null = null

  constructor(pool: Pool, maxEntries = MAX_ENTRIES) {
    this.#pool = pool
    this.#counts = new CallCounts(maxEntries)
  }

  /** Calls that were not counted because too many tenants called within one write. */
  get lost(): number {
    return this.#counts.lost
  }

  count(call: Counted): void {
    this.#counts.add(call, Date.now())
  }

  /** Writes what was counted since the last time; what cannot be written is kept for the next. */
  async flush(): Promise<void> {
    await this.#writing?.catch(() => undefined)
    this.#writing = this.#write(this.#counts.take())
    return this.#writing
  }

  async #write(counts: CallCount[]): Promise<void> {
    if (counts.length === 0) return
    try {
      await this.#pool.query({ name: 'call-stat-add', text: ADD, values: arraysOf(counts) })
    } catch (error) {
      this.#counts.giveBack(counts)
      throw error
    }
  }
}

const arraysOf = (counts: CallCount[]): unknown[][] => [
  counts.map(({ tenantId }) => tenantId),
  counts.map(({ slot }) => new Date(slot)),
  counts.map(({ provider }) => provider),
  counts.map(({ calls }) => calls),
  counts.map(({ errors }) => errors),
  counts.map(({ msSum }) => msSum),
  counts.map(({ msMax }) => msMax),
  counts.map(({ buckets }) => `{${buckets.join(',')}}`),
]

/** Deletes what is older than it is kept; gives how many rows that were. */
export const forgetCallStats = async ({ pool }: Pick<Database, 'pool'>): Promise<number> => {
  const { rowCount } = await pool.query(`delete from call_stat where slot < now() - interval '${KEPT_DAYS} days'`)
  return rowCount ?? 0
}

/** One point of a tenant's chart: five minutes. */
export interface CallStatPoint {
  /** ISO 8601. */
  from: string
  calls: number
  errors: number
  /** Null where nobody called. */
  p50Ms: number | null
  p95Ms: number | null
  maxMs: number | null
}

interface Row {
  slot: string | Date
  calls: number
  errors: number
  ms_max: number
  buckets: number[]
}

const READ = `
  select slot, calls, errors, ms_max, buckets from call_stat
  where tenant_id = $1 and slot >= $2 and slot <= $3`

/** A tenant's calls of the last hours, over all providers, oldest first; five minutes in which nobody called are there too. */
export const callStats = async (
  { pool }: Pick<Database, 'pool'>,
  tenantId: string,
  hours: number,
  now = Date.now(),
): Promise<CallStatPoint[]> => {
  const slots = Math.max(1, Math.round((Math.min(hours, KEPT_DAYS * 24) * 3_600_000) / SLOT_MS))
  const last = now - (now % SLOT_MS)
  const first = last - (slots - 1) * SLOT_MS
  const { rows } = await pool.query<Row>(READ, [tenantId, new Date(first), new Date(last)])
  const bySlot = Map.groupBy(rows, ({ slot }) => new Date(slot).getTime())
  return Array.from({ length: slots }, (_, index) => {
    const from = first + index * SLOT_MS
    return pointOf(from, bySlot.get(from) ?? [])
  })
}

const pointOf = (from: number, rows: Row[]): CallStatPoint => {
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)
  const maxMs = Math.max(0, ...rows.map((row) => row.ms_max))
  const buckets = (rows[0]?.buckets ?? []).map((_, index) => sum((row) => row.buckets[index] ?? 0))
  const calls = sum((row) => row.calls)
  return {
    from: new Date(from).toISOString(),
    calls,
    errors: sum((row) => row.errors),
    p50Ms: quantileMs(0.5, buckets, maxMs),
    p95Ms: quantileMs(0.95, buckets, maxMs),
    maxMs: calls ? Math.round(maxMs) : null,
  }
}
