import { type ErrorCode, type Refusal, VorelError } from '../../core/driver.ts'
import { duplicate } from './duplicates.ts'

/** One of the list that the REST API answers with. */
export interface Fault {
  errorCode: string
  message: string
  fields: string[]
}

/** The token is in order, and the API or the app is closed to it: a fresh one would fare the same. */
const CLOSED = /not valid for use with the REST API|app is not attached to Agent/i

const CONCURRENT_WAIT_SECONDS = 5
/** The allowance of a rolling day comes back bit by bit. */
const DAILY_WAIT_SECONDS = 900
const UNNAMED_WAIT_SECONDS = 60

const said =
  (code: ErrorCode, detail: string, extras: ConstructorParameters<typeof VorelError>[2] = {}) =>
  () =>
    new VorelError(code, detail, extras)

const notAllowed = said(
  'auth_error',
  'Salesforce does not allow this to the connected user. Give the user access to the object, its fields and the record, or connect with another.',
)
const noApi = said(
  'auth_error',
  'The API is switched off in this Salesforce org or for the connected user. An admin switches it on (API Enabled), where the edition has it.',
)
const gone = said('record_not_found', 'Salesforce has no such record, or no longer.')
const noObject = said('object_unsupported', 'This Salesforce org has no such object, or hides it from the connected user.')
const full = said('provider_unavailable', 'The storage of this Salesforce org is full. Its admin makes room.')

const NAMED: Record<string, (fault: Fault) => VorelError> = {
  INVALID_SESSION_ID: ({ message }) =>
    CLOSED.test(message)
      ? new VorelError(
          'auth_error',
          'Salesforce does not let this sign-in use its API. Check the app and the user there, and connect again.',
        )
      : new VorelError('auth_error', 'Salesforce says that the sign-in has expired or was ended. Connect it again.', {
          isExpired: true,
        }),
  INVALID_AUTH_HEADER: said('auth_error', 'Salesforce could not read the sign-in. Connect it again.'),
  REQUEST_LIMIT_EXCEEDED: ({ message }) => overLimit(message),
  API_DISABLED_FOR_ORG: noApi,
  API_CURRENTLY_DISABLED: noApi,
  FUNCTIONALITY_NOT_ENABLED: notAllowed,
  NOT_FOUND: gone,
  ENTITY_IS_DELETED: gone,
  MALFORMED_ID: (fault) => (fault.fields.length ? invalid(fault) : gone()),
  INVALID_CROSS_REFERENCE_KEY: (fault) => (fault.fields.length ? invalid(fault) : gone()),
  INVALID_TYPE: noObject,
  DUPLICATE_VALUE: (fault) => taken(fault),
  DUPLICATE_EXTERNAL_ID: (fault) => taken(fault),
  CANNOT_UPDATE_CONVERTED_LEAD: said(
    'record_conflict',
    'This lead was converted: change the contact or the opportunity it became.',
  ),
  ENTITY_IS_LOCKED: said(
    'record_conflict',
    'The record is locked at Salesforce, as by an approval. Try again when it is released.',
  ),
  UNABLE_TO_LOCK_ROW: said(
    'provider_unavailable',
    'Others were changing the same records at Salesforce. Nothing was stored; try again.',
    {
      cause: 'UNABLE_TO_LOCK_ROW',
    },
  ),
  QUERY_TIMEOUT: said('provider_timeout', 'Salesforce took too long over the question. Try again, or ask for less.'),
  DELETE_FAILED: said(
    'delete_unsupported',
    'Salesforce keeps this record because others depend on it. Its admin can delete those first.',
  ),
  STORAGE_LIMIT_EXCEEDED: full,
  MALFORMED_SEARCH: said(
    'invalid_request',
    'Salesforce cannot search for this text. Use a word of at least two letters or digits.',
  ),
  MALFORMED_QUERY: said('internal', 'The driver asked Salesforce in a way it cannot read; tell whoever maintains it.'),
}

const overLimit = (message: string): VorelError => {
  if (/concurrent/i.test(message))
    return new VorelError(
      'provider_rate_limited',
      'Too many requests are running in this Salesforce org at once. Try again shortly.',
      {
        retryAfterSeconds: CONCURRENT_WAIT_SECONDS,
      },
    )
  const isDaily = /total\s*requests/i.test(message)
  return new VorelError(
    'provider_rate_limited',
    'This Salesforce org has used up its API requests of the day, all of its integrations together.',
    {
      retryAfterSeconds: isDaily ? DAILY_WAIT_SECONDS : UNNAMED_WAIT_SECONDS,
    },
  )
}

/** The message holds no value: the field's name and the other record's id are passed on. */
const taken = ({ errorCode, message }: Fault): VorelError => {
  const field = /duplicate value found: (\w+) duplicates/i.exec(message)?.[1]
  const id = /record with id: ([A-Za-z0-9]{15,18})\s*$/.exec(message)?.[1]
  return new VorelError(
    'record_conflict',
    `Salesforce has a record${id ? ` (${id})` : ''} with the same value${field ? ` of '${field}'` : ''}, which may be there once only.`,
    { ...(field && { fields: [field] }), cause: errorCode },
  )
}

/** Names of fields as the fault gives them, or as its message does: the rest of a message may hold a person's data. */
const fieldsOf = ({ fields, message }: Fault): string[] => {
  if (fields.length) return fields
  const [, missing] = /^Required fields are missing: \[([\w, ]+)\]/.exec(message) ?? []
  if (missing) return missing.split(',').map((name) => name.trim())
  const named = /No such column '(\w+)'|^\s*(\w+) duplicates|field '(\w+)' (?:can not|cannot) be/.exec(message)
  return named?.slice(1).filter((name) => name !== undefined) ?? []
}

const NO_FIELD = 'INVALID_FIELD'

const REASONS: Record<string, string> = {
  REQUIRED_FIELD_MISSING: 'needs a value for',
  [NO_FIELD]: 'has, or shows the connected user, no field',
  INVALID_FIELD_FOR_INSERT_UPDATE: 'does not let the connected user write',
  FIELD_CUSTOM_VALIDATION_EXCEPTION: 'refused the record by a validation rule on',
  CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: 'refused the record by an automation of the org',
}

const invalid = (fault: Fault): VorelError => {
  const fields = fieldsOf(fault)
  const reason = REASONS[fault.errorCode] ?? 'cannot take the value of'
  const which = fields.length
    ? fields.map((name) => `'${name}'`).join(', ')
    : fault.errorCode.startsWith('CANNOT')
      ? ''
      : 'a field'
  return new VorelError(
    'field_invalid',
    `Salesforce ${`${reason} ${which}`.trim()}. Check it against the fields and rules of the object.`,
    { fields, ...(fault.errorCode === NO_FIELD && { cause: `${NO_FIELD} ${entityIn(fault)}` }) },
  )
}

/** Of which object a field is missing. */
const entityIn = ({ message }: Fault): string => / on (?:entity '|sobject of type )(\w+)/.exec(message)?.[1] ?? ''

const faultIn = (json: unknown): Fault | null => {
  const first: unknown = Array.isArray(json) ? json[0] : json
  if (typeof first !== 'object' || first === null || !('errorCode' in first) || typeof first.errorCode !== 'string') return null
  const { message, fields } = first as { message?: unknown; fields?: unknown }
  return {
    errorCode: first.errorCode,
    message: typeof message === 'string' ? message : '',
    fields: Array.isArray(fields) ? fields.filter((name) => typeof name === 'string' && /^\w+$/.test(name)) : [],
  }
}

const SEVERAL = 300
const RETIRED = 410

/** Salesforce's errors by our codes; what it tells with a status of 500 and over is no opinion of its own. */
export const refusal = ({ status, json }: Refusal): VorelError | undefined => {
  if (status === SEVERAL)
    return new VorelError('record_conflict', 'Salesforce has several records under one key. Make the key field Unique there.')
  if (status === RETIRED)
    return new VorelError('provider_unavailable', 'Salesforce has retired the API version spoken here. Update Vorel.')
  const fault = faultIn(json)
  if (!fault || status < 400 || status >= 500) return undefined
  if (fault.errorCode === 'DUPLICATES_DETECTED') return duplicate(json)
  const named = Object.hasOwn(NAMED, fault.errorCode) ? NAMED[fault.errorCode] : undefined
  if (named) return named(fault)
  if (/^INSUFFICIENT_ACCESS/.test(fault.errorCode)) return notAllowed()
  return status === 400 || fault.errorCode.startsWith('CANNOT_INSERT') ? invalid(fault) : undefined
}

/** Two creates of one key at once: one of them is told that it lost. */
export const isCollision = (error: unknown): boolean =>
  error instanceof VorelError && /^(DUPLICATE_VALUE|DUPLICATE_EXTERNAL_ID|UNABLE_TO_LOCK_ROW)$/.test(String(error.cause))

/** The field for which a statement was refused, as the org does not have it, and whether that was said of an object. */
export const missingIn = (error: unknown): { field: string; isOf: (native: string) => boolean } | null => {
  const [code, entity] = error instanceof VorelError ? String(error.cause).split(' ') : []
  const [field] = error instanceof VorelError ? (error.fields ?? []) : []
  return code === NO_FIELD && field ? { field, isOf: (native) => !entity || entity === native } : null
}
