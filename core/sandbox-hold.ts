/** A request on hold. `go` lets it proceed from there, `drop` ends it there, unanswered. */
export interface Held {
  go(): void
  drop(): void
}

/** Holds single requests at a place that they come by, for who wants something to happen while one is there. */
export class Gate<Place extends string> {
  #awaited: { at: Place; reached(held: Held): void } | null = null

  /** Holds the next request that comes there; resolves once one has. */
  holdNext(at: Place): Promise<Held> {
    return new Promise((reached) => {
      this.#awaited = { at, reached }
    })
  }

  /** Comes by a place; false: to end there. */
  pass(at: Place): Promise<boolean> {
    if (this.#awaited?.at !== at) return Promise.resolve(true)
    const { reached } = this.#awaited
    this.#awaited = null
    return new Promise((resolve) => reached({ go: () => resolve(true), drop: () => resolve(false) }))
  }
}
