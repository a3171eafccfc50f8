import { type Counter, type Tallies, WINDOW_MS } from './counter.ts'

interface Window {
  count: number
  endsAt: number
}

export interface LocalWindowsOptions {
  windowMs?: number
  /** Windows kept at most; beyond it the oldest half is dropped, as if its minute were over. */
  maxWindows?: number
}

/**
 * Fixed windows of this process alone. Two generations take turns once a window's length: whatever the old one holds when it
 * goes has ended, unless the bound made it go early. Nothing is swept and no timer runs.
 */
export class LocalWindows {
  readonly #windowMs: number
  readonly #maxYoung: number
  #young = new Map<string, Window>()
  #old = new Map<string, Window>()
  #turnsAt = 0

  constructor({ windowMs = WINDOW_MS, maxWindows = 50_000 }: LocalWindowsOptions = {}) {
    this.#windowMs = windowMs
    this.#maxYoung = Math.max(1, Math.floor(maxWindows / 2))
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  count(counters: readonly Counter[]): Tallies {
    const now = performance.now()
    const tallies: Tallies = []
    for (const { key } of counters) {
      const window = this.#windowOf(key, now)
      window.count++
      tallies.push(window.count, window.endsAt - now)
    }
    return tallies
  }

  #windowOf(key: string, now: number): Window {
    const known = this.#young.get(key) ?? this.#old.get(key)
    if (known && known.endsAt > now) return known
    if (now >= this.#turnsAt || this.#young.size >= this.#maxYoung) this.#turn(now)
    const window = { count: 0, endsAt: now + this.#windowMs }
    this.#young.set(key, window)
    return window
  }

  #turn(now: number): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#turnsAt = now + this.#windowMs
  }
}
