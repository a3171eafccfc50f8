import type { AnyDriver } from '../driver.ts'

interface Running {
  calls: number
  whenIdle: (() => void)[]
}

/** The calls under way in this process, by the driver that each began with: a driver that was replaced goes on until its last one is over. */
export class InFlight {
  readonly #byDriver = new Map<AnyDriver, Running>()

  /** Counts a call; what it gives ends it. */
  begin(driver: AnyDriver): () => void {
    const running = this.#byDriver.get(driver) ?? { calls: 0, whenIdle: [] }
    running.calls += 1
    this.#byDriver.set(driver, running)
    return () => {
      running.calls -= 1
      if (running.calls > 0) return
      this.#byDriver.delete(driver)
      for (const tell of running.whenIdle) tell()
    }
  }

  of(driver: AnyDriver): number {
    return this.#byDriver.get(driver)?.calls ?? 0
  }

  /** Old drivers and new ones together. */
  bySlug(): Record<string, number> {
    const calls: Record<string, number> = {}
    for (const [{ manifest }, running] of this.#byDriver) calls[manifest.slug] = (calls[manifest.slug] ?? 0) + running.calls
    return calls
  }

  /** When the last of its calls is over; at once where there is none. */
  async drained(driver: AnyDriver): Promise<void> {
    const running = this.#byDriver.get(driver)
    if (running) await new Promise<void>((resolve) => running.whenIdle.push(resolve))
  }
}
