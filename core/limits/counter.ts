/** Every limit is so many calls in one of these. */
export const WINDOW_MS = 60_000

/** One count that a request adds to, and what it may reach within a window. Keys hold ids, never a person's data. */
export interface Counter {
  key: string
  max: number
}

/** For each counter in turn: its count, then the milliseconds until its window ends. */
export type Tallies = number[]

/** How a request stands after it was counted; below zero, it is one too many. */
export interface Standing {
  remaining: number
  resetMs: number
}

/** The counter that binds: of those overdrawn the one that opens last, else the one with the least left. */
export function standingOf(counters: readonly Counter[], tallies: Tallies): Standing {
  let binding: Standing = { remaining: Number.MAX_SAFE_INTEGER, resetMs: 0 }
  for (let i = 0; i < counters.length; i++) {
    const remaining = (counters[i]?.max ?? 0) - (tallies[2 * i] ?? 0)
    const resetMs = tallies[2 * i + 1] ?? 0
    if (binds(remaining, resetMs, binding)) binding = { remaining, resetMs }
  }
  return binding
}

const binds = (remaining: number, resetMs: number, other: Standing) =>
  remaining < 0 && other.remaining < 0 ? resetMs > other.resetMs : remaining < other.remaining

export interface Limits {
  perKeyPerMinute: number
  perToolPerMinute: number
}

/** What a verb's call counts against: its API key, where it came with one, and always its tenant's use of that verb. */
export function countersFor(limits: Limits, call: { apiKeyId?: string | undefined; tenantId: string; verb: string }): Counter[] {
  const tool = { key: `tool:${call.tenantId}:${call.verb}`, max: limits.perToolPerMinute }
  return call.apiKeyId === undefined ? [tool] : [{ key: `key:${call.apiKeyId}`, max: limits.perKeyPerMinute }, tool]
}
