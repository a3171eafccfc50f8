import { type Refusal, VorelError } from '../../core/driver.ts'

/** What HubSpot says of a failure. Its texts quote values and are never passed on: names of properties and scopes are. */
interface Told {
  message: string
  policyName: string
  /** Such as INVALID_OPTION. */
  codes: string[]
  properties: string[]
  scopes: string[]
  /** Whether it names a record that is not there, of two that were to be associated. */
  isOfNobody: boolean
}

type Members = Record<string, unknown>

const members = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {})
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const only = (pattern: RegExp, values: unknown[]): string[] => [
  ...new Set(values.map(text).filter((value) => pattern.test(value))),
]

/** `Property values were not valid: [{"error":…,"name":…}]`: a list within the text. */
const listWithin = (message: string): Members[] => {
  try {
    return list(JSON.parse(message.slice(message.indexOf('[')))).map(members)
  } catch {
    return []
  }
}

/** What stands under a name that says so, in a context whose members are lists. */
const under = (name: RegExp, context: unknown): unknown[] =>
  Object.entries(members(context)).flatMap(([key, value]) => (name.test(key) ? list(value) : []))

export const toldBy = (json: unknown): Told => {
  const body = members(json)
  const errors = list(body.errors).map(members)
  const message = text(body.message)
  const invalid = [message, ...errors.map((error) => text(error.message))].flatMap(listWithin)
  const contexts = [body.context, ...errors.map(({ context }) => context)]
  return {
    message,
    policyName: text(body.policyName),
    codes: only(/^[A-Z_]{3,60}$/, [body.subCategory, ...errors.map(({ code }) => code), ...invalid.map(({ error }) => error)]),
    properties: only(/^[a-z][a-z0-9_]{0,99}$/, [
      ...contexts.flatMap((context) => under(/^propertyNames?$/, context)),
      ...errors.map((error) => error.in),
      ...invalid.map(({ name }) => name),
    ]),
    scopes: only(
      /^[a-z][a-z0-9_.-]{0,99}$/,
      contexts.flatMap((context) => under(/scopes$/i, context)),
    ),
    isOfNobody:
      text(body.category) === 'OBJECT_NOT_FOUND' || contexts.some((context) => under(/^INVALID_OBJECT_IDS$/, context).length > 0),
  }
}

/** Undefined: the status says it all. A 401 is for the core to renew, whatever HubSpot calls it. */
export const refusal = ({ status, headers, json }: Refusal): VorelError | undefined => {
  const told = toldBy(json)
  const retryAfter = /^\d{1,6}$/.test(headers['retry-after'] ?? '') ? Math.max(1, Number(headers['retry-after'])) : undefined
  if (status === 404 || (status === 400 && told.isOfNobody)) return missing()
  if (status === 400) return told.codes.some((code) => /UNIQUE/.test(code)) ? conflict(told) : invalid(told)
  if (status === 403) return forbidden(told)
  if (status === 409) return conflict(told)
  if (status === 423)
    return new VorelError('provider_rate_limited', 'HubSpot has the record locked for a moment by bulk work.', {
      retryAfterSeconds: retryAfter ?? 2,
    })
  if (status === 429) return tooMany(told, retryAfter)
  if (status === 477) return moving(retryAfter)
  return undefined
}

export const missing = (): VorelError =>
  new VorelError('record_not_found', 'HubSpot has no such record, or it is in the bin there.')

const fieldsOf = ({ properties }: Told) => (properties.length ? { fields: properties } : {})

const conflict = (told: Told): VorelError => {
  const [, id] = /Existing ID: (\d{1,20})\b/.exec(told.message) ?? []
  const other = id ? `under the id ${id}. Update that one` : 'with such a value. Look it up and update that one'
  return new VorelError('record_conflict', `HubSpot has another record ${other} instead.`, fieldsOf(told))
}

const invalid = (told: Told): VorelError => {
  const names = told.properties.join(', ')
  const detail = told.codes.includes('PROPERTY_DOESNT_EXIST')
    ? `HubSpot has no property ${names} on this object. Map the slots to others.`
    : `HubSpot refused ${names || 'what was sent'}. Check types, options and the rules that the account itself has set.`
  return new VorelError('field_invalid', detail, fieldsOf(told))
}

const forbidden = ({ scopes }: Told): VorelError =>
  new VorelError(
    'auth_error',
    scopes.length
      ? `The grant at HubSpot lacks ${scopes.join(', ')}. Connect again and agree to all that is asked for.`
      : 'HubSpot does not allow this to whoever granted access. Connect again as a user who may do it.',
  )

const WINDOW_SECONDS = 10
const LONGEST_SECONDS = 3600

const tooMany = ({ policyName, message }: Told, retryAfter: number | undefined): VorelError => {
  const isSecondly = /^SECONDLY/.test(policyName) || /your secondly limit/i.test(message)
  const usual = policyName === 'DAILY' ? LONGEST_SECONDS : isSecondly ? 1 : WINDOW_SECONDS
  const retryAfterSeconds = Math.min(retryAfter ?? usual, LONGEST_SECONDS)
  const which = policyName === 'DAILY' ? "The HubSpot account's requests of today are used up" : 'HubSpot asks to slow down'
  return new VorelError('provider_rate_limited', `${which}. Try again in ${retryAfterSeconds} s.`, { retryAfterSeconds })
}

const DAY_SECONDS = 86_400

const moving = (retryAfter = 60): VorelError =>
  new VorelError('provider_unavailable', 'HubSpot is moving the account to another data centre. Try again later.', {
    retryAfterSeconds: Math.min(retryAfter, DAY_SECONDS),
  })
