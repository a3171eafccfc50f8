import { createHash, createSecretKey, type KeyObject } from 'node:crypto'
import { open, seal } from './envelope.ts'

export const ID_BYTES = 8

/** What values are sealed with: a master key held here, or a key at a key service. */
export interface VaultKey {
  readonly id: string
  readonly mode: 'master' | 'kms'
  seal(plain: Buffer, belongsTo: string[], signal?: AbortSignal): Promise<Buffer> | Buffer
  open(sealed: Buffer, belongsTo: string[], signal?: AbortSignal): Promise<Buffer> | Buffer
  /** The same value under this key without having been open here; null where that cannot be. */
  rewrap?(from: VaultKey, sealed: Buffer, belongsTo: string[]): Promise<Buffer | null>
}

/** Says which key it is and nothing of it. */
export const keyId = (about: string, key: Buffer | string): string =>
  createHash('sha256')
    .update(about)
    .update(key)
    .digest('hex')
    .slice(0, ID_BYTES * 2)

export class MasterKey implements VaultKey {
  readonly id: string
  readonly mode = 'master'
  /** A KeyObject: made anew from bytes for each value it costs more than the cipher. */
  readonly #secret: KeyObject

  constructor(bytes: Buffer) {
    this.id = keyId('vorel key id', bytes)
    this.#secret = createSecretKey(bytes)
  }

  seal(plain: Buffer, belongsTo: string[]): Buffer {
    return seal(this.#secret, plain, belongsTo)
  }

  open(sealed: Buffer, belongsTo: string[]): Buffer {
    return open(this.#secret, sealed, belongsTo)
  }
}
