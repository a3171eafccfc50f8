/** The sandbox's modules: the fields of a fresh organisation, as far as a CRM driver meets them. */
import { FIELD_EXTRAS } from './sandbox-shapes.ts'

export interface Field {
  id: string
  api_name: string
  field_label: string
  data_type: string
  length: number
  system_mandatory: boolean
  field_read_only: boolean
  custom_field: boolean
  unique: Record<string, unknown>
  options: string[]
  lookup?: string
}

type Extra = Partial<Omit<Field, 'api_name' | 'field_label' | 'data_type'>>
type Row = [api_name: string, data_type: string, extra?: Extra]

const LENGTHS: Record<string, number> = { text: 255, textarea: 32_000, email: 100, phone: 30, website: 450, picklist: 120 }
const must = { system_mandatory: true }
const computed = { field_read_only: true }
const custom = { custom_field: true }
const SOURCES = ['-None-', 'Advertisement', 'Cold Call', 'Employee Referral', 'Web Download', 'Chat']

const STAMPS: Row[] = [
  ['Owner', 'ownerlookup', { lookup: 'Users' }],
  ['Created_Time', 'datetime', computed],
  ['Modified_Time', 'datetime', computed],
  ['Created_By', 'ownerlookup', { ...computed, lookup: 'Users' }],
  ['Modified_By', 'ownerlookup', { ...computed, lookup: 'Users' }],
  ['Tag', 'text', computed],
]

const PERSON: Row[] = [
  ['Full_Name', 'text', computed],
  ['First_Name', 'text', { length: 40 }],
  ['Last_Name', 'text', { ...must, length: 80 }],
  ['Email', 'email'],
  ['Secondary_Email', 'email'],
  ['Phone', 'phone'],
  ['Mobile', 'phone'],
  ['Lead_Source', 'picklist', { options: SOURCES }],
  ['Description', 'textarea'],
  ['Email_Opt_Out', 'boolean'],
  ['Budget', 'currency', custom],
  ['Rooms', 'integer', custom],
  ['Loyalty_Number', 'bigint', custom],
  ['Move_In', 'date', custom],
  ['Next_Call', 'datetime', custom],
  ['Topics', 'multiselectpicklist', { ...custom, options: ['Kitchen', 'Bath', 'Garden'] }],
  ['External', 'text', custom], // called like a word that COQL keeps for itself
]

const MODULES: Record<string, Row[]> = {
  Contacts: [
    ...STAMPS,
    ...PERSON,
    ['Home_Phone', 'phone'],
    ['Other_Phone', 'phone'],
    ['Title', 'text', { length: 100 }],
    ['Department', 'text', { length: 50 }],
    ['Date_of_Birth', 'date'],
    ['Account_Name', 'lookup', { lookup: 'Accounts' }],
    ['Mailing_Street', 'text'],
    ['Mailing_City', 'text'],
    ['Mailing_State', 'text'],
    ['Mailing_Zip', 'text', { length: 30 }],
    ['Mailing_Country', 'text'],
  ],
  Leads: [
    ...STAMPS,
    ...PERSON,
    ['Company', 'text', { ...must, length: 200 }],
    ['Designation', 'text', { length: 100 }],
    ['Website', 'website'],
    ['Lead_Status', 'picklist', { options: ['-None-', 'Not Contacted', 'Contacted', 'Junk Lead'] }],
    ['Annual_Revenue', 'currency'],
    ['No_of_Employees', 'integer'],
    ['Street', 'text'],
    ['City', 'text'],
    ['State', 'text'],
    ['Zip_Code', 'text', { length: 30 }],
    ['Country', 'text'],
  ],
  Deals: [
    ...STAMPS,
    ['Deal_Name', 'text', { ...must, length: 120 }],
    ['Stage', 'picklist', { ...must, options: ['-None-', 'Qualification', 'Needs Analysis', 'Closed Won', 'Closed Lost'] }],
    ['Amount', 'currency'],
    ['Closing_Date', 'date'],
    ['Probability', 'integer'],
    ['Type', 'picklist', { options: ['-None-', 'New Business', 'Existing Business'] }],
    ['Next_Step', 'text', { length: 100 }],
    ['Lead_Source', 'picklist', { options: SOURCES }],
    ['Contact_Name', 'lookup', { lookup: 'Contacts' }],
    ['Account_Name', 'lookup', { lookup: 'Accounts' }],
    ['Next_Visit', 'datetime', custom],
    ['Interests', 'multiselectpicklist', { ...custom, options: ['Kitchen', 'Bath'] }],
    ['Description', 'textarea'],
  ],
}

const fieldOf = (id: string, [api_name, data_type, extra = {}]: Row): Field => ({
  id,
  api_name,
  field_label: api_name.replaceAll('_', ' '),
  data_type,
  length: LENGTHS[data_type] ?? 120,
  system_mandatory: false,
  field_read_only: false,
  custom_field: false,
  unique: {},
  options: [],
  ...extra,
})

export type Modules = Record<string, Field[]>

export const freshModules = (nextId: () => string): Modules =>
  Object.fromEntries(Object.entries(MODULES).map(([module, rows]) => [module, rows.map((row) => fieldOf(nextId(), row))]))

export const customText = (id: string, label: string, unique: Record<string, unknown>): Field => ({
  ...fieldOf(id, [label.trim().replaceAll(/\W+/g, '_'), 'text', { custom_field: true, unique }]),
  field_label: label,
})

const NUMERIC: Record<string, string> = {
  integer: 'integer',
  boolean: 'boolean',
  currency: 'double',
  multiselectpicklist: 'jsonarray',
}

/** As `settings/fields` shows it: much more stands there than anybody reads. */
export const shownField = (field: Field) => ({
  ...FIELD_EXTRAS,
  id: field.id,
  api_name: field.api_name,
  field_label: field.field_label,
  display_label: field.field_label,
  data_type: field.data_type,
  json_type: NUMERIC[field.data_type] ?? (field.lookup ? 'jsonobject' : 'string'),
  length: field.length,
  system_mandatory: field.system_mandatory,
  field_read_only: field.field_read_only,
  read_only: field.field_read_only,
  visible: true,
  searchable: true,
  custom_field: field.custom_field,
  unique: field.unique,
  lookup: field.lookup ? { module: { api_name: field.lookup } } : {},
  pick_list_values: field.options.map((value, index) => ({
    id: String(BigInt(field.id) + BigInt(index)),
    colour_code: null,
    display_value: value,
    actual_value: value,
    sequence_number: index + 1,
    type: 'used',
  })),
  operation_type: {
    web_update: !field.field_read_only,
    api_create: !field.field_read_only,
    web_create: !field.field_read_only,
    api_update: !field.field_read_only,
  },
})
