import type { FieldDescription, FieldType } from '../../schemas/field.ts'

type Kind = 'text' | 'phone' | 'email' | 'date' | 'flag' | 'id' | 'option'

/** A field as the provider documents it for its forms. */
export interface Field {
  label: string
  kind: Kind
  /** Where its values are of another type than its kind has. */
  type?: FieldType
  isRequired?: boolean
  /** In answers alone. */
  isReadOnly?: boolean
  options?: Record<string, string>
}

export type Fields = Record<string, Field>

const text = (label: string): Field => ({ label, kind: 'text' })
const note = (label: string): Field => ({ label, kind: 'text', type: 'text' })
const phone = (label: string): Field => ({ label, kind: 'phone' })
const id = (label: string): Field => ({ label, kind: 'id' })
const flag = (label: string): Field => ({ label, kind: 'flag' })
const option = (label: string, options: Record<string, string>): Field => ({ label, kind: 'option', options })
const required = (field: Field): Field => ({ ...field, isRequired: true })
const readOnly = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, { ...field, isReadOnly: true }]))

/** What a patient can be given. Social security numbers are left out for good. */
export const PATIENT: Fields = {
  firstname: required(text('Legal first name')),
  middlename: text('Middle name'),
  lastname: required(text('Last name')),
  suffix: text('Name suffix'),
  preferredname: text('Preferred name'),
  altfirstname: text('Alternate first name'),
  dob: required({ label: 'Date of birth', kind: 'date' }),
  sex: option('Sex', { F: 'Female', M: 'Male' }),
  email: { label: 'E-mail', kind: 'email' },
  mobilephone: phone('Mobile phone'),
  homephone: phone('Home phone'),
  workphone: phone('Work phone'),
  address1: text('Address, first line'),
  address2: text('Address, second line'),
  city: text('City'),
  state: text('State, two letters'),
  zip: text('Zip'),
  countrycode3166: text('Country code (ISO 3166-1)'),
  departmentid: id('Registration department'),
  primarydepartmentid: id('Current department'),
  primaryproviderid: id('Primary provider'),
  status: option('Status', { a: 'Active', i: 'Inactive', p: 'Prospective' }),
  notes: note('Notes'),
  language6392code: text('Language (ISO 639.2)'),
  contactpreference: option('Preferred way of contact', {
    HOMEPHONE: 'Home phone',
    MAIL: 'Mail',
    MOBILEPHONE: 'Mobile phone',
    PORTAL: 'Portal',
    WORKPHONE: 'Work phone',
  }),
  consenttocall: flag('Consent to automated calls'),
  consenttotext: flag('Consent to text messages'),
  contactname: text('Emergency contact'),
  contacthomephone: phone("Emergency contact's home phone"),
  contactmobilephone: phone("Emergency contact's mobile phone"),
  referralsourceid: id('Referral source'),
  referralsourceother: text('Other referral source'),
}

/** By what can be done with them: book a slot, cancel, move, or change who and where. */
export const BOOKING: Fields = {
  appointmentid: required(id('Open slot')),
  patientid: required(id('Patient')),
  reasonid: id('Reason'),
  appointmenttypeid: id('Appointment type'),
  departmentid: id('Department'),
  bookingnote: note("Patient's note"),
  urgentyn: flag('Urgent'),
  donotsendconfirmationemail: flag('Send no confirmation e-mail'),
  ignoreschedulablepermission: flag('Also slots not meant for the web'),
}
export const CANCELLING: Fields = {
  appointmentstatus: option('Status', { x: 'cancelled', cancelled: 'cancelled' }),
  cancellationreason: note('Why it is cancelled'),
  appointmentcancelreasonid: id('Cancel reason'),
}
export const MOVING: Fields = {
  newappointmentid: id('Open slot to move to'),
  reasonid: id('Reason'),
  reschedulereason: note('Why it is moved'),
  appointmentcancelreasonid: id('Cancel reason'),
}
export const CHANGING: Fields = {
  providerid: id('Provider'),
  departmentid: id('Department'),
  appointmenttypeid: id('Appointment type'),
  supervisingproviderid: id('Supervising provider'),
  schedulingproviderid: id('Scheduling provider'),
}

/** What answers hold beside what can be written. */
const PATIENT_ANSWERS = readOnly({
  registrationdate: { label: 'Registered on', kind: 'date' },
  firstappointment: { label: 'Day of the first appointment', kind: 'date' },
  lastappointment: { label: 'Day of the last appointment', kind: 'date' },
})
const APPOINTMENT_ANSWERS = readOnly({
  date: { label: 'Day', kind: 'date' },
  starttime: text("Time by the department's clock, such as 09:30"),
  duration: { label: 'Minutes', kind: 'text', type: 'integer' },
  appointmenttype: text('Name of the type'),
  patientappointmenttypename: text('Name of the type, for patients'),
  rescheduledappointmentid: id('Appointment that replaces it'),
})
const STANDING = option('Status', {
  o: 'open',
  f: 'booked',
  2: 'checked in',
  3: 'checked out',
  4: 'charge entered',
  x: 'cancelled',
  cancelled: 'cancelled',
})

const ALL: Record<string, Fields> = {
  contact: { ...PATIENT, ...PATIENT_ANSWERS },
  appointment: {
    ...CHANGING,
    ...MOVING,
    ...CANCELLING,
    ...BOOKING,
    ...APPOINTMENT_ANSWERS,
    appointmentstatus: STANDING,
  },
}

/** A field that can be mapped; nothing else of an answer is told. */
export const fieldOf = (object: string, name: string): Field | undefined => {
  const fields = ALL[object] ?? {}
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

const SEARCHED = ['anyphone', 'patientid', 'startdate', 'enddate', 'guarantoremail', 'ssn']
const named = new Set([...Object.values(ALL).flatMap((fields) => Object.keys(fields)), ...SEARCHED])

/** Of the names in a refusal those that are names: what is not known may be a value. */
export const knownNames = (names: unknown): string[] =>
  Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string' && named.has(name)) : []

const TYPES: Record<Kind, FieldType> = {
  text: 'string',
  phone: 'string',
  email: 'string',
  date: 'date',
  flag: 'boolean',
  id: 'string',
  option: 'option',
}

export const describe = (object: string): FieldDescription[] =>
  Object.entries(ALL[object] ?? {}).map(([name, { label, kind, type, isRequired = false, isReadOnly = false, options }]) => ({
    name,
    label,
    type: type ?? TYPES[kind],
    required: isRequired,
    writable: !isReadOnly,
    custom: false,
    ...(options && { options: Object.entries(options).map(([value, label]) => ({ value, label })) }),
  }))
