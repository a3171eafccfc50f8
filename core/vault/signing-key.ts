import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign, verify } from 'node:crypto'

/** PKCS #8 of an Ed25519 key, up to its 32 bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const ID_BYTES = 8

/** What the service vouches with: Ed25519 over audit seals and erasure certificates. Its public half is nobody's secret. */
export class SigningKey {
  readonly #private: KeyObject
  readonly #seed: Buffer
  /** SubjectPublicKeyInfo, base64. */
  readonly publicKey: string
  readonly id: string

  constructor(seed: Buffer) {
    this.#seed = seed
    this.#private = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(this.#private).export({ format: 'der', type: 'spki' })
    this.publicKey = spki.toString('base64')
    this.id = publicKeyId(this.publicKey)
  }

  sign(data: Buffer): Buffer {
    return sign(null, data, this.#private)
  }

  verify(data: Buffer, signature: Buffer): boolean {
    return verifySignature(this.publicKey, data, signature)
  }

  /** A key for message authentication codes of one purpose, which nobody has who lacks the private key. */
  macKey(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#seed, Buffer.alloc(0), `vorel ${purpose}`, 32))
  }
}

/** The id of a key, from its public half; throws where that is none. */
export const publicKeyId = (publicKey: string): string => {
  if (readKey(publicKey).asymmetricKeyType !== 'ed25519') throw new Error('This is no Ed25519 key. Give one of that kind.')
  return createHash('sha256')
    .update(Buffer.from(publicKey, 'base64'))
    .digest('hex')
    .slice(0, ID_BYTES * 2)
}

const readKey = (publicKey: string): KeyObject =>
  createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })

/** With the public half alone, as whoever is shown a certificate has it. */
export const verifySignature = (publicKey: string, data: Buffer, signature: Buffer): boolean =>
  verify(null, data, readKey(publicKey), signature)
