import { createHash } from 'node:crypto'
import type { Fields } from '../../schemas/verbs.ts'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** Stands for one create at the provider: `v` and 130 bits of a hash in base32, so that any provider's id field can hold it. */
export const referenceOf = (tenantId: string, idempotencyKey: string): string => {
  const hash = createHash('sha256')
    .update(JSON.stringify([tenantId, idempotencyKey]))
    .digest()
  let text = 'v'
  for (let bit = 0; bit < 130; bit += 5) {
    const word = ((hash[bit >> 3] ?? 0) << 8) | (hash[(bit >> 3) + 1] ?? 0)
    text += ALPHABET[(word >> (11 - (bit & 7))) & 31]
  }
  return text
}

/** The same for the same object and fields, whatever their order. */
export const fingerprintOf = (object: string, fields: Fields): Buffer => {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([object, sorted]))
    .digest()
}
