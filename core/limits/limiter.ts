import { type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel'
import type { Redis } from 'ioredis'
import { answerWithin } from './answer-within.ts'
import { type Counter, type Standing, standingOf } from './counter.ts'
import { LocalWindows } from './local-windows.ts'
import { sharedWindows } from './shared-windows.ts'

export interface LimiterOptions {
  redis: Redis | null
  /** For each decision that was made on this process's count because Redis could not be asked. */
  onDegraded?: (() => void) | undefined
  /** Redis stopped answering in time, or does so again. */
  onTurn?: ((isAnswering: boolean) => void) | undefined
}

const PATIENCE_MS = 50
const FAILURES_TO_BREAK = 3
const PROBE_AFTER_MS = 1000

export type Limiter = (counters: readonly Counter[]) => Standing | Promise<Standing>

/**
 * Counts a request and says how it stands. Every request is counted in this process too: that is what decides, without a pause in
 * the limits, for as long as Redis is gone. Nothing waits for a Redis that is known to be bad: one request's count goes out as a
 * probe now and then, while the request itself goes on.
 */
export function limiter({ redis, onDegraded, onTurn }: LimiterOptions): Limiter {
  const local = new LocalWindows()
  if (!redis) return (counters) => standingOf(counters, local.count(counters))

  const countShared = sharedWindows(redis)
  const breaker = breakerOf(onTurn)
  const askShared = (counters: readonly Counter[]) => breaker.execute(() => answerWithin(PATIENCE_MS, countShared(counters)))
  return (counters) => {
    const own = local.count(counters)
    const decideAlone = () => {
      onDegraded?.()
      return standingOf(counters, own)
    }
    if (redis.status !== 'ready') return decideAlone()
    if (breaker.state === CircuitState.Closed) {
      return askShared(counters).then((tallies) => standingOf(counters, tallies), decideAlone)
    }
    // While a probe is out the breaker would have others wait for it.
    if (breaker.state === CircuitState.Open) askShared(counters).catch(() => {})
    return decideAlone()
  }
}

function breakerOf(onTurn: LimiterOptions['onTurn']): CircuitBreakerPolicy {
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: PROBE_AFTER_MS,
    breaker: new ConsecutiveBreaker(FAILURES_TO_BREAK),
  })
  let isAnswering = true
  const turn = (now: boolean) => {
    if (isAnswering === now) return
    isAnswering = now
    onTurn?.(now)
  }
  breaker.onBreak(() => turn(false)) // each failed probe breaks it anew
  breaker.onReset(() => turn(true))
  return breaker
}
