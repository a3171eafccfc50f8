import type { FieldDescription, FieldType } from '../../schemas/field.ts'

type Kind = 'text' | 'phone' | 'email' | 'date' | 'flag' | 'id' | 'option'

/** A field as the provider documents it for its forms. */
export interface Field {
  label: string
  kind: Kind
  isRequired?: boolean
  options?: Record<string, string>
}

export type Fields = Record<string, Field>

const text = (label: string): Field => ({ label, kind: 'text' })
const phone = (label: string): Field => ({ label, kind: 'phone' })
const id = (label: string): Field => ({ label, kind: 'id' })
const flag = (label: string): Field => ({ label, kind: 'flag' })
const option = (label: string, options: Record<string, string>): Field => ({ label, kind: 'option', options })
const required = (field: Field): Field => ({ ...field, isRequired: true })

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
  notes: text('Notes'),
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
  bookingnote: text("Patient's note"),
  urgentyn: flag('Urgent'),
  donotsendconfirmationemail: flag('Send no confirmation e-mail'),
  ignoreschedulablepermission: flag('Also slots not meant for the web'),
}
export const CANCELLING: Fields = {
  appointmentstatus: option('Status', { x: 'cancelled', cancelled: 'cancelled' }),
  cancellationreason: text('Why it is cancelled'),
  appointmentcancelreasonid: id('Cancel reason'),
}
export const MOVING: Fields = {
  newappointmentid: id('Open slot to move to'),
  reasonid: id('Reason'),
  reschedulereason: text('Why it is moved'),
  appointmentcancelreasonid: id('Cancel reason'),
}
export const CHANGING: Fields = {
  providerid: id('Provider'),
  departmentid: id('Department'),
  appointmenttypeid: id('Appointment type'),
  supervisingproviderid: id('Supervising provider'),
  schedulingproviderid: id('Scheduling provider'),
}
const APPOINTMENT: Fields = { ...CHANGING, ...MOVING, ...CANCELLING, ...BOOKING }

const SEARCHED = ['anyphone', 'patientid', 'startdate', 'enddate', 'guarantoremail', 'ssn']
const named = new Set([...Object.keys(PATIENT), ...Object.keys(APPOINTMENT), ...SEARCHED])

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
  Object.entries(object === 'contact' ? PATIENT : APPOINTMENT).map(([name, { label, kind, isRequired = false, options }]) => ({
    name,
    label,
    type: TYPES[kind],
    required: isRequired,
    writable: true,
    custom: false,
    ...(options && { options: Object.entries(options).map(([value, label]) => ({ value, label })) }),
  }))
