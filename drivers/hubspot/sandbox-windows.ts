import type { Variant } from './sandbox-variant.ts'

const ROLLING = { most: 110, ms: 10_000 }
const SEARCHES = { most: 5, ms: 1_000 }

/** Requests of the last seconds. Searches have a window of their own, and no headers that tell of it. */
export class Windows {
  readonly #isEnforced: boolean
  #requests: number[] = []
  #searches: number[] = []

  constructor(variant: Variant) {
    this.#isEnforced = variant.has('limits')
  }

  count(isSearch: boolean): { isOver: boolean; headers: Record<string, string> } {
    const now = Date.now()
    const { most, ms } = isSearch ? SEARCHES : ROLLING
    const recent = (isSearch ? this.#searches : this.#requests).filter((at) => at > now - ms)
    const isOver = this.#isEnforced && recent.length >= most
    if (!isOver) recent.push(now)
    if (isSearch) this.#searches = recent
    else this.#requests = recent
    return { isOver, headers: isSearch ? {} : told(recent.length) }
  }
}

const told = (used: number): Record<string, string> => ({
  'x-hubspot-ratelimit-max': String(ROLLING.most),
  'x-hubspot-ratelimit-remaining': String(Math.max(0, ROLLING.most - used)),
  'x-hubspot-ratelimit-interval-milliseconds': String(ROLLING.ms),
})
