import { createHash, randomBytes } from 'node:crypto'

/** A new key: shown once, stored as its hash. The prefix is for recognising it in a list. */
export const makeApiKey = (): { key: string; prefix: string; hash: Buffer } => {
  const key = `vk_${randomBytes(24).toString('base64url')}`
  return { key, prefix: key.slice(0, 9), hash: hashApiKey(key) }
}

/** The key has 192 random bits, so a plain hash is enough. */
export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest()
