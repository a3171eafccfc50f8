import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

export type BodyFault = 'answer_too_large' | 'answer_unreadable'

export interface BodyEvents {
  onBody(body: Buffer): void
  onBodyFault(fault: BodyFault, detail?: string): void
  /** Room again after a `write` that returned false. */
  onRoom(): void
}

/** Takes an answer's body as it comes over the wire; every byte that `maxBytes` counts is a decoded one. */
export interface Body {
  /** False: wait for `onRoom`. */
  write(chunk: Buffer): boolean
  end(): void
  destroy(): void
}

/** `null`: an encoding that nobody here reads. */
export function createBody(encoding: string | undefined, maxBytes: number, events: BodyEvents): Body | null {
  const name = encoding?.trim().toLowerCase()
  if (!name || name === 'identity') return new PlainBody(maxBytes, events)
  const open = decoders.get(name)
  return open ? new EncodedBody(open, maxBytes, events) : null
}

class PlainBody implements Body {
  readonly #events: BodyEvents
  readonly #maxBytes: number
  readonly #chunks: Buffer[] = []
  #size = 0

  constructor(maxBytes: number, events: BodyEvents) {
    this.#maxBytes = maxBytes
    this.#events = events
  }

  write(chunk: Buffer): boolean {
    this.#size += chunk.length
    if (this.#size > this.#maxBytes) this.#events.onBodyFault('answer_too_large')
    else this.#chunks.push(chunk)
    return true
  }

  end(): void {
    const [first] = this.#chunks
    this.#events.onBody(this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks, this.#size))
  }

  destroy(): void {
    this.#chunks.length = 0
  }
}

type Decoder = ReturnType<typeof createInflate | typeof createBrotliDecompress>
type OpenDecoder = (firstByte: number) => Decoder

const gunzip: OpenDecoder = () => createGunzip()
const decoders = new Map<string, OpenDecoder>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['br', () => createBrotliDecompress()],
  // 'deflate' means zlib's format; some servers send the raw one
  ['deflate', (firstByte) => ((firstByte & 0x0f) === 8 ? createInflate() : createInflateRaw())],
])

class EncodedBody implements Body {
  readonly #open: OpenDecoder
  readonly #events: BodyEvents
  readonly #plain: PlainBody
  #decoder: Decoder | null = null

  constructor(open: OpenDecoder, maxBytes: number, events: BodyEvents) {
    this.#open = open
    this.#events = events
    this.#plain = new PlainBody(maxBytes, events)
  }

  write(chunk: Buffer): boolean {
    this.#decoder ??= this.#start(chunk[0] ?? 0)
    return this.#decoder.write(chunk)
  }

  end(): void {
    if (this.#decoder) this.#decoder.end()
    else this.#plain.end() // an answer without a body names an encoding all the same
  }

  destroy(): void {
    this.#decoder?.destroy()
    this.#plain.destroy()
  }

  #start(firstByte: number): Decoder {
    const events = this.#events
    return this.#open(firstByte)
      .on('data', (chunk: Buffer) => this.#plain.write(chunk))
      .on('drain', () => events.onRoom())
      .on('error', (error: NodeJS.ErrnoException) => events.onBodyFault('answer_unreadable', error.code))
      .on('end', () => this.#plain.end())
  }
}
