/** The sandbox's data model: the part of Odoo's that a CRM driver meets. */
export type Major = 14 | 19

export interface SandboxField {
  type: string
  string: string
  required: boolean
  readonly: boolean
  store: boolean
  /** For groups that the key's user is not in. */
  isHidden?: boolean
  relation?: string
  selection?: [string, string][]
}
export type SandboxModel = Record<string, SandboxField>

export const field = (type: string, string: string, extra: Partial<SandboxField> = {}): SandboxField => ({
  type,
  string,
  required: false,
  readonly: false,
  store: true,
  ...extra,
})
const computed = { readonly: true }
const to = (relation: string) => ({ relation })

const stamps: SandboxModel = {
  id: field('integer', 'ID', computed),
  create_date: field('datetime', 'Created on', computed),
  write_date: field('datetime', 'Last Updated on', computed),
}

const address: SandboxModel = {
  street: field('char', 'Street'),
  street2: field('char', 'Street2'),
  city: field('char', 'City'),
  zip: field('char', 'Zip'),
  state_id: field('many2one', 'State', to('res.country.state')),
  country_id: field('many2one', 'Country', to('res.country')),
}

const shared = (major: Major): SandboxModel => ({
  ...stamps,
  ...address,
  active: field('boolean', 'Active'),
  phone: field('char', 'Phone'),
  phone_sanitized: field('char', 'Sanitized Number', computed),
  email_normalized: field('char', 'Normalized Email', computed),
  function: field('char', 'Job Position'),
  website: field('char', major === 14 ? 'Website Link' : 'Website'),
  user_id: field('many2one', 'Salesperson', to('res.users')),
  ...(major === 14 && { mobile: field('char', 'Mobile') }),
})

const phoneSearch = field('char', 'Phone Number', { store: false })
const notesType = (major: Major): string => (major === 14 ? 'text' : 'html')

const partner = (major: Major): SandboxModel => ({
  name: field('char', 'Name'),
  ...shared(major),
  email: field('char', 'Email'),
  company_name: field('char', 'Company Name'),
  is_company: field('boolean', 'Is a Company'),
  parent_id: field('many2one', 'Related Company', to('res.partner')),
  category_id: field('many2many', 'Tags', to('res.partner.category')),
  comment: field(notesType(major), 'Notes'),
  ref: field('char', 'Reference'),
  color: field('integer', 'Color Index'),
  type: field('selection', 'Address Type', {
    selection: [
      ['contact', 'Contact'],
      ['invoice', 'Invoice Address'],
      ['delivery', 'Delivery Address'],
      ['other', 'Other Address'],
    ],
  }),
  ...(major === 19 && {
    phone_mobile_search: phoneSearch,
    signup_token: field('char', 'Signup Token', { isHidden: true }),
  }),
})

const lead = (major: Major): SandboxModel => ({
  name: field('char', 'Opportunity', { required: true }),
  ...shared(major),
  phone_mobile_search: phoneSearch,
  type: field('selection', 'Type', {
    required: true,
    selection: [
      ['lead', 'Lead'],
      ['opportunity', 'Opportunity'],
    ],
  }),
  contact_name: field('char', 'Contact Name'),
  partner_name: field('char', 'Company Name'),
  partner_id: field('many2one', 'Contact', to('res.partner')),
  email_from: field('char', 'Email'),
  description: field(notesType(major), 'Notes'),
  expected_revenue: field('monetary', 'Expected Revenue'),
  company_currency: field('many2one', 'Currency', { ...to('res.currency'), ...computed, store: false }),
  probability: field('float', 'Probability'),
  stage_id: field('many2one', 'Stage', to('crm.stage')),
  team_id: field('many2one', 'Sales Team', to('crm.team')),
  tag_ids: field('many2many', 'Tags', to('crm.tag')),
  priority: field('selection', 'Priority', {
    selection: [
      ['0', 'Low'],
      ['1', 'Medium'],
      ['2', 'High'],
      ['3', 'Very High'],
    ],
  }),
  date_deadline: field('date', 'Expected Closing'),
  date_open: field('datetime', 'Assignment Date', computed),
  referred: field('char', 'Referred By'),
  ...(major === 14
    ? { lost_reason: field('many2one', 'Lost Reason', to('crm.lost.reason')) }
    : { lost_reason_id: field('many2one', 'Lost Reason', to('crm.lost.reason')) }),
  ...(major === 19 && {
    won_status: field('selection', 'Won/Lost', {
      ...computed,
      selection: [
        ['won', 'Won'],
        ['lost', 'Lost'],
        ['pending', 'Pending'],
      ],
    }),
  }),
})

const named: SandboxModel = { ...stamps, name: field('char', 'Name', { required: true }) }

export const modelsOf = (major: Major): Record<string, SandboxModel> => ({
  'res.partner': partner(major),
  'crm.lead': lead(major),
  'res.users': { ...named, login: field('char', 'Login', { required: true }), tz: field('char', 'Timezone') },
  'res.country': { ...named, code: field('char', 'Country Code') },
  'res.country.state': { ...named, code: field('char', 'State Code'), country_id: address.country_id as SandboxField },
  'res.currency': named,
  'res.partner.category': named,
  'crm.tag': named,
  'crm.team': named,
  'crm.lost.reason': named,
  'crm.stage': {
    ...named,
    sequence: field('integer', 'Sequence'),
    is_won: field('boolean', 'Is Won Stage?'),
    fold: field('boolean', 'Folded in Pipeline'),
  },
  'ir.model': { ...named, model: field('char', 'Model') },
  'ir.model.fields': {
    ...stamps,
    name: field('char', 'Field Name'),
    model_id: field('many2one', 'Model', to('ir.model')),
    field_description: field('char', 'Field Label'),
    ttype: field('char', 'Field Type'),
    relation: field('char', 'Related Model'),
    selection_ids: field('one2many', 'Selection Options'),
    compute: field('text', 'Compute'),
    depends: field('char', 'Dependencies'),
    required: field('boolean', 'Required'),
    readonly: field('boolean', 'Readonly'),
    store: field('boolean', 'Stored'),
    index: field('boolean', 'Indexed'),
    copied: field('boolean', 'Copied'),
  },
  'ir.model.data': {
    ...stamps,
    module: field('char', 'Module'),
    name: field('char', 'External Identifier'),
    model: field('char', 'Model Name'),
    res_id: field('integer', 'Record ID'),
  },
})

export const TITLES: Record<Major, Record<string, string>> = {
  14: { 'res.partner': 'Contact', 'crm.lead': 'Lead/Opportunity' },
  19: { 'res.partner': 'Contact', 'crm.lead': 'Lead' },
}

const MODEL_IDS: Record<Major, Record<string, number>> = {
  14: { 'res.partner': 79, 'crm.lead': 300 },
  19: { 'res.partner': 90, 'crm.lead': 421 },
}

/** What a fresh database holds, by model and id. */
export const seedsOf = (major: Major): Record<string, Record<number, Record<string, unknown>>> => ({
  'res.currency': { 1: { name: major === 14 ? 'EUR' : 'USD' } },
  'res.partner': { 1: { name: 'My Company', is_company: true }, 3: { name: 'Administrator' } },
  'res.users': { 2: { name: 'Administrator', login: 'admin' } },
  'res.country': {
    57: { name: 'Germany', code: 'DE' },
    75: { name: 'France', code: 'FR' },
    231: { name: 'United Kingdom', code: 'GB' },
    233: { name: 'United States', code: 'US' },
  },
  'res.country.state': { 52: { name: 'Texas (US)', code: 'TX', country_id: 233 } },
  'crm.team': { 1: { name: 'Sales' } },
  'ir.model': Object.fromEntries(
    Object.entries(MODEL_IDS[major]).map(([model, id]) => [id, { name: TITLES[major][model] ?? model, model }]),
  ),
  'crm.stage': {
    1: { name: 'New', sequence: 1, is_won: false, fold: false },
    2: { name: 'Qualified', sequence: 2, is_won: false, fold: false },
    3: { name: 'Proposition', sequence: 3, is_won: false, fold: false },
    4: { name: 'Won', sequence: 70, is_won: true, fold: false },
  },
})
export const FIRST_FREE: Record<Major, Record<string, number>> = {
  14: { 'res.partner': 7, 'ir.model.data': 8859, 'ir.model.fields': 3449 },
  19: { 'res.partner': 6, 'ir.model.data': 24716, 'ir.model.fields': 4196 },
}
