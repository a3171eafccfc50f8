import { createHash, randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** `msg_` and 26 characters of base32: 130 bits. */
const messageId = (bytes: Uint8Array): string => `msg_${[...bytes.subarray(0, 26)].map((byte) => ALPHABET[byte & 31]).join('')}`

export const randomMessageId = (): string => messageId(randomBytes(26))

/** The same for the same parts, in every process. */
export const derivedMessageId = (...parts: string[]): string =>
  messageId(createHash('sha256').update(JSON.stringify(parts)).digest())
