/** `site`: a time by the clocks of the site; `ref`: an object of which only the Id counts. */
export type Kind = 'text' | 'long' | 'phone' | 'date' | 'site' | 'utc' | 'flag' | 'whole' | 'ref' | 'option'
/** With which call it can be written: a create, an update, or the booking of a class. */
export type Use = 'create' | 'update' | 'class'

/** A field as the provider documents it. */
export interface Field {
  label: string
  kind: Kind
  /** None: it is for reading. */
  uses: readonly Use[]
  isRequired?: boolean
  /** Written, and never read back: staff write there what nobody else is to see. */
  isHidden?: boolean
  options?: readonly string[]
}
export type Table = Readonly<Record<string, Field>>

const written = (label: string, kind: Kind = 'text', more: Partial<Field> = {}): Field => ({
  label,
  kind,
  uses: ['create', 'update'],
  ...more,
})
const told = (label: string, kind: Kind = 'text', more: Partial<Field> = {}): Field => ({ label, kind, uses: [], ...more })
const REQUIRED = { isRequired: true }

/** What a client can be given and asked for. Cards, balances, alerts and the notes of staff are left out for good. */
export const CLIENT: Table = {
  FirstName: written('First name', 'text', REQUIRED),
  MiddleName: written('Middle name'),
  LastName: written('Last name', 'text', REQUIRED),
  Email: written('E-mail'),
  MobilePhone: written('Mobile phone', 'phone'),
  HomePhone: written('Home phone', 'phone'),
  WorkPhone: written('Work phone', 'phone'),
  WorkExtension: written("Work phone's extension"),
  BirthDate: written('Date of birth', 'date'),
  Gender: written('Gender'),
  AddressLine1: written('Address, first line'),
  AddressLine2: written('Address, second line'),
  City: written('City'),
  State: written('State'),
  PostalCode: written('Postal code'),
  Country: written('Country'),
  ReferredBy: written('Referred by'),
  EmergencyContactInfoName: written('Emergency contact'),
  EmergencyContactInfoEmail: written("Emergency contact's e-mail"),
  EmergencyContactInfoPhone: written("Emergency contact's phone", 'phone'),
  EmergencyContactInfoRelationship: written("Emergency contact's relationship"),
  IsProspect: written('Prospect', 'flag'),
  IsCompany: written('Company', 'flag'),
  Active: written('Active', 'flag'),
  HomeLocation: written('Home location (its Id)', 'ref'),
  SendAccountEmails: written('Account e-mails, with consent', 'flag'),
  SendScheduleEmails: written('Schedule e-mails, with consent', 'flag'),
  SendPromotionalEmails: written('Promotional e-mails, with consent', 'flag'),
  Id: told('Client number (RSSID), which the business can change'),
  Status: told('Status', 'option', {
    options: ['Declined', 'Non-Member', 'Active', 'Expired', 'Suspended', 'Terminated'],
  }),
  ProspectStage: told('Prospect stage (its Id)', 'ref'),
  CreationDate: told('Created', 'site'),
  FirstAppointmentDate: told('First appointment', 'site'),
  FirstClassDate: told('First class', 'site'),
  LastModifiedDateTime: told('Last changed', 'utc'),
}

/** Statuses that can be written, and the words that bring an appointment there. */
export const EXECUTES: Readonly<Record<string, string>> = {
  Booked: 'unconfirm',
  Confirmed: 'confirm',
  Arrived: 'arrive',
  Completed: 'complete',
  Cancelled: 'cancel',
  LateCancelled: 'latecancel',
}

/** With a ClassId it is a place in a class, else an appointment with a member of the staff. */
export const APPOINTMENT: Table = {
  ClientUniqueId: written("Client (the contact's external_id)", 'text', { isRequired: true, uses: ['create', 'class'] }),
  LocationId: written('Location', 'whole', { isRequired: true, uses: ['create'] }),
  SessionTypeId: written('Session type', 'whole', REQUIRED),
  StaffId: written('Staff member', 'whole', REQUIRED),
  StartDateTime: written('Start', 'site', REQUIRED),
  EndDateTime: written('End', 'site'),
  Duration: written('Minutes, in place of the end', 'whole', { uses: ['create'] }),
  Notes: written('Notes, which are written and not read back', 'long', { isHidden: true }),
  Status: written('Status', 'option', {
    uses: ['update'],
    options: [...Object.keys(EXECUTES), 'None', 'Requested', 'NoShow'],
  }),
  ClassId: written('Class, in place of the fields of an appointment', 'whole', { uses: ['class'] }),
  StaffRequested: written('The client asked for this staff member', 'flag', { uses: ['create'] }),
  IsRequest: written('A request, for the business to look at', 'flag', { uses: ['create'], isHidden: true }),
  RequirePayment: written('Class: only with a pricing option', 'flag', { uses: ['class'], isHidden: true }),
  SendEmail: written('The business writes to the client', 'flag', { uses: ['create', 'update', 'class'], isHidden: true }),
  ClientId: told('Client number (RSSID)'),
  ProgramId: told('Program', 'whole'),
  FirstAppointment: told("The client's first", 'flag'),
  IsWaitlist: told('On the waiting list', 'flag'),
}

/** Custom fields of clients go by their number, which stays when they are renamed. */
const CUSTOM = /^CustomClientFields\.(\d{1,9})$/
export const customName = (id: number): string => `CustomClientFields.${id}`
export const customId = (name: string): number | null => {
  const [, id] = CUSTOM.exec(name) ?? []
  return id === undefined ? null : Number(id)
}

export const fieldOf = (table: Table, name: string): Field | undefined => (Object.hasOwn(table, name) ? table[name] : undefined)

const EMERGENCY = Object.keys(CLIENT).filter((name) => name.startsWith('EmergencyContactInfo'))

/** The fields that a site's own list of what a client must have stands for. */
export const requiredNames = (listed: readonly string[]): string[] => [
  ...new Set(listed.flatMap((name) => (name === 'EmergContact' ? EMERGENCY : name))),
]

/** Names of fields in a sentence of the provider's: what is no name may be a value. */
export const namesIn = (sentence: unknown): string[] => {
  const words = new Set(typeof sentence === 'string' ? sentence.match(/\w+/g) : [])
  const known = new Set([...Object.keys(CLIENT), ...Object.keys(APPOINTMENT)])
  return requiredNames([...words]).filter((name) => known.has(name))
}
