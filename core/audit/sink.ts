import { open } from 'node:fs/promises'
import { verifySignature } from '../vault/signing-key.ts'
import { rangesOf, rangesText } from './ranges.ts'
import type { Seal } from './seal.ts'

/** A seal as it leaves the database: enough to tell that one is missing or another, and none of what it seals. */
export interface SinkLine {
  kind: 'vorel.audit_seal'
  id: number
  at: string
  /** `1-400,402` */
  seqs: string
  /** Base64, as the key and the signature. */
  hash: string
  key_id: string
  /** None where the key is an older one. */
  public_key: string | null
  signature: string
}

/** Where seals go besides the database. */
export interface Sink {
  /** What was written can be read again: then it is to have every seal. */
  isKept: boolean
  /** The newest seal that it has; null where it has none. */
  last(): Promise<SinkLine | null>
  write(lines: SinkLine[]): Promise<void>
}

export const sinkLine = ({ id, at, seqs, hash, keyId, signature }: Seal, publicKey: string | null): SinkLine => ({
  kind: 'vorel.audit_seal',
  id,
  at: at.toISOString(),
  seqs: rangesText(rangesOf(seqs)),
  hash: hash.toString('base64'),
  key_id: keyId,
  public_key: publicKey,
  signature: signature.toString('base64'),
})

/** Null for a line that is none: a log has others between. */
export const parseSinkLine = (text: string): SinkLine | null => {
  if (!text.includes('vorel.audit_seal')) return null
  try {
    const line = JSON.parse(text) as SinkLine
    return line.kind === 'vorel.audit_seal' ? line : null
  } catch {
    return null
  }
}

export const isSignedBy = (publicKey: string, hash: Buffer, signature: Buffer): boolean => {
  try {
    return verifySignature(publicKey, hash, signature)
  } catch {
    return false
  }
}

const textOf = (lines: SinkLine[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('')

/** `stdout`, a file's path, or null for none. */
export const sinkAt = (where: string | null): Sink | null => {
  if (where === null) return null
  return where === 'stdout' ? new StreamSink(process.stdout) : new FileSink(where)
}

const TAIL_BYTES = 64 * 1024

/** A file that is only ever appended to, and flushed to its disk. */
export class FileSink implements Sink {
  readonly isKept = true
  readonly #path: string
  #known: { bytes: number; line: SinkLine | null } | null = null

  constructor(path: string) {
    this.#path = path
  }

  async last(): Promise<SinkLine | null> {
    const file = await open(this.#path, 'a+', 0o600)
    try {
      const { size } = await file.stat()
      if (this.#known?.bytes !== size) this.#known = { bytes: size, line: await lastLine(file, size) }
      return this.#known.line
    } finally {
      await file.close()
    }
  }

  async write(lines: SinkLine[]): Promise<void> {
    const file = await open(this.#path, 'a+', 0o600)
    try {
      const { size } = await file.stat()
      const isTorn = size > 0 && (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] !== 0x0a
      await file.appendFile(`${isTorn ? '\n' : ''}${textOf(lines)}`)
      await file.datasync()
      this.#known = { bytes: (await file.stat()).size, line: lines.at(-1) ?? null }
    } finally {
      await file.close()
    }
  }
}

/** The end of the file is read, and more of it until a whole line is among it. */
const lastLine = async (file: Awaited<ReturnType<typeof open>>, size: number): Promise<SinkLine | null> => {
  for (let bytes = TAIL_BYTES; ; bytes *= 4) {
    const length = Math.min(bytes, size)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    const found = buffer.toString('utf8').split('\n').reverse().map(parseSinkLine).find(Boolean)
    if (found || length === size) return found ?? null
  }
}

/** Lines of the process's output, for whoever collects that. What an earlier process wrote is not known: the newest seal comes again. */
export class StreamSink implements Sink {
  readonly isKept = false
  readonly #stream: NodeJS.WritableStream
  #last: SinkLine | null = null

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
  }

  async last(): Promise<SinkLine | null> {
    return this.#last
  }

  async write(lines: SinkLine[]): Promise<void> {
    this.#stream.write(textOf(lines))
    this.#last = lines.at(-1) ?? this.#last
  }
}
