import { type Refusal, VorelError } from '../../core/driver.ts'

/** What Zoho says went wrong, of a whole request or of one record in it. */
export interface Failure {
  code: string
  message: string
  details: Record<string, unknown>
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const failureOf = (value: unknown): Failure | undefined => {
  if (!isObject(value) || value.status !== 'error' || typeof value.code !== 'string') return undefined
  const { code, message, details } = value
  return { code, message: typeof message === 'string' ? message : '', details: isObject(details) ? details : {} }
}

/** The first failure, wherever an answer has it: at its top, or in its list of outcomes. */
export const failureIn = (json: unknown): Failure | undefined => {
  if (!isObject(json)) return undefined
  const outcomes = [json.data, json.fields].find(Array.isArray) ?? []
  return failureOf(json) ?? outcomes.map(failureOf).find(Boolean)
}

/** Without a word of Zoho how long: long enough not to knock again at once, short enough for a call to try once more. */
const WAIT_SECONDS = 3

const rateLimited = (retryAfterSeconds = WAIT_SECONDS) =>
  new VorelError('provider_rate_limited', `Zoho asks to wait ${retryAfterSeconds} s.`, { retryAfterSeconds })

const expired = () => new VorelError('auth_error', 'Zoho no longer accepts the access token.', { isExpired: true })

const unsigned = () => new VorelError('auth_error', 'Zoho did not recognise the sign-in. Connect it again.')

const scopeMissing = () =>
  new VorelError('auth_error', 'The grant lacks a permission that this needs. Connect Zoho again, and accept everything it asks.')

const forbidden = () =>
  new VorelError(
    'auth_error',
    'The user who connected Zoho may not do this there, or its edition cannot. Extend the profile of that user, or connect as another.',
  )

/** Names of fields, never values. */
const fieldsOf = ({ details }: Failure): string[] => {
  const names = [details.api_name, details.column_name, details.mapped_field]
  return names.filter((name): name is string => typeof name === 'string' && /^\w{1,60}$/.test(name))
}

const invalid = (sentence: string) => (failure: Failure) => {
  const fields = fieldsOf(failure)
  const at = fields.length ? ` Field: ${fields.join(', ')}.` : ''
  return new VorelError('field_invalid', sentence + at, fields.length ? { fields } : {})
}

const missing = () => new VorelError('record_not_found', 'Zoho has no such record, or no longer.')

const MISSING = /^record not deleted$|\bgiven id\b|\bid given\b|no data for the id|no record found/i

const invalidData = (failure: Failure) => {
  const [field = 'id'] = fieldsOf(failure)
  if (field === 'id' && MISSING.test(failure.message)) return missing()
  return invalid('Zoho cannot take a value. Check it against the type and length of its field.')(failure)
}

const textIn = (value: unknown, pattern: RegExp): string | undefined =>
  typeof value === 'string' && pattern.test(value) ? value : undefined

/** The record in the way may be one of another module. */
const duplicate = (failure: Failure) => {
  const { duplicate_record: other, id } = failure.details
  const { id: otherId = id, module } = isObject(other) ? other : {}
  const fields = fieldsOf(failure)
  const where = textIn(isObject(module) ? module.api_name : module, /^\w{1,60}$/)
  const which = textIn(otherId, /^\d{1,20}$/)
  const record = [which && `record ${which}`, where && `in ${where}`].filter(Boolean).join(' ')
  return new VorelError(
    'record_conflict',
    `Zoho allows the value of ${fields[0] ?? 'a unique field'} once, and ${record || 'another record'} has it. Update that one instead.`,
    fields.length ? { fields } : {},
  )
}

const locked = () =>
  new VorelError('provider_unavailable', 'Zoho has locked this record for the moment. Try again later.', { retryAfterSeconds: 5 })

const broken = () => new VorelError('provider_unavailable', 'Zoho failed inside. Try again later.', { effect: 'unknown' })

const elsewhere = () =>
  new VorelError('provider_unavailable', 'Zoho knows no such address. Connect it again: the data centre may be another.')

const required = invalid('Zoho requires a field that was not given. Give it, or map a slot to it.')
const badQuery = invalid(
  'Zoho refused to search by a field, which may be hidden from the user who connected. Test the connection again.',
)

const BY_CODE: Record<string, (failure: Failure) => VorelError> = {
  INVALID_TOKEN: expired,
  INVALID_OAUTHTOKEN: expired,
  AUTHENTICATION_FAILURE: unsigned,
  OAUTH_SCOPE_MISMATCH: scopeMissing,
  AUTHORIZATION_FAILED: forbidden,
  NO_PERMISSION: forbidden,
  FEATURE_NOT_SUPPORTED: forbidden,
  TOO_MANY_REQUESTS: () => rateLimited(),
  DUPLICATE_DATA: duplicate,
  INVALID_DATA: invalidData,
  MANDATORY_NOT_FOUND: required,
  REQUIRED_PARAM_MISSING: required,
  EXPECTED_FIELD_MISSING: required,
  DEPENDENT_FIELD_MISSING: required,
  MAPPING_MISMATCH: invalid('Zoho says that values do not go together, such as a stage and its pipeline.'),
  INVALID_QUERY: badQuery,
  SYNTAX_ERROR: badQuery,
  INVALID_MODULE: () => new VorelError('object_unsupported', 'This Zoho has no such module, or hides it from the user.'),
  NO_RECORDS_FOUND: missing,
  NO_CONTENT: missing,
  NOT_FOUND: missing,
  INVALID_URL_PATTERN: elsewhere,
  CONVERTED_RECORD: invalid('This lead was converted and cannot be changed. Change the contact or deal it became.'),
  ID_ALREADY_CONVERTED: invalid('This lead was converted and cannot be changed. Change the contact or deal it became.'),
  RECORD_IN_BLUEPRINT: invalid('A blueprint of Zoho decides how this record moves on. Move it there.'),
  NOT_APPROVED: invalid('This record waits for an approval in Zoho, and cannot be changed before.'),
  RECORD_LOCKED: locked,
  INTERNAL_ERROR: broken,
}

const refusedWith = (failure: Failure) =>
  invalid(`Zoho refused this (${/^[A-Z_]{3,60}$/.test(failure.code) ? failure.code : 'for a reason of its own'}).`)(failure)

/** A failure that Zoho states by a code, whatever the status. */
export const explainError = (failure: Failure): VorelError => (BY_CODE[failure.code] ?? refusedWith)(failure)

/** Seconds to wait, from 1 to an hour, where Zoho says them. */
const retryAfter = (header: string | undefined): number | undefined =>
  header && /^\d{1,6}$/.test(header) ? Math.min(3600, Math.max(1, Number(header))) : undefined

/** The code decides; without one, the status. */
export const refusal = ({ status, headers, json }: Refusal): VorelError | undefined => {
  if (status === 429) return rateLimited(retryAfter(headers['retry-after']))
  const failure = failureIn(json)
  if (!failure || (status >= 500 && !(failure.code in BY_CODE))) return undefined
  return explainError(failure)
}
