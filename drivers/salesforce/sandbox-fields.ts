/** What the sandbox org has: three objects of a usual org with some fields of its own, and the org itself. */
export interface SandboxField {
  label: string
  type: string
  length?: number
  isRequired?: true
  isReadOnly?: true
  /** Filled by the org where a create leaves it out. */
  initial?: unknown
  values?: string[]
  isRestricted?: true
  isExternalId?: true
  isUnique?: true
  isHtml?: true
}
export type SandboxObject = Record<string, SandboxField>

const string = (label: string, length: number): SandboxField => ({ label, type: 'string', length })
const phone = (label: string): SandboxField => ({ label, type: 'phone', length: 40 })
const area = (label: string, length = 255): SandboxField => ({ label, type: 'textarea', length })
const required = (field: SandboxField): SandboxField => ({ ...field, isRequired: true })
const readOnly = (field: SandboxField): SandboxField => ({ ...field, isReadOnly: true })
const picklist = (label: string, values: string[], more: Partial<SandboxField> = {}): SandboxField => ({
  label,
  type: 'picklist',
  length: 255,
  values,
  ...more,
})

const system: SandboxObject = {
  Id: readOnly({ label: 'Record ID', type: 'id', length: 18 }),
  IsDeleted: readOnly({ label: 'Deleted', type: 'boolean' }),
  OwnerId: { label: 'Owner ID', type: 'reference', length: 18, initial: 'user' },
  CreatedDate: readOnly({ label: 'Created Date', type: 'datetime' }),
  CreatedById: readOnly({ label: 'Created By ID', type: 'reference', length: 18 }),
  LastModifiedDate: readOnly({ label: 'Last Modified Date', type: 'datetime' }),
  LastModifiedById: readOnly({ label: 'Last Modified By ID', type: 'reference', length: 18 }),
  SystemModstamp: readOnly({ label: 'System Modstamp', type: 'datetime' }),
}

const SOURCES = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other']

const person: SandboxObject = {
  ...system,
  Name: readOnly(string('Full Name', 121)),
  FirstName: string('First Name', 40),
  LastName: required(string('Last Name', 80)),
  Email: { label: 'Email', type: 'email', length: 80 },
  Phone: phone('Phone'),
  MobilePhone: phone('Mobile'),
  Title: string('Title', 128),
  LeadSource: picklist('Lead Source', SOURCES),
  Description: area('Description', 32_000),
}

const contact: SandboxObject = {
  ...person,
  HomePhone: phone('Home Phone'),
  OtherPhone: phone('Other Phone'),
  AccountId: { label: 'Account ID', type: 'reference', length: 18 },
  Department: string('Department', 80),
  Birthdate: { label: 'Birthdate', type: 'date' },
  DoNotCall: { label: 'Do Not Call', type: 'boolean', initial: false },
  MailingStreet: area('Mailing Street'),
  MailingCity: string('Mailing City', 40),
  MailingState: string('Mailing State/Province', 80),
  MailingPostalCode: string('Mailing Zip/Postal Code', 20),
  MailingCountry: string('Mailing Country', 80),
  MailingAddress: readOnly({ label: 'Mailing Address', type: 'address' }),
  Tier__c: picklist('Tier', ['Gold', 'Silver'], { isRestricted: true }),
}

const lead: SandboxObject = {
  ...person,
  Company: required(string('Company', 255)),
  Website: { label: 'Website', type: 'url', length: 255 },
  Status: picklist('Lead Status', ['Open - Not Contacted', 'Working - Contacted', 'Closed - Converted'], {
    initial: 'Open - Not Contacted',
  }),
  Industry: picklist('Industry', ['Banking', 'Construction', 'Retail']),
  IsConverted: readOnly({ label: 'Converted', type: 'boolean', initial: false }),
  Street: area('Street'),
  City: string('City', 40),
  State: string('State/Province', 80),
  PostalCode: string('Zip/Postal Code', 20),
  Country: string('Country', 80),
  Budget_Max__c: { label: 'Highest Budget', type: 'currency' },
  Areas__c: { label: 'Areas', type: 'multipicklist', values: ['North', 'South', 'West'] },
  Rooms__c: { label: 'Rooms', type: 'double' },
  Has_Pets__c: { label: 'Has Pets', type: 'boolean', initial: false },
  Move_In__c: { label: 'Move-in', type: 'date' },
  Viewing_At__c: { label: 'Viewing', type: 'datetime' },
  Wishes__c: { label: 'Wishes', type: 'textarea', length: 32_000, isHtml: true },
}

const opportunity: SandboxObject = {
  ...system,
  Name: required(string('Name', 120)),
  StageName: required(picklist('Stage', ['Qualification', 'Proposal', 'Closed Won', 'Closed Lost'])),
  CloseDate: required({ label: 'Close Date', type: 'date' }),
  Amount: { label: 'Amount', type: 'currency' },
  Probability: { label: 'Probability (%)', type: 'percent' },
  NextStep: string('Next Step', 255),
  Type: picklist('Opportunity Type', ['New Business', 'Existing Business']),
  LeadSource: picklist('Lead Source', SOURCES),
  Description: area('Description', 32_000),
  AccountId: { label: 'Account ID', type: 'reference', length: 18 },
}

const organization: SandboxObject = {
  Id: readOnly({ label: 'Organization ID', type: 'id', length: 18 }),
  Name: readOnly(string('Name', 80)),
  IsSandbox: readOnly({ label: 'Is Sandbox', type: 'boolean' }),
  OrganizationType: readOnly(picklist('Edition', ['Enterprise Edition', 'Developer Edition'])),
  TimeZoneSidKey: readOnly(picklist('Time Zone', ['America/Los_Angeles', 'Europe/Berlin'])),
  InstanceName: readOnly(string('Instance Name', 5)),
}

export const PREFIXES: Record<string, string> = {
  Contact: '003',
  Lead: '00Q',
  Opportunity: '006',
  Organization: '00D',
  User: '005',
}

const KEY: SandboxField = { label: 'Vorel Key', type: 'string', length: 64, isExternalId: true }

/** By their own names, as a describe call orders them. `key`: whether an admin has added Vorel's key field, and how. */
export const objectsOf = (key: 'unique' | 'plain' | 'none'): Record<string, SandboxObject> => {
  const keyed: SandboxObject =
    key === 'none' ? {} : { Vorel_Key__c: { ...KEY, ...(key === 'unique' && { isUnique: true as const }) } }
  return {
    Contact: { ...contact, ...keyed },
    Lead: { ...lead, ...keyed },
    Opportunity: { ...opportunity, ...keyed },
    Organization: organization,
  }
}

/** As `describe` tells a field. */
export const described = (name: string, field: SandboxField) => ({
  name,
  label: field.label,
  type: field.type,
  length: field.length ?? 0,
  createable: !field.isReadOnly,
  updateable: !field.isReadOnly,
  nillable: !field.isRequired && field.type !== 'boolean' && field.initial === undefined,
  defaultedOnCreate: field.type === 'boolean' || field.initial !== undefined,
  calculated: false,
  custom: name.endsWith('__c'),
  externalId: field.isExternalId ?? false,
  unique: field.isUnique ?? false,
  idLookup: name === 'Id' || (field.isExternalId ?? false),
  filterable: isFilterable(field),
  sortable: isFilterable(field),
  htmlFormatted: field.isHtml ?? false,
  restrictedPicklist: field.isRestricted ?? false,
  referenceTo: field.type === 'reference' ? ['User'] : [],
  picklistValues: (field.values ?? []).map((value) => ({
    value,
    label: value,
    active: true,
    defaultValue: value === field.initial,
    validFor: null,
  })),
})

/** Texts longer than an index holds cannot be filtered by. */
export const isFilterable = ({ type, length = 0 }: SandboxField): boolean =>
  type !== 'address' && !(type === 'textarea' && length > 255)
