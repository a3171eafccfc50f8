import { type ErrorCode, type Refusal, VorelError } from '../../core/driver.ts'
import { namesIn } from './fields.ts'

interface Told {
  Code?: unknown
  Message?: unknown
}

type Extras = { isExpired?: boolean; effect?: 'unknown'; fields?: string[]; retryAfterSeconds?: number }
type Meaning = [code: ErrorCode, sentence: string, extras?: Extras]

const ALREADY_BOOKED = 'Mindbody says that the client is booked into this already. Nothing was written.'
export const isAlreadyBooked = (error: unknown): boolean => error instanceof VorelError && error.message === ALREADY_BOOKED

const KEY: Meaning = ['auth_error', 'Mindbody refused the API key. Check it in the developer portal, and connect again.']
const SITE: Meaning = [
  'auth_error',
  'Mindbody does not let this API key at this site. Check the site ID, and have the owner activate the integration there (Settings, Integrations: by the code or link of your developer account).',
]
/** Said of a token that is too old, and of a login that is wrong. */
const LOGIN: Meaning = [
  'auth_error',
  'Mindbody refused the staff sign-in, a fresh one as well. Check staff_username and staff_password, and connect again.',
  { isExpired: true },
]
const RIGHT: Meaning = [
  'auth_error',
  'The staff member whom Mindbody is connected by may not do this. Have the permission given at the site, or connect with another.',
]
const GONE: Meaning = ['record_not_found', 'Mindbody has no such record at this site.']
const DUPLICATE: Meaning = [
  'record_conflict',
  'Mindbody has a client of this first name, last name and e-mail already, who may be inactive. Look the customer up and update that record. Nothing was written.',
]
const LATER: Meaning = [
  'provider_unavailable',
  'Mindbody is out of order or under maintenance. Try again later.',
  { effect: 'unknown' },
]
const about = (field: string, sentence: string): Meaning => [
  'field_invalid',
  `${sentence} Nothing was written.`,
  { fields: [field] },
]
const UNPAID = about('ClientUniqueId', 'The client has no pricing option that pays for this. Have one sold first.')
const NO_STAFF = about('StaffId', 'This member of the staff takes no such appointments. Choose another.')
const FULL = about('ClassId', 'The class is full. Choose another.')
const NO_CLASS = about('ClassId', 'There is no such class. Choose another.')
const NOT_THEN = about(
  'StartDateTime',
  'This time cannot be booked: the staff member or the site is not free or not open then. Choose another.',
)

const MEANINGS: Readonly<Record<string, Meaning>> = {
  InvalidSourceCredentials: KEY,
  InvalidSiteId: SITE,
  DeniedAccess: SITE,
  InvalidUserCredentials: LOGIN,
  InvalidStaffCredentials: LOGIN,
  InvalidLoginCredentials: LOGIN,
  InvalidUserAccessLevel: RIGHT,
  InvalidPermissionConfiguration: RIGHT,
  ClientNotFound: GONE,
  ItemNotFound: GONE,
  ResourceDoesNotExist: GONE,
  ClassVisitNotFound: GONE,
  InvalidClientCreation: DUPLICATE,
  InvalidClientUpdate: DUPLICATE,
  ClientIsAlreadyBooked: ['record_conflict', ALREADY_BOOKED],
  ClientIsAlreadyOnWaitlist: ['record_conflict', ALREADY_BOOKED],
  ClassSignUpsFull: FULL,
  EnrollmentSignUpsFull: FULL,
  LeaderFollowerFull: FULL,
  InvalidClassId: NO_CLASS,
  VisitMustBeAClass: NO_CLASS,
  InvalidBookingTime: NOT_THEN,
  SchedulingWindowViolated: NOT_THEN,
  SchedulingRestrictionsViolated: NOT_THEN,
  PaymentRequired: UNPAID,
  ClassRequiresPayment: UNPAID,
  ServiceDoesNotPayForAppointment: UNPAID,
  ServiceDoesNotPayForVisit: UNPAID,
  ClientIsSuspended: about('ClientUniqueId', 'The client is suspended and cannot be booked.'),
  InvalidPrerequisite: about('ClassId', 'The client lacks what this class asks for before it.'),
  SessionTypeNotFound: about('SessionTypeId', 'There is no such session type.'),
  InvalidLocation: about('LocationId', 'There is no such location.'),
  InvalidCountry: about('Country', 'Mindbody knows no such country.'),
  StaffMemberNotFound: NO_STAFF,
  StaffIsInactive: NO_STAFF,
  StaffIsNotATrainer: NO_STAFF,
  InvalidStaffAndProviderId: NO_STAFF,
  SQLDBMaintenance: LATER,
  Unknown: LATER,
}

const VALUES = new Set([
  'MissingRequiredFields',
  'InvalidParameter',
  'ValidationFailed',
  'ClientCustomFieldNotFound',
  'InvalidResource',
  'InvalidSettingConfiguration',
  'CrossRegionalNotSupported',
])

/** The provider's refusals by our codes. Its sentences quote what was sent: they are looked at for names of fields, and never passed on. */
export const refusal = ({ status, json }: Refusal): VorelError | undefined => {
  const { Code, Message }: Told = errorIn(json)
  const meaning = typeof Code === 'string' && Object.hasOwn(MEANINGS, Code) ? MEANINGS[Code] : undefined
  if (status === 409) return stillUnderWay()
  if (meaning) return new VorelError(...meaning)
  if (Code === 'TooManyRequests' && status !== 429)
    return new VorelError('provider_rate_limited', 'Mindbody asks to slow down.', { retryAfterSeconds: 1 })
  if (typeof Code === 'string' && VALUES.has(Code)) return badValues(Code, namesIn(Message))
  if (status === 401 && /api.?key/i.test(String(Message ?? ''))) return new VorelError(...KEY)
  return undefined
}

const errorIn = (json: unknown): Told => {
  const { Error: told } = (typeof json === 'object' && json !== null ? json : {}) as { Error?: unknown }
  return typeof told === 'object' && told !== null ? told : {}
}

/** The first of two requests may still come to an end: that the second is refused says nothing of the booking. */
const stillUnderWay = () =>
  new VorelError(
    'provider_unavailable',
    'The same request is still under way at Mindbody. Look in a minute whether it was done before it is sent again.',
    { effect: 'unknown', retryAfterSeconds: 5 },
  )

const badValues = (code: string, fields: string[]): VorelError => {
  const which = fields.length
    ? `: ${fields.join(', ')}`
    : '. Check them against the fields of the object and the settings of the site'
  const what = code === 'MissingRequiredFields' ? 'needs more values than were given' : 'refused the values'
  return new VorelError('field_invalid', `Mindbody ${what}${which}. Nothing was written.`, { fields })
}
