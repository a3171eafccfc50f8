import type { OAuthClient } from '../oauth/client.ts'
import type { Coordinator } from '../oauth/coordinator.ts'
import type { Tracer } from '../observe/tracer.ts'
import type { Outbound } from '../outbound/context.ts'
import type { Sessions } from '../outbound/session.ts'
import type { Registry } from '../registry.ts'
import type { AccessReader } from '../store/access.ts'
import type { AuditLog } from '../store/audit.ts'
import type { Mappings } from '../store/mappings.ts'
import type { Operations } from '../store/operations.ts'
import type { TokenStore } from '../store/tokens.ts'
import type { Subjects } from '../subjects.ts'
import type { Drivers } from '../switches/drivers.ts'
import type { Keyring } from '../vault/keyring.ts'
import type { SigningKey } from '../vault/signing-key.ts'

/** One finished call, for metrics and the log. */
export interface Observed {
  verb: string
  provider: string
  code: string
  ms: number
  /** Of it, time spent with the provider. */
  providerMs: number
  /** Requests made of the provider, repeats included; those for tokens are not counted. */
  attempts: number
  tenantId: string
  requestId: string
}

export interface Deps {
  tracer: Tracer
  /** The registry of this moment: a reload replaces it. */
  registry(): Registry
  /** Where the registry comes from, and the calls under way on its drivers. */
  drivers: Drivers
  outbound: Outbound
  oauth: OAuthClient
  sessions: Sessions
  tokens: TokenStore
  coordinator: Coordinator
  keyring: Keyring
  signingKey: SigningKey
  subjects: Subjects
  access: AccessReader
  audit: AuditLog
  mappings: Mappings
  operations: Operations
  observe(call: Observed): void
  /** Asks for a create whose outcome is open to be settled, in about that many milliseconds. */
  settleLater(afterMs: number): void
  /** Asks for erasures that are due to be gone on with. */
  eraseLater(): void
}
