import { ID_BYTES, MasterKey, type VaultKey } from './key.ts'

/** A key from its text: base64 of 32 bytes. Null where it is something else. */
export const parseKey = (text: string): Buffer | null => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 && bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null
}

const toKey = (key: Buffer | VaultKey): VaultKey => (Buffer.isBuffer(key) ? new MasterKey(key) : key)

/** The id of the key that a value is sealed with: it begins with it. */
export const keyIdIn = (sealed: Buffer): string => sealed.subarray(0, ID_BYTES).toString('hex')

/** The keys: the current one seals, each opens what it sealed. Promises, since a key may be elsewhere. */
export class Keyring {
  readonly #current: VaultKey
  readonly #byId: Map<string, VaultKey>

  constructor(current: Buffer | VaultKey, others: (Buffer | VaultKey)[] = []) {
    this.#current = toKey(current)
    this.#byId = new Map([...others.map(toKey), this.#current].map((key) => [key.id, key]))
  }

  get currentId(): string {
    return this.#current.id
  }

  get keys(): Pick<VaultKey, 'id' | 'mode'>[] {
    return [...this.#byId.values()].map(({ id, mode }) => ({ id, mode }))
  }

  knows(id: string): boolean {
    return this.#byId.has(id)
  }

  /** `belongsTo`: what the value is part of (tenant, provider, row, version); it opens nowhere else. */
  async seal(value: unknown, belongsTo: string[], signal?: AbortSignal): Promise<Buffer> {
    return this.#sealed(Buffer.from(JSON.stringify(value)), belongsTo, signal)
  }

  async open<T>(sealed: Buffer, belongsTo: string[], signal?: AbortSignal): Promise<T> {
    const plain = await this.#keyOf(sealed).open(sealed.subarray(ID_BYTES), belongsTo, signal)
    return JSON.parse(plain.toString('utf8')) as T
  }

  /** The same value under the current key; it stays closed on the way where both keys are at one key service. */
  async reseal(sealed: Buffer, belongsTo: string[]): Promise<Buffer> {
    const from = this.#keyOf(sealed)
    const rewrapped = await this.#current.rewrap?.(from, sealed.subarray(ID_BYTES), belongsTo)
    if (rewrapped) return this.#named(rewrapped)
    const plain = await from.open(sealed.subarray(ID_BYTES), belongsTo)
    try {
      return await this.#sealed(plain, belongsTo)
    } finally {
      plain.fill(0)
    }
  }

  async #sealed(plain: Buffer, belongsTo: string[], signal?: AbortSignal): Promise<Buffer> {
    return this.#named(await this.#current.seal(plain, belongsTo, signal))
  }

  #named(sealed: Buffer): Buffer {
    return Buffer.concat([Buffer.from(this.#current.id, 'hex'), sealed])
  }

  #keyOf(sealed: Buffer): VaultKey {
    const id = keyIdIn(sealed)
    const key = this.#byId.get(id)
    if (!key)
      throw new Error(`No key with id ${id} is configured; add it to CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD, or under vault.kms`)
    return key
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
export const leadOf = (tenantId: string, leadId: string): string[] => ['lead', tenantId, leadId]
