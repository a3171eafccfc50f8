import { type Refusal, VorelError } from '../../core/driver.ts'
import { missingRight } from './rights.ts'

export interface OdooException {
  /** With or without its module: `odoo.exceptions.MissingError`, `KeyError`. */
  name: string
  message: string
}

const BUSY = /^(SerializationFailure|DeadlockDetected|LockNotAvailable|LockError|ConcurrencyError)$/
const CALLER =
  /^(ValueError|KeyError|ValidationError|UserError|RedirectWarning|DataError|\w*(Overflow|OutOfRange|Truncation|Representation))$/

export const unsendable = () => new VorelError('field_invalid', 'A value holds a character that cannot be sent to Odoo.')

const busy = () =>
  new VorelError(
    'provider_unavailable',
    'Odoo gave up because others were changing the same record. Nothing was stored; try again.',
  )

const inChange = () =>
  new VorelError('provider_unavailable', "Odoo was taking in a change of its models' fields. Nothing was stored; try again.")

const badKey = () =>
  new VorelError(
    'auth_error',
    'Odoo refused the API key. It may be wrong, expired or revoked, or belong to another user or database. Make a new one and connect again.',
  )

const badDatabase = () =>
  new VorelError('auth_error', 'This Odoo server has no such database. Check the database field of the connection.')

const elsewhere = () =>
  new VorelError(
    'provider_unavailable',
    'The address leads on to another one. Connect again with that one, most often the same with https.',
  )

export const notOdoo = () =>
  new VorelError(
    'auth_error',
    'The address does not answer as an Odoo server does. Check the address and the database, and test the connection again.',
  )

/** Odoo's exceptions by our codes. An answered exception means that the transaction was rolled back. */
export const explainFault = ({ name, message }: OdooException): VorelError => {
  const kind = name.split('.').at(-1) ?? ''
  if (/database ".*" does not exist/.test(message)) return badDatabase()
  if (/^Too many login failures/.test(message))
    return new VorelError('provider_rate_limited', 'Odoo refuses sign-ins for a minute after too many that failed.', {
      retryAfterSeconds: 60,
    })
  if (kind === 'AccessDenied' || kind === 'Unauthorized') return badKey()
  if (kind === 'AccessError') return missingRight(message)
  if (kind === 'MissingError') return missingRecord(message)
  if (kind === 'NotFound') return missingModel(message)
  if (BUSY.test(kind) || /could not serialize access|deadlock detected/.test(message)) return busy()
  if (kind === 'KeyError' && /^'?\w+(\.\w+)+'?$/.test(message)) return inChange()
  if (CALLER.test(kind)) return invalid(message)
  if (/cannot marshal None/.test(message))
    return new VorelError('provider_unavailable', 'Odoo stored the change and could not put its answer into words.', {
      effect: 'unknown',
    })
  return new VorelError('provider_unavailable', `Odoo failed inside${/^\w+$/.test(kind) ? ` (${kind})` : ''}. Try again later.`)
}

/** The user the key belonged to can be the record that is missing. */
const missingRecord = (message: string): VorelError =>
  /res\.users\(/.test(message) ? badKey() : new VorelError('record_not_found', 'Odoo has no such record, or no longer.')

const missingModel = (message: string): VorelError => {
  const model = /model '([\w.]+)' does not exist|^Object ([\w.]+) doesn't exist/.exec(message)
  if (!model) return notOdoo()
  const name = model[1] ?? model[2]
  return new VorelError(
    'object_unsupported',
    `This Odoo has no ${name}. ${name === 'crm.lead' ? 'Install the CRM app there' : 'Install the app it belongs to'}, then test the connection again.`,
  )
}

/** Where a message names the field, by its technical name; the rest of a message may hold a person's data. */
const FIELD_IN = [
  /^Invalid field (?:name )?'(\w+)'/,
  /^Invalid field [a-z_.]+\.(\w+) in /,
  /^Wrong value for [a-z_.]+\.(\w+): /,
  /field '[^']*' \((\w+)\)/,
  /, Field: .* \((\w+)\)$/m,
  /constraint: '[^']*' \((\w+)\)/,
  /Constraint: (?:res_partner|crm_lead)_(\w+)_fkey$/m,
  /^'?(\w+)'?$/,
]
const RULES: [RegExp, string][] = [
  [/Contacts require a name|res_partner_check_name/, 'name'],
  [/probability of closing|crm_lead_check_probability/, 'probability'],
  [/recursive Partner hierarchies/, 'parent_id'],
]

const fieldIn = (message: string): string | undefined =>
  RULES.find(([rule]) => rule.test(message))?.[1] ?? FIELD_IN.map((pattern) => pattern.exec(message)?.[1]).find(Boolean)

const invalid = (message: string): VorelError => {
  const field = fieldIn(message)
  if (field === undefined)
    return new VorelError('field_invalid', 'Odoo refused the values. Check them against the fields and the rules of the object.')
  const isUnknown = /^Invalid field|^'?\w+'?$/.test(message) && !/_check_/.test(message)
  return invalidField(field, isUnknown ? `Odoo has no field '${field}' on this object.` : undefined)
}

const invalidField = (field: string, detail = `Odoo cannot take the value of '${field}', or misses one there.`): VorelError =>
  new VorelError('field_invalid', detail, { fields: [field] })

export interface LoadMessage {
  type: string
  message: string
  field?: string
}

/** `load` reports its failures as an answer; nothing was stored then. */
export const explainLoad = (messages: LoadMessage[]): VorelError => {
  const { message = '', field } = messages.find(({ type }) => type === 'error') ?? {}
  if (/could not serialize access|deadlock detected|could not obtain lock/.test(message)) return busy()
  if (/AccessError|not allowed to \w+ '/.test(message)) return missingRight(message)
  if (field === '.id') return new VorelError('record_not_found', 'Odoo has no such record, or no longer.')
  if (field && /^No matching record|not found in selection/.test(message))
    return invalidField(field, `Odoo knows nothing called so for '${field}'. Use a name or id that exists there.`)
  return field && /^\w+$/.test(field) ? invalidField(field) : invalid(message)
}

const isException = (json: unknown): json is OdooException =>
  typeof json === 'object' &&
  json !== null &&
  'name' in json &&
  typeof json.name === 'string' &&
  'message' in json &&
  typeof json.message === 'string'

/** JSON-2: the exception's class decides, not the status, which is 500 for most mistakes of the caller. */
export const refusal = ({ status, json, body }: Refusal): VorelError | undefined => {
  if (isException(json)) return explainFault(json)
  if (status < 400) return elsewhere()
  if (status !== 404) return undefined
  return body.includes('No database is selected') ? badDatabase() : notOdoo()
}
