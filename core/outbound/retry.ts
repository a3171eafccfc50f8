import type { VorelError } from '../errors.ts'
import type { WireError } from './transport.ts'

const MAX_ATTEMPTS = 3
const BASE_DELAY_MS = 100

interface Failure {
  attempt: number
  isRead: boolean
  error: VorelError
  status?: number
  fault?: WireError
}

/**
 * How long to wait before sending again, or null: never a write that may have arrived, nor what would fail the same way. What the provider
 * asks to send later is sent later, for as long as the call's deadline allows; other failures end after three attempts.
 */
export const retryDelayMs = (failure: Failure): number | null => {
  const isAskedToWait = failure.error.code === 'provider_rate_limited'
  if ((failure.attempt >= MAX_ATTEMPTS && !isAskedToWait) || !mayRepeat(failure)) return null
  if (failure.error.retryAfterSeconds !== undefined) return failure.error.retryAfterSeconds * 1000
  return BASE_DELAY_MS * 2 ** (failure.attempt - 1) * (0.5 + Math.random())
}

const mayRepeat = ({ isRead, error, status, fault }: Failure): boolean => {
  if (error.code === 'provider_rate_limited') return true
  if (fault) return fault.fault === 'unreachable' || (fault.fault === 'reset' && (isRead || !fault.isSent))
  return isRead && (status === 502 || status === 503 || status === 504)
}
