import { createHash, createSecretKey, type KeyObject } from 'node:crypto'
import { open, seal } from './envelope.ts'

const ID_BYTES = 8

interface Key {
  id: string
  /** A KeyObject: made anew from bytes for each value it costs more than the cipher. */
  secret: KeyObject
}

/** A key from its text: base64 of 32 bytes. Null where it is something else. */
export const parseKey = (text: string): Buffer | null => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 && bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null
}

const toKey = (bytes: Buffer): Key => ({
  id: createHash('sha256')
    .update('vorel key id')
    .update(bytes)
    .digest('hex')
    .slice(0, ID_BYTES * 2),
  secret: createSecretKey(bytes),
})

/** The keys: the current one seals, each opens what it sealed. A sealed value begins with its key's id. Promises, since a key may be elsewhere. */
export class Keyring {
  readonly #current: Key
  readonly #byId: Map<string, Key>

  constructor(current: Buffer, older: Buffer[] = []) {
    this.#current = toKey(current)
    this.#byId = new Map([this.#current, ...older.map(toKey)].map((key) => [key.id, key]))
  }

  get currentId(): string {
    return this.#current.id
  }

  knows(id: string): boolean {
    return this.#byId.has(id)
  }

  /** `belongsTo`: what the value is part of (tenant, provider, row, version); it opens nowhere else. */
  async seal(value: unknown, belongsTo: string[]): Promise<Buffer> {
    return Buffer.concat([
      Buffer.from(this.#current.id, 'hex'),
      seal(this.#current.secret, Buffer.from(JSON.stringify(value)), belongsTo),
    ])
  }

  async open<T>(sealed: Buffer, belongsTo: string[]): Promise<T> {
    const id = sealed.subarray(0, ID_BYTES).toString('hex')
    const key = this.#byId.get(id)
    if (!key) throw new Error(`No key with id ${id} is configured; add it to CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD`)
    return JSON.parse(open(key.secret, sealed.subarray(ID_BYTES), belongsTo).toString('utf8')) as T
  }
}

/** What each kind of sealed value belongs to. */
export const credentialsOf = (tenantId: string, provider: string, version: number): string[] => [
  'credentials',
  tenantId,
  provider,
  String(version),
]
export const serviceSecretOf = (name: string): string[] => ['service-secret', name]
export const signInOf = (tenantId: string, provider: string, flowId: string): string[] => ['sign-in', tenantId, provider, flowId]
export const payloadOf = (tenantId: string, idempotencyKey: string): string[] => ['payload', tenantId, idempotencyKey]
export const responseOf = (tenantId: string, idempotencyKey: string): string[] => ['response', tenantId, idempotencyKey]
export const progressOf = (tenantId: string, idempotencyKey: string): string[] => ['progress', tenantId, idempotencyKey]
