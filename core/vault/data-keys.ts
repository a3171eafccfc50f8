/** A data key as it is in use: its bytes are overwritten when nobody may use it any more. */
export class DataKey {
  readonly wrapped: Buffer
  readonly #bytes: Buffer
  #isWiped = false
  uses = 0

  constructor(bytes: Buffer, wrapped: Buffer) {
    this.#bytes = bytes
    this.wrapped = wrapped
  }

  /** Null where the key is gone: whoever held on to it asks for it anew. */
  use<T>(run: (bytes: Buffer) => T): T | null {
    if (this.#isWiped) return null
    this.uses += 1
    return run(this.#bytes)
  }

  wipe(): void {
    this.#isWiped = true
    this.#bytes.fill(0)
  }
}

export interface DataKeysOptions {
  max: number
  keepMs: number
}

/** Data keys for a short while, so many at most; whoever asks while one is on its way waits for the same. */
export class DataKeys {
  readonly #options: DataKeysOptions
  readonly #kept = new Map<string, Promise<DataKey>>()

  constructor(options: DataKeysOptions) {
    this.#options = options
  }

  get(name: string, fetch: () => Promise<DataKey>): Promise<DataKey> {
    const known = this.#kept.get(name)
    if (known) this.#kept.delete(name)
    const flight = known ?? this.#fetched(name, fetch)
    this.#kept.set(name, flight) // the one used last is the last to go
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > this.#options.max && oldest !== undefined) this.drop(oldest)
    return flight
  }

  drop(name: string, only?: Promise<DataKey>): void {
    const kept = this.#kept.get(name)
    if (!kept || (only && only !== kept)) return
    this.#kept.delete(name)
    kept.then((key) => key.wipe()).catch(() => undefined)
  }

  #fetched(name: string, fetch: () => Promise<DataKey>): Promise<DataKey> {
    const flight = fetch()
    flight.then(
      () => setTimeout(() => this.drop(name, flight), this.#options.keepMs).unref(),
      () => this.drop(name, flight),
    )
    return flight
  }
}
