import Type from 'typebox'
import Value from 'typebox/value'
import { type ErrorCode, type Refusal, VorelError } from '../../core/driver.ts'

/** How an endpoint words a refusal. Its `message` is not read: it may hold what a customer entered. */
const Worded = Type.Object({
  error: Type.Object({ code: Type.String(), fields: Type.Optional(Type.Array(Type.Unknown())) }),
})

const invalid: [ErrorCode, string] = ['field_invalid', 'The endpoint refused the values sent']
const unsigned: [ErrorCode, string] = [
  'auth_error',
  "The endpoint refused our signature. Check that both sides hold the same secret and that the endpoint's clock is right, then connect again",
]

const byStatus: Record<number, [ErrorCode, string]> = {
  400: invalid,
  401: unsigned,
  403: unsigned,
  404: ['record_not_found', 'The endpoint has no such record'],
  405: [
    'provider_unavailable',
    "The endpoint does not take this HTTP method. It must take POST, and GET where the connection's reads go by GET",
  ],
  409: ['record_conflict', 'The endpoint says that this conflicts with a record it has'],
  410: ['auth_error', 'The endpoint says that it is gone for good. Connect the CRM again with its new address'],
  422: invalid,
  501: ['object_unsupported', 'The endpoint does not support this verb for this object'],
}

const NO_RECEIVER = 'There is no receiver at the address of the connection (HTTP 404). Check the address.'

export const isNoReceiver = (error: unknown): boolean => error instanceof VorelError && error.message === NO_RECEIVER

const identifier = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/

/** What the endpoint refused, by our codes; other statuses are judged as everywhere. */
export const refusal = ({ status, headers, json }: Refusal): VorelError | undefined => {
  const worded = Value.Check(Worded, json) ? json.error : undefined
  if (status === 404 && !worded) return new VorelError('provider_unavailable', NO_RECEIVER)
  if (status === 408 || status === 425) return later(status, headers['retry-after'])
  const [code, detail] = byStatus[status] ?? []
  if (!code) return undefined
  const fields = code === 'field_invalid' ? (worded?.fields ?? []).filter(isIdentifier) : []
  return new VorelError(code, `${detail}${coded(worded?.code)}.`, fields.length > 0 ? { fields } : {})
}

const isIdentifier = (name: unknown): name is string => typeof name === 'string' && identifier.test(name)

const coded = (code: string | undefined): string => (code && /^[a-z][a-z_]{0,39}$/.test(code) ? ` (its code: ${code})` : '')

/** 425 says that nothing was done; after 408 nobody knows. */
const later = (status: 408 | 425, header = ''): VorelError => {
  const retryAfterSeconds = /^\d{1,4}$/.test(header) ? Math.min(3600, Math.max(1, Number(header))) : 1
  return status === 425
    ? new VorelError('provider_rate_limited', `The endpoint asks to wait ${retryAfterSeconds} s.`, { retryAfterSeconds })
    : new VorelError('provider_timeout', 'The endpoint timed out (HTTP 408). Try again.', {
        retryAfterSeconds,
        effect: 'unknown',
      })
}
