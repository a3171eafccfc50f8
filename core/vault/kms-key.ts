import { DataKeys } from './data-keys.ts'
import { open, seal } from './envelope.ts'
import { keyId, type VaultKey } from './key.ts'
import { type Context, type KmsClient, unavailable } from './kms-client.ts'

/** After the key's id: version (1), length of the wrapped data key (2), wrapped data key, envelope. */
const VERSION = 2
const HEAD_BYTES = 3
/** Kinds of values that are written often share a data key among so many of one tenant, for as long as it is kept. */
const MOST_USES = 1_000
const SHARED = ['payload', 'response', 'progress', 'lead']
const KEEP_MS = 300_000
const MOST_KEPT = 10_000

/** In the key service's own log: no person's data. */
const contextOf = ([purpose = '', of = '']: string[]): Context => ({ 'vorel:purpose': purpose, 'vorel:of': of })

/** A key that never leaves the key service: it wraps data keys, which seal here. */
export class KmsKey implements VaultKey {
  readonly id: string
  readonly mode = 'kms'
  readonly #client: KmsClient
  readonly #keyId: string
  readonly #sealing = new DataKeys({ max: MOST_KEPT, keepMs: KEEP_MS })
  readonly #opening = new DataKeys({ max: MOST_KEPT, keepMs: KEEP_MS })

  constructor(client: KmsClient, kmsKeyId: string) {
    this.id = keyId('vorel kms key id', kmsKeyId)
    this.#client = client
    this.#keyId = kmsKeyId
  }

  async seal(plain: Buffer, belongsTo: string[], signal?: AbortSignal): Promise<Buffer> {
    const context = contextOf(belongsTo)
    const fetch = () => this.#client.generate(this.#keyId, context)
    if (!SHARED.includes(belongsTo[0] ?? '')) {
      const key = await within(fetch(), signal)
      const envelope = key.use((bytes) => seal(bytes, plain, belongsTo)) as Buffer
      key.wipe()
      return framed(key.wrapped, envelope)
    }
    const name = JSON.stringify(context)
    for (;;) {
      const flight = this.#sealing.get(name, fetch)
      const key = await within(flight, signal)
      const envelope = key.uses < MOST_USES && key.use((bytes) => seal(bytes, plain, belongsTo))
      if (envelope) return framed(key.wrapped, envelope)
      this.#sealing.drop(name, flight)
    }
  }

  async open(sealed: Buffer, belongsTo: string[], signal?: AbortSignal): Promise<Buffer> {
    const { wrapped, envelope } = parsed(sealed)
    const context = contextOf(belongsTo)
    const name = `${JSON.stringify(context)}${wrapped.toString('base64')}`
    for (;;) {
      const flight = this.#opening.get(name, () => this.#client.decrypt(this.#keyId, wrapped, context))
      const plain = (await within(flight, signal)).use((bytes) => open(bytes, envelope, belongsTo))
      if (plain) return plain
      this.#opening.drop(name, flight)
    }
  }

  /** Between two keys of the service the data key is wrapped anew over there, and the envelope stays as it is. */
  async rewrap(from: VaultKey, sealed: Buffer, belongsTo: string[]): Promise<Buffer | null> {
    if (!(from instanceof KmsKey) || from.#client !== this.#client) return null
    const { wrapped, envelope } = parsed(sealed)
    return framed(await this.#client.reEncrypt(from.#keyId, this.#keyId, wrapped, contextOf(belongsTo)), envelope)
  }
}

const framed = (wrapped: Buffer, envelope: Buffer): Buffer => {
  const head = Buffer.of(VERSION, 0, 0)
  head.writeUInt16BE(wrapped.length, 1)
  return Buffer.concat([head, wrapped, envelope])
}

const parsed = (sealed: Buffer): { wrapped: Buffer; envelope: Buffer } => {
  if (sealed.length < HEAD_BYTES || sealed[0] !== VERSION) throw new Error('Not a sealed value of a known version')
  const end = HEAD_BYTES + sealed.readUInt16BE(1)
  return { wrapped: sealed.subarray(HEAD_BYTES, end), envelope: sealed.subarray(end) }
}

/** A call waits no longer than it may; the answer serves the next one. */
const within = async <T>(flight: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (!signal) return flight
  const { promise, reject } = Promise.withResolvers<never>()
  const over = () => reject(unavailable(signal.reason))
  if (signal.aborted) over()
  signal.addEventListener('abort', over, { once: true })
  try {
    return await Promise.race([flight, promise])
  } finally {
    signal.removeEventListener('abort', over)
  }
}
