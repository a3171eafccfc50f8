import type { AnyDriver, RawAnswer } from '../driver.ts'
import { type ErrorCode, VorelError } from '../errors.ts'

const byStatus: Record<number, [ErrorCode, string]> = {
  400: ['field_invalid', 'The CRM refused the values sent. Check them against the fields of the object.'],
  401: ['auth_error', 'The CRM refused our credentials. Connect it again.'],
  403: ['auth_error', 'The CRM does not allow this with the credentials given. Connect it again with an account that may do it.'],
  404: ['record_not_found', 'The CRM has no such record.'],
  409: ['record_conflict', 'The CRM says that this conflicts with a record it has.'],
  422: ['field_invalid', 'The CRM refused the values sent. Check them against the fields of the object.'],
}

/** Of all redirects the one that says that something was done. */
const SEE_OTHER = 303

/** An answer of 300 or more, by our codes: the driver's opinion first, then the status. */
export const explain = (driver: AnyDriver, answer: RawAnswer): VorelError => {
  const opinion = driver.refusal?.({ ...answer, json: parsed(answer.body) })
  if (opinion) return opinion
  const { status } = answer
  if (status === 429) {
    const retryAfterSeconds = retryAfter(answer.headers['retry-after']) ?? 1
    return new VorelError('provider_rate_limited', `The CRM asks to wait ${retryAfterSeconds} s.`, { retryAfterSeconds })
  }
  const [code, detail] = byStatus[status] ?? []
  if (code && detail) return new VorelError(code, detail, { isExpired: status === 401 })
  if (status < 500)
    return new VorelError('provider_unavailable', `The CRM answered with HTTP ${status}, which this service does not follow.`, {
      effect: status === SEE_OTHER ? 'unknown' : 'none',
    })
  const seconds = retryAfter(answer.headers['retry-after'])
  return new VorelError('provider_unavailable', `The CRM answered with HTTP ${status}. Try again later.`, {
    effect: 'unknown',
    ...(seconds !== null && { retryAfterSeconds: seconds }),
  })
}

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Seconds of a Retry-After in either form, at least 1 and at most an hour; null where there is none. */
export const retryAfter = (header: string | undefined): number | null => {
  if (!header) return null
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.min(3600, Math.max(1, Math.ceil(seconds))) : null
}
