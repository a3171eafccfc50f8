import { BOUNDS_MS, bucketOf } from './latency.ts'

export const SLOT_MS = 300_000

/** What is told of a call for its tenant's chart. */
export interface Counted {
  tenantId: string
  /** Empty where none is connected. */
  provider: string
  code: string
  ms: number
}

/** Calls of one tenant at one provider within one slot. */
export interface CallCount {
  tenantId: string
  provider: string
  /** Milliseconds since 1970. */
  slot: number
  calls: number
  errors: number
  msSum: number
  msMax: number
  buckets: number[]
}

/** Counts in process until they are taken: as many tenants as `maxEntries`, and those beyond it are not counted. */
export class CallCounts {
  readonly #maxEntries: number
  #entries = new Map<string, CallCount>()
  #lost = 0

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  get size(): number {
    return this.#entries.size
  }

  /** Calls that found no room. */
  get lost(): number {
    return this.#lost
  }

  add({ tenantId, provider, code, ms }: Counted, now: number): void {
    const entry = this.#entry(tenantId, provider, now - (now % SLOT_MS))
    if (!entry) return
    const bucket = bucketOf(ms)
    entry.calls += 1
    if (code !== 'ok') entry.errors += 1
    entry.msSum += ms
    entry.msMax = Math.max(entry.msMax, ms)
    entry.buckets[bucket] = (entry.buckets[bucket] as number) + 1
  }

  take(): CallCount[] {
    const taken = [...this.#entries.values()]
    this.#entries = new Map()
    return taken
  }

  /** What could not be written is counted on. */
  giveBack(counts: CallCount[]): void {
    for (const count of counts) {
      const entry = this.#entry(count.tenantId, count.provider, count.slot, count.calls)
      if (!entry) continue
      entry.calls += count.calls
      entry.errors += count.errors
      entry.msSum += count.msSum
      entry.msMax = Math.max(entry.msMax, count.msMax)
      entry.buckets = entry.buckets.map((calls, index) => calls + (count.buckets[index] as number))
    }
  }

  #entry(tenantId: string, provider: string, slot: number, calls = 1): CallCount | null {
    const key = `${tenantId}\n${provider}\n${slot}`
    const known = this.#entries.get(key)
    if (known) return known
    if (this.#entries.size >= this.#maxEntries) {
      this.#lost += calls
      return null
    }
    const buckets = new Array<number>(BOUNDS_MS.length + 1).fill(0)
    const entry = { tenantId, provider, slot, calls: 0, errors: 0, msSum: 0, msMax: 0, buckets }
    this.#entries.set(key, entry)
    return entry
  }
}
