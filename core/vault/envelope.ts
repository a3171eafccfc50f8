import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'

/** AES-256-GCM over one secret. Layout: version (1), IV (12), tag (16), ciphertext. The tag's length is enforced on opening. */
const VERSION = 1
const IV_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = 1 + IV_BYTES + TAG_BYTES

/** What the ciphertext belongs to: the parts, with their lengths, so that no two lists of parts read the same. */
const associated = (parts: string[]): Buffer => Buffer.from(parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join(''))

export const seal = (key: Buffer | KeyObject, plain: Buffer, belongsTo: string[]): Buffer => {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(associated(belongsTo))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), sealed])
}

/** Throws where a byte, the key or what it belongs to is another. */
export const open = (key: Buffer | KeyObject, sealed: Buffer, belongsTo: string[]): Buffer => {
  if (sealed.length < HEAD_BYTES || sealed[0] !== VERSION) throw new Error('Not a sealed value of a known version')
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(associated(belongsTo))
  decipher.setAuthTag(sealed.subarray(1 + IV_BYTES, HEAD_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()])
}
