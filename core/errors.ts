/** Every code a caller can meet: its HTTP status, whether the same request may succeed later, and a sentence. */
export const ERRORS = {
  invalid_request: { status: 400, retryable: false, title: 'The request is not well formed' },
  unauthenticated: { status: 401, retryable: false, title: 'No valid key or token came with the request' },
  forbidden: { status: 403, retryable: false, title: 'The key or token does not allow this' },
  not_found: { status: 404, retryable: false, title: 'There is nothing at this address' },
  record_not_found: { status: 404, retryable: false, title: 'The CRM has no such record' },
  operation_not_found: { status: 404, retryable: false, title: 'No operation has this idempotency key' },
  not_connected: { status: 409, retryable: false, title: 'The tenant has no CRM connected' },
  connection_not_active: { status: 409, retryable: false, title: 'The CRM connection is not active' },
  record_conflict: { status: 409, retryable: false, title: 'The CRM says that the record exists already' },
  provider_disabled: { status: 409, retryable: true, title: 'The provider is switched off here' },
  provider_reserved: { status: 409, retryable: false, title: 'The provider is reserved and cannot be connected' },
  delete_unsupported: { status: 409, retryable: false, title: 'The provider cannot delete this' },
  operation_settled: { status: 409, retryable: false, title: 'The create does not wait for a decision' },
  idempotency_in_progress: { status: 409, retryable: true, title: 'A create with this key is still under way' },
  erased: { status: 410, retryable: false, title: 'The person whom this was about was forgotten' },
  payload_too_large: { status: 413, retryable: false, title: 'The request body is too large' },
  unsupported_media_type: { status: 415, retryable: false, title: 'The request body is not JSON' },
  object_unsupported: { status: 422, retryable: false, title: 'The provider has no such object' },
  field_unmapped: { status: 422, retryable: false, title: 'Fields have no place at the provider' },
  field_invalid: { status: 422, retryable: false, title: 'The CRM cannot take a value' },
  idempotency_key_reused: { status: 422, retryable: false, title: 'The key was used with another payload' },
  auth_error: { status: 424, retryable: false, title: 'The CRM refused our credentials' },
  rate_limited: { status: 429, retryable: true, title: 'Too many requests to Vorel' },
  provider_rate_limited: { status: 429, retryable: true, title: 'The CRM asks to slow down' },
  internal: { status: 500, retryable: false, title: 'Something failed inside Vorel' },
  provider_unavailable: { status: 503, retryable: true, title: 'The CRM cannot be reached or does not work' },
  vault_unavailable: { status: 503, retryable: true, title: 'The key service cannot be used at the moment' },
  overloaded: { status: 503, retryable: true, title: 'Vorel is starting, stopping or overloaded' },
  provider_timeout: { status: 504, retryable: true, title: 'The CRM did not answer in time' },
  outcome_unknown: { status: 504, retryable: false, title: 'It is not known whether the record was created' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorExtras {
  retryAfterSeconds?: number
  /** Names of fields, for `field_unmapped` and `field_invalid`; never values. */
  fields?: string[]
  /** Whether something may have happened at the provider all the same. */
  effect?: 'none' | 'unknown'
  /** With `auth_error`: only the access token is refused, and a fresh one may do. */
  isExpired?: boolean
  cause?: unknown
}

/** A failure that callers are told of. `detail` names the thing and the way forward, and holds no secret and no person's data. */
export class VorelError extends Error {
  readonly code: ErrorCode
  readonly retryAfterSeconds: number | undefined
  readonly fields: string[] | undefined
  readonly effect: 'none' | 'unknown'
  readonly isExpired: boolean

  constructor(code: ErrorCode, detail: string, extras: ErrorExtras = {}) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.name = 'VorelError'
    this.code = code
    this.retryAfterSeconds = extras.retryAfterSeconds
    this.fields = extras.fields
    this.effect = extras.effect ?? 'none'
    this.isExpired = extras.isExpired ?? false
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }
}

export const isVorelError = (error: unknown): error is VorelError => error instanceof VorelError
