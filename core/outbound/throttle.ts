import { VorelError } from '../errors.ts'
import { pause } from './pause.ts'

/** What one call asks of the throttle. */
interface Waiting {
  signal: AbortSignal
  remainingMs(): number
}

/** What is left of a connection's budget in this process; others of the service have budgets of their own. */
export interface BudgetLeft {
  /** Null: no limit is known. */
  requestsPerSecond: number | null
  /** Requests that could go at once. */
  requestsNow: number | null
  concurrency: number
  running: number
  waiting: number
  /** For so long the provider asked to be left alone. */
  blockedMs: number
}

export interface Throttle {
  run<T extends { error?: VorelError }>(waiting: Waiting, send: () => Promise<T>): Promise<T>
}

interface Budget {
  requestsPerSecond?: number | undefined
  burst?: number | undefined
  concurrency?: number | undefined
}

const DEFAULT_CONCURRENCY = 16
const KEPT = 10_000

/** One connection's budget towards its provider: parallel requests, requests a second, and waits the provider asked for. */
class ConnectionThrottle implements Throttle {
  /** A reload may bring another. */
  budget: Budget
  #running = 0
  #queue: (() => void)[] = []
  /** When the last request would have gone, had all kept their distance; a burst runs ahead of it. */
  #nextAt = 0
  #blockedUntil = 0

  constructor(budget: Budget) {
    this.budget = budget
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#blockedUntil < Date.now() && this.#nextAt < Date.now()
  }

  get left(): BudgetLeft {
    const { requestsPerSecond, burst = 1, concurrency = DEFAULT_CONCURRENCY } = this.budget
    const now = Date.now()
    const ahead = requestsPerSecond ? Math.max(0, this.#nextAt - now) / (1000 / requestsPerSecond) : 0
    const isBlocked = this.#blockedUntil > now
    return {
      requestsPerSecond: requestsPerSecond ?? null,
      requestsNow: requestsPerSecond ? (isBlocked ? 0 : Math.max(0, Math.floor(burst - ahead))) : null,
      concurrency,
      running: this.#running,
      waiting: this.#queue.length,
      blockedMs: isBlocked ? this.#blockedUntil - now : 0,
    }
  }

  async run<T extends { error?: VorelError }>(waiting: Waiting, send: () => Promise<T>): Promise<T> {
    if (this.#running >= (this.budget.concurrency ?? DEFAULT_CONCURRENCY)) await this.#turn(waiting)
    else this.#running += 1
    try {
      const waitMs = this.#reserve(waiting.remainingMs())
      if (waitMs > 0) await pause(waitMs, waiting.signal, () => tooBusy(waitMs))
      const result = await send()
      this.#learn(result.error)
      return result
    } finally {
      this.#release()
    }
  }

  /** The wait until this request may go, or a refusal that says how long it would have been. */
  #reserve(remainingMs: number): number {
    const { requestsPerSecond, burst = 1 } = this.budget
    const spacingMs = requestsPerSecond ? 1000 / requestsPerSecond : 0
    const now = Date.now()
    const startAt = Math.max(now, this.#nextAt - (burst - 1) * spacingMs, this.#blockedUntil)
    if (startAt - now >= remainingMs) throw tooBusy(startAt - now)
    this.#nextAt = Math.max(this.#nextAt, startAt) + spacingMs
    return startAt - now
  }

  #learn(error: VorelError | undefined): void {
    if (error?.code === 'provider_rate_limited' && error.retryAfterSeconds)
      this.#blockedUntil = Math.max(this.#blockedUntil, Date.now() + error.retryAfterSeconds * 1000)
  }

  #turn({ signal }: Waiting): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(tooBusy(1000))
      const go = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        this.#queue = this.#queue.filter((waiter) => waiter !== go)
        reject(tooBusy(1000))
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#queue.push(go)
    })
  }

  #release(): void {
    const next = this.#queue.shift()
    if (next) next()
    else this.#running -= 1
  }
}

const tooBusy = (waitMs: number) => {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000))
  return new VorelError('provider_rate_limited', `The CRM's request budget is used up. Try again in ${retryAfterSeconds} s.`, {
    retryAfterSeconds,
  })
}

/** Throttles by connection. The oldest idle one is forgotten first, so that tenants do not add up. */
export class Throttles {
  readonly #byConnection = new Map<string, ConnectionThrottle>()

  of(connectionId: string, budget: Budget): Throttle {
    const known = this.#byConnection.get(connectionId)
    if (known) {
      known.budget = budget
      return known
    }
    if (this.#byConnection.size >= KEPT) this.#forgetIdle()
    const throttle = new ConnectionThrottle(budget)
    this.#byConnection.set(connectionId, throttle)
    return throttle
  }

  /** Null: nothing was asked of it here lately. */
  leftOf(connectionId: string): BudgetLeft | null {
    return this.#byConnection.get(connectionId)?.left ?? null
  }

  #forgetIdle(): void {
    for (const [id, throttle] of this.#byConnection) {
      if (throttle.isIdle) this.#byConnection.delete(id)
      if (this.#byConnection.size < KEPT * 0.9) return
    }
  }
}
