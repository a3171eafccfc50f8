import type { FieldDescription, FieldType } from '../../schemas/field.ts'

/**
 * How a value stands in Tekmetric's JSON. `email`: read as one text, written as a list. `money`: in cents. `marked`: behind our mark. `codeId`: an option
 * by its number, `code`: by its word.
 */
export type Kind =
  | 'text'
  | 'long'
  | 'marked'
  | 'email'
  | 'phone'
  | 'id'
  | 'integer'
  | 'money'
  | 'flag'
  | 'day'
  | 'time'
  | 'code'
  | 'codeId'

export interface Field {
  label: string
  kind: Kind
  isRequired?: boolean
  isReadOnly?: boolean
  /** By value. */
  options?: Record<string, string>
  /** The member that it is read from, where that is another than the one written to. */
  from?: string
}

export type Table = Readonly<Record<string, Field>>

const field = (kind: Kind, label: string, more: Partial<Field> = {}): Field => ({ label, kind, ...more })
const readOnly = (kind: Kind, label: string, more: Partial<Field> = {}): Field =>
  field(kind, label, { ...more, isReadOnly: true })
const stamps = { createdDate: readOnly('time', 'Created'), updatedDate: readOnly('time', 'Updated') }

const CONTACT: Table = {
  firstName: field('text', 'First name', { isRequired: true }),
  lastName: field('text', 'Last name'),
  email: field('email', 'E-mail'),
  phone: field('phone', 'Primary phone'),
  address1: field('text', 'Address, first line', { from: 'address.address1' }),
  address2: field('text', 'Address, second line', { from: 'address.address2' }),
  city: field('text', 'City', { from: 'address.city' }),
  state: field('text', 'State', { from: 'address.state' }),
  zip: field('text', 'Zip', { from: 'address.zip' }),
  notes: field('long', 'Notes'),
  customerTypeId: field('codeId', 'Customer type', { from: 'customerType.id', options: { 1: 'Person', 2: 'Business' } }),
  okForMarketing: field('flag', 'Marketing allowed'),
  eligibleForAccountsReceivable: field('flag', 'Accounts receivable'),
  contactFirstName: readOnly('text', "Contact person's first name"),
  contactLastName: readOnly('text', "Contact person's last name"),
  birthday: readOnly('day', 'Birthday'),
  ...stamps,
}

const STATUSES = {
  1: 'Estimate',
  2: 'Work-in-Progress',
  3: 'Complete',
  4: 'Saved for Later',
  5: 'Posted',
  6: 'Accounts Receivable',
  7: 'Deleted',
}
const sum = (label: string): Field => readOnly('money', label)

const REPAIR_ORDER: Table = {
  keyTag: field('text', 'Key tag', { from: 'keytag' }),
  milesIn: field('integer', 'Miles in'),
  milesOut: field('integer', 'Miles out'),
  technicianId: field('id', 'Technician'),
  serviceWriterId: field('id', 'Service writer'),
  customerTimeOut: field('time', 'Promised to the customer'),
  repairOrderNumber: readOnly('integer', 'Number'),
  repairOrderStatus: readOnly('codeId', 'Status', { from: 'repairOrderStatus.id', options: STATUSES }),
  customerId: readOnly('id', 'Customer'),
  vehicleId: readOnly('id', 'Vehicle'),
  color: readOnly('text', 'Color'),
  appointmentStartTime: readOnly('time', 'Appointment'),
  completedDate: readOnly('time', 'Completed'),
  postedDate: readOnly('time', 'Posted'),
  laborSales: sum('Labor'),
  partsSales: sum('Parts'),
  subletSales: sum('Sublets'),
  discountTotal: sum('Discounts'),
  feeTotal: sum('Fees'),
  taxes: sum('Taxes'),
  amountPaid: sum('Paid'),
  totalSales: sum('Total'),
  ...stamps,
}

const COLORS = ['red', 'pink', 'yellow', 'orange', 'light green', 'green', 'blue', 'navy', 'lavender', 'purple']

const APPOINTMENT: Table = {
  title: field('text', 'Title', { isRequired: true }),
  startTime: field('time', 'Start', { isRequired: true }),
  endTime: field('time', 'End'),
  description: field('marked', 'Description'),
  customerId: field('id', 'Customer'),
  vehicleId: field('id', 'Vehicle'),
  color: field('code', 'Color', { options: Object.fromEntries(COLORS.map((color) => [color, color])) }),
  dropoffTime: field('time', 'Drop-off'),
  pickupTime: field('time', 'Pick-up'),
  rideOption: field('code', 'Ride', { from: 'rideOption.code', options: { LOANER: 'Loaner', RIDE: 'Ride', NONE: 'None' } }),
  arrived: readOnly('flag', 'Arrived'),
  appointmentStatus: readOnly('text', 'Status'),
  leadSource: readOnly('text', 'Lead source'),
  ...stamps,
}

const TABLES: Record<string, Table> = { contact: CONTACT, repair_order: REPAIR_ORDER, appointment: APPOINTMENT }

export const tableOf = (object: string): Table => TABLES[object] ?? {}

/** Those that a write may name. */
export const writableIn = (table: Table): string[] => Object.keys(table).filter((name) => !table[name]?.isReadOnly)

const TYPES: Record<Kind, FieldType> = {
  text: 'string',
  long: 'text',
  marked: 'text',
  email: 'string',
  phone: 'string',
  id: 'string',
  integer: 'integer',
  money: 'number',
  flag: 'boolean',
  day: 'date',
  time: 'datetime',
  code: 'option',
  codeId: 'option',
}

export const describe = (object: string): FieldDescription[] =>
  Object.entries(tableOf(object)).map(([name, { label, kind, isRequired = false, isReadOnly = false, options }]) => ({
    name,
    label,
    type: TYPES[kind],
    required: isRequired,
    writable: !isReadOnly,
    custom: false,
    ...(options && { options: Object.entries(options).map(([value, label]) => ({ value, label })) }),
  }))
