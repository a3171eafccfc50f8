import { type Tracer, untraced } from '../observe/tracer.ts'

interface Waiting<I, O> {
  item: I
  span: unknown
  resolve(value: O): void
  reject(error: unknown): void
}

export interface BatchOptions<I, O> {
  /** As traces call it. */
  name?: string
  tracer?: Tracer | undefined
  /** Answers all items, in their order. */
  run(items: I[]): Promise<O[]>
  /** Two items of one key never go out together. */
  keyOf?(item: I): string
  maxItems?: number
  maxFlights?: number
  /** How many must wait before a batch goes out beside another; 1 unless told. */
  worthAnother?: number
  /** How long, after a batch of several, the next one may wait to become as large; 0 unless told. */
  gatherMs?: number
}

const NEARLY = 0.7

/**
 * For statements on PostgreSQL: most of a small batch's cost is what a larger one shares, and the one before it is back in a millisecond.
 * After a batch the next waits, 2 ms at most, until nearly as many have come again.
 */
export const STATEMENTS = { worthAnother: 16, gatherMs: 2 }

/**
 * Shares one statement among concurrent requests: what arrives within one turn of the event loop, or while earlier batches
 * are under way, goes out together. One request alone waits for nobody, or where many came just before it, for `gatherMs`.
 */
export class Batch<I, O> {
  readonly #options: BatchOptions<I, O>
  readonly #maxItems: number
  readonly #maxFlights: number
  readonly #worthAnother: number
  readonly #gatherMs: number
  readonly #name: string
  readonly #tracer: Tracer
  #waiting: Waiting<I, O>[] = []
  #flights = 0
  #isScheduled = false
  #expected = 1
  #gathering: NodeJS.Timeout | null = null

  constructor(options: BatchOptions<I, O>) {
    this.#options = options
    this.#maxItems = options.maxItems ?? 200
    this.#maxFlights = options.maxFlights ?? 2
    this.#worthAnother = options.worthAnother ?? 1
    this.#gatherMs = options.gatherMs ?? 0
    this.#name = options.name ?? 'batch'
    this.#tracer = options.tracer ?? untraced
  }

  add(item: I): Promise<O> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, span: this.#tracer.current(), resolve, reject })
      if (this.#isScheduled || !this.#mayStart()) return
      this.#isScheduled = true
      setImmediate(this.#start)
    })
  }

  readonly #start = (): void => {
    this.#isScheduled = false
    while (this.#mayStart()) void this.#fly(this.#take())
  }

  #mayStart(): boolean {
    if (this.#flights === 0) return this.#waiting.length >= this.#expected
    return this.#flights < this.#maxFlights && this.#waiting.length >= this.#worthAnother
  }

  /** Who is here must not wait long for others. */
  #gather(size: number): void {
    this.#expected = this.#gatherMs > 0 ? Math.max(1, Math.floor(size * NEARLY)) : 1
    if (this.#expected === 1 || this.#gathering) return
    this.#gathering = setTimeout(() => {
      this.#gathering = null
      this.#expected = 1
      this.#start()
    }, this.#gatherMs)
  }

  #take(): Waiting<I, O>[] {
    const { keyOf } = this.#options
    if (!keyOf) return this.#waiting.splice(0, this.#maxItems)
    const taken = new Map<string, Waiting<I, O>>()
    const left: Waiting<I, O>[] = []
    for (const waiting of this.#waiting) {
      const key = keyOf(waiting.item)
      if (taken.size < this.#maxItems && !taken.has(key)) taken.set(key, waiting)
      else left.push(waiting)
    }
    this.#waiting = left
    return [...taken.values()]
  }

  async #fly(batch: Waiting<I, O>[]): Promise<void> {
    this.#flights += 1
    try {
      await this.#answer(batch)
    } finally {
      this.#flights -= 1
      this.#gather(batch.length)
      this.#start()
    }
  }

  async #answer(batch: Waiting<I, O>[]): Promise<void> {
    try {
      const run = () => this.#options.run(batch.map(({ item }) => item))
      const spans = batch.map(({ span }) => span)
      const answers = await this.#tracer.shared(this.#name, spans, run)
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as O)
    } catch (error) {
      if (batch.length === 1 || !isAboutData(error)) for (const { reject } of batch) reject(error)
      else for (const waiting of batch) await this.#answer([waiting])
    }
  }
}

/** A value that PostgreSQL refuses (SQLSTATE classes 22 and 23): one item's fault, not the others'. */
const isAboutData = (error: unknown): boolean => /^2[23]/.test(String((error as { code?: unknown } | undefined)?.code ?? ''))
