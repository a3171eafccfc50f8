import { type Refusal, VorelError } from '../../core/driver.ts'
import { knownNames } from './fields.ts'

interface Told {
  error?: unknown
  detailedmessage?: unknown
  missingfields?: unknown
  fields?: unknown
}

const NO_CRITERION = 'athenahealth does not search by that alone. Give a phone number as well, or the id.'
const NO_SUBSCRIPTION =
  'athenahealth keeps no list of changed patients for this app and practice. Connect with patient_changes=own, or have the app subscribed there, and ask again some minutes later.'

/** Whether a search was refused because what was searched for does not count as a criterion. */
export const lacksCriterion = (error: unknown): boolean => error instanceof VorelError && error.message === NO_CRITERION

/**
 * The provider's refusals by our codes. Its texts quote names, numbers and dates of patients: they are looked at, and never passed on.
 */
export const refusal = ({ status, json, body }: Refusal): VorelError | undefined => {
  const told: Told = typeof json === 'object' && json !== null ? json : {}
  const text = json === undefined ? body.toString('utf8', 0, 2_000) : JSON.stringify(json)
  switch (status) {
    case 400:
      return isReadable(told, json) ? badRequest(told, text) : unreadable()
    case 401:
      return unauthorized(told, text)
    case 403:
      return forbidden(text)
    case 404:
      return missing(text)
    case 409:
      return new VorelError('record_conflict', 'athenahealth says that this conflicts with what it has. Nothing was written.')
    default:
      return undefined
  }
}

/** A refusal of athenahealth's own says why, in a text or by names of fields. */
const isReadable = ({ error, detailedmessage, missingfields }: Told, json: unknown): boolean =>
  [json, error, detailedmessage].some((said) => typeof said === 'string') || Array.isArray(missingfields)

const unreadable = () =>
  new VorelError(
    'provider_unavailable',
    'Something before athenahealth refused the request, without a word that can be read. Nothing was written; try again later.',
  )

const badRequest = ({ missingfields, fields }: Told, text: string): VorelError => {
  if (/larger than \d+ records/i.test(text))
    return new VorelError('field_invalid', 'athenahealth finds too many patients for that. Narrow the search and ask again.')
  if (Array.isArray(fields)) return new VorelError('field_invalid', NO_CRITERION, { fields: knownNames(fields) })
  const missing = knownNames(missingfields)
  if (missing.length)
    return new VorelError('field_invalid', `athenahealth needs ${missing.join(', ')} as well. Nothing was written.`, {
      fields: missing,
    })
  return new VorelError(
    'field_invalid',
    'athenahealth refused the values. Check them against the fields of the object and the rules of the practice. Nothing was written.',
  )
}

/** "Bad auth." is said of a token that is too old and of an API that the app lacks: one fresh token tells them apart. */
const unauthorized = ({ detailedmessage }: Told, text: string): VorelError => {
  if (/developer inactive/i.test(text))
    return new VorelError(
      'auth_error',
      "athenahealth's gateway says that the app is not active. Look at it in the developer portal.",
    )
  if (typeof detailedmessage === 'string' && !/bad auth/i.test(detailedmessage)) return notAllowed()
  return new VorelError(
    'auth_error',
    'athenahealth refused the access token, a fresh one as well: the app may lack this API, or belong to the other environment. Check both in the developer portal.',
    { isExpired: true },
  )
}

const notAllowed = () =>
  new VorelError(
    'auth_error',
    'athenahealth does not allow this to the app. Have the API added to it in the developer portal, and the practice to its grants.',
  )

const forbidden = (text: string): VorelError =>
  /subscri/i.test(text) ? new VorelError('auth_error', NO_SUBSCRIPTION) : notAllowed()

const missing = (text: string): VorelError => {
  if (/invalid practice|practice id does not exist/i.test(text))
    return new VorelError(
      'auth_error',
      'athenahealth knows no such practice in this environment. Check practice_id and environment, and connect again.',
    )
  if (/not registered with api gateway/i.test(text))
    return new VorelError('provider_unavailable', "athenahealth's gateway does not serve this address now. Try again later.")
  return new VorelError('record_not_found', 'athenahealth has no such record, or not in this department.')
}
