/** The total time one call may take, waits included. End it with `done`, so that no timer outlives its call. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #endsAt: number
  readonly #timer: NodeJS.Timeout

  constructor(ms: number) {
    this.#endsAt = performance.now() + ms
    this.#timer = setTimeout(() => this.#controller.abort(new DOMException('The deadline has passed', 'TimeoutError')), ms)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now())
  }

  done(): void {
    clearTimeout(this.#timer)
  }
}
