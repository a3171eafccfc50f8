/** The sandbox's data model: the part of a new account that a CRM driver meets. */
import { type InvalidValue, invalidValues } from './sandbox-errors.ts'

export interface Property {
  name: string
  label: string
  type: 'string' | 'number' | 'bool' | 'date' | 'datetime' | 'enumeration' | 'phone_number'
  fieldType: string
  groupName: string
  description: string
  options: { label: string; value: string; hidden: boolean; displayOrder: number }[]
  calculated: boolean
  hasUniqueValue: boolean
  hubspotDefined: boolean
  hidden: boolean
  formField: boolean
  modificationMetadata: { archivable: boolean; readOnlyDefinition: boolean; readOnlyValue: boolean }
}

const INPUT: Record<Property['type'], string> = {
  string: 'text',
  number: 'number',
  bool: 'booleancheckbox',
  date: 'date',
  datetime: 'date',
  enumeration: 'select',
  phone_number: 'phonenumber',
}

const optionsOf = (values: string[]) =>
  values.map((value, displayOrder) => ({
    label: value.charAt(0).toUpperCase() + value.slice(1).toLowerCase().replaceAll('_', ' '),
    value,
    hidden: false,
    displayOrder,
  }))

const CLOSED = { archivable: false, readOnlyDefinition: true }
const OPEN = { archivable: true, readOnlyDefinition: false }

const property = (
  groupName: string,
  name: string,
  extra: Partial<Property> & { values?: string[]; isReadOnly?: boolean } = {},
): Property => {
  const { values = [], isReadOnly = false, type = 'string', ...rest } = extra
  return {
    name,
    label: name.replace(/^hs_/, '').replaceAll('_', ' '),
    type,
    fieldType: INPUT[type],
    groupName,
    description: '',
    options: optionsOf(values),
    calculated: false,
    hasUniqueValue: false,
    hubspotDefined: true,
    hidden: false,
    formField: true,
    ...rest,
    modificationMetadata: { ...(rest.hubspotDefined === false ? OPEN : CLOSED), readOnlyValue: isReadOnly },
  }
}

const readOnly = { isReadOnly: true, formField: false }
const computed = { ...readOnly, calculated: true }
const custom = { hubspotDefined: false }

type Extra = Parameters<typeof property>[2]
const texts = (...names: string[]): Record<string, Extra> => Object.fromEntries(names.map((name) => [name, {}]))

const SHARED: Record<string, Extra> = {
  hs_object_id: { ...readOnly, type: 'number' },
  createdate: { ...readOnly, type: 'datetime' },
  hubspot_owner_id: { type: 'enumeration' },
}

export const STAGES = {
  deals: { pipeline: 'pipeline', stage: 'dealstage' },
  tickets: { pipeline: 'hs_pipeline', stage: 'hs_pipeline_stage' },
} as const

const OWN: Record<string, Record<string, Extra>> = {
  contacts: {
    ...texts('firstname', 'lastname', 'email', 'company', 'jobtitle', 'website', 'address', 'city', 'state', 'zip', 'country'),
    phone: { fieldType: 'phonenumber' },
    mobilephone: { fieldType: 'phonenumber' },
    message: { fieldType: 'textarea' },
    lastmodifieddate: { ...readOnly, type: 'datetime' },
    hs_additional_emails: {},
    hs_full_name_or_email: computed,
    hs_searchable_calculated_phone_number: { ...computed, type: 'phone_number', hidden: true },
    hs_searchable_calculated_mobile_number: { ...computed, type: 'phone_number', hidden: true },
    lifecyclestage: { type: 'enumeration', values: ['subscriber', 'lead', 'opportunity', 'customer', 'other'] },
    hs_lead_status: { type: 'enumeration', values: ['NEW', 'OPEN', 'IN_PROGRESS', 'UNQUALIFIED'] },
    hs_buying_role: { type: 'enumeration', fieldType: 'checkbox', values: ['BUDGET_HOLDER', 'CHAMPION', 'DECISION_MAKER'] },
    budget_aed: { ...custom, type: 'number' },
    is_vip: { ...custom, type: 'bool', values: ['true', 'false'] },
    move_in: { ...custom, type: 'date' },
  },
  deals: {
    ...texts('dealname', 'hs_next_step'),
    description: { fieldType: 'textarea' },
    amount: { type: 'number' },
    closedate: { type: 'datetime' },
    pipeline: { type: 'enumeration' },
    dealstage: { type: 'enumeration', fieldType: 'radio' },
    dealtype: { type: 'enumeration', values: ['newbusiness', 'existingbusiness'] },
    hs_priority: { type: 'enumeration', values: ['low', 'medium', 'high'] },
    hs_lastmodifieddate: { ...readOnly, type: 'datetime' },
  },
  tickets: {
    ...texts('subject'),
    content: { fieldType: 'textarea' },
    hs_pipeline: { type: 'enumeration' },
    hs_pipeline_stage: { type: 'enumeration' },
    hs_ticket_priority: { type: 'enumeration', values: ['LOW', 'MEDIUM', 'HIGH', 'URGENT'] },
    hs_ticket_category: { type: 'enumeration', values: ['PRODUCT_ISSUE', 'BILLING_ISSUE', 'FEATURE_REQUEST', 'GENERAL_INQUIRY'] },
    hs_lastmodifieddate: { ...readOnly, type: 'datetime' },
  },
}

export const propertiesOf = (native: string, groupName: string): Map<string, Property> =>
  new Map(Object.entries({ ...SHARED, ...OWN[native] }).map(([name, extra]) => [name, property(groupName, name, extra)]))

/** A property as an admin or an app makes it. */
export const madeProperty = (asked: Partial<Property> & { name: string; groupName: string }): Property => ({
  ...property(asked.groupName, asked.name, custom),
  ...asked,
})

const isMoment = (value: string): boolean =>
  /^-?\d{1,15}$/.test(value) || (/^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value)))

const FAULT: Record<Property['type'], (value: string, property: Property) => string | null> = {
  string: (value, { name }) =>
    name === 'email' && !/^[^\s@;,*<>()"\\']+@[^\s@]+\.[^\s@]+$/.test(value) ? 'INVALID_EMAIL' : null,
  phone_number: () => null,
  number: (value) => (Number.isFinite(Number(value)) ? null : 'INVALID_NUMBER'),
  bool: (value) => (/^(true|false)$/.test(value) ? null : 'INVALID_BOOLEAN'),
  date: (value) => (/^\d{4}-\d{2}-\d{2}$/.test(value) && isMoment(value) ? null : 'INVALID_DATE'),
  datetime: (value) => (isMoment(value) ? null : 'INVALID_DATE'),
  enumeration: (value, { name, options, fieldType }) => {
    if (name === 'hubspot_owner_id') return /^\d+$/.test(value) ? null : 'INVALID_OWNER_ID'
    if (options.length === 0) return null // pipelines and stages, held against each other elsewhere
    const values = fieldType === 'checkbox' ? value.split(';') : [value]
    return values.every((one) => options.some((option) => option.value === one)) ? null : 'INVALID_OPTION'
  },
}

const fault = (known: Property | undefined, name: string, value: string): InvalidValue[] => {
  if (!known) return [{ name, error: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist` }]
  if (known.modificationMetadata.readOnlyValue)
    return [{ name, error: 'READ_ONLY_VALUE', message: `"${name}" is a read only property; its value cannot be set.` }]
  const error = value === '' ? null : FAULT[known.type](value, known)
  return error ? [{ name, error, message: `${value} was not a valid value of ${name}.` }] : []
}

/** All values that a write may not have are told at once. */
export const checkValues = (properties: Map<string, Property>, given: Record<string, string>): void => {
  const invalid = Object.entries(given).flatMap(([name, value]) => fault(properties.get(name), name, value))
  if (invalid.length) throw invalidValues(invalid)
}
