import { createHmac } from 'node:crypto'
import { toE164 } from './phone.ts'

/** What a person is known by. */
export interface PersonKeys {
  phone?: string | null | undefined
  email?: string | null | undefined
  external_id?: string | null | undefined
}

/**
 * What finds a person's traces again without telling who it is: keyed hashes, of a tenant's own, of their phone as E.164, their e-mail in lower case and their
 * id at the provider. A number that is none is hashed as it stands.
 */
export class Subjects {
  readonly #key: Buffer

  constructor(key: Buffer) {
    this.#key = key
  }

  of(tenant: { id: string; region: string }, { phone, email, external_id }: PersonKeys): Buffer[] {
    const hash = (kind: string, value: string) =>
      createHmac('sha256', this.#key)
        .update(JSON.stringify([tenant.id, kind, value]))
        .digest()
    return [
      ...(phone ? [hash('phone', toE164(phone, tenant.region) ?? phone.trim())] : []),
      ...(email ? [hash('email', email.trim().toLowerCase())] : []),
      ...(external_id ? [hash('external_id', external_id)] : []),
    ]
  }
}
