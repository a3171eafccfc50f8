import { createHash } from 'node:crypto'
import type { SigningKey } from '../vault/signing-key.ts'

/** What is hashed of a seal. */
export interface SealBody {
  id: number
  at: Date
  seqs: number[]
  marks: Buffer
  /** The hash of the seal before; zeros for the first. */
  prev: Buffer
}

export interface Seal extends SealBody {
  hash: Buffer
  keyId: string
  signature: Buffer
}

export const FIRST_PREV = Buffer.alloc(32)

const DOMAIN = Buffer.from('vorel audit seal\0')

/** Numbers as 8 bytes, big endian; the time in milliseconds. What varies in length has its count before it. */
export const hashOf = ({ prev, id, at, seqs, marks }: SealBody): Buffer => {
  const numbers = new BigInt64Array([id, at.getTime(), seqs.length, ...seqs].map(BigInt))
  return createHash('sha256').update(DOMAIN).update(prev).update(Buffer.from(numbers.buffer).swap64()).update(marks).digest()
}

export const sealOf = (body: SealBody, key: SigningKey): Seal => {
  const hash = hashOf(body)
  return { ...body, hash, keyId: key.id, signature: key.sign(hash) }
}

export interface SealRow {
  id: string
  /** A text where the pool is the ORM's. */
  at: Date | string
  seqs: string[]
  marks: Buffer
  prev: Buffer
  hash: Buffer
  key_id: string
  signature: Buffer
}

export const SEAL_COLUMNS = 'id, at, seqs, marks, prev, hash, key_id, signature'

export const sealFrom = ({ id, at, seqs, key_id, ...row }: SealRow): Seal => ({
  ...row,
  at: new Date(at),
  id: Number(id),
  seqs: seqs.map(Number),
  keyId: key_id,
})
