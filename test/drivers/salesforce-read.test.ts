import t from 'tap'
import salesforce from '../../drivers/salesforce/driver.ts'
import type { Fields } from '../../schemas/field.ts'
import type { ReadField, ReadFields } from '../../schemas/verbs.ts'
import { bestOf, type Crm } from '../contract/connect.ts'
import { askedBy, create, open, refused, statementsIn, stored } from './salesforce/open.ts'

const LEAD: Fields = {
  FirstName: 'Ada',
  LastName: 'King',
  Email: 'ada@example.test',
  Phone: '+14155550100',
  Budget_Max__c: 500_000.5,
  Rooms__c: 3,
  Has_Pets__c: true,
  Move_In__c: '2027-01-31',
  Viewing_At__c: '2026-12-24T09:30:15.000Z',
  Areas__c: ['North', 'West'],
  Industry: 'Retail',
  Wishes__c: '<p>A garden</p>',
}
const OF_LEAD: ReadField[] = [
  { field: 'Budget_Max__c', type: 'number' },
  { field: 'Rooms__c', type: 'integer' },
  { field: 'Has_Pets__c', type: 'boolean' },
  { field: 'Move_In__c', type: 'date' },
  { field: 'Viewing_At__c', type: 'datetime' },
  { field: 'Areas__c', type: 'options' },
  { field: 'Industry', type: 'option' },
  { field: 'Wishes__c', type: 'html' },
]
const WRITTEN = Object.fromEntries(OF_LEAD.map(({ field }) => [field, LEAD[field]]))

/** Every way by which a lead comes back. */
const waysTo = (crm: Crm, external_id: string, read?: ReadFields): [string, () => Promise<Fields | undefined>][] => {
  const asking = read && { read }
  const lookup = async (key: object) => bestOf(await salesforce.lookupCustomer(crm.call(), { ...key, ...asking }))?.fields
  const search = async (query: string, phone?: string) => {
    const input = { object: 'lead', query, limit: 5, ...(phone !== undefined && { phone }), ...asking }
    return (await salesforce.searchRecords(crm.call(), input)).matches[0]?.fields
  }
  const since = new Date(Date.now() - 3_600_000).toISOString()
  return [
    ['phone', () => lookup({ phone: '+14155550100' })],
    ['e-mail', () => lookup({ email: 'ada@example.test' })],
    ['id', () => lookup({ external_id })],
    ['text', () => search('King')],
    ['number', () => search('415 555 0100', '+14155550100')],
    [
      'recent',
      async () => (await salesforce.listRecent(crm.call(), { object: 'lead', since, limit: 5, ...asking })).records[0]?.fields,
    ],
  ]
}

for (const variant of ['native', 'native+lag'])
  t.test(`what was written comes back as it was, by every way (${variant})`, async (t) => {
    const crm = await open(t, variant)
    const { external_id } = await create(crm, 'lead', LEAD)
    t.match(stored(crm, 'lead'), { Areas__c: 'North;West', Viewing_At__c: '2026-12-24T09:30:15.000+0000' })
    for (const [way, fields] of waysTo(crm, external_id, { lead: OF_LEAD })) t.strictSame(await fields(), WRITTEN, way)
  })

t.test('each object is read for what was asked of it, and nothing more than usual is asked where nothing was', async (t) => {
  const crm = await open(t)
  const lead = await create(crm, 'lead', LEAD)
  await create(crm, 'contact', { LastName: 'King', Phone: '+14155550100', Department: 'Engines' })
  const read: ReadFields = { lead: OF_LEAD, contact: [{ field: 'Department', type: 'string' }] }
  const found = await salesforce.lookupCustomer(crm.call(), { phone: '+14155550100', read })
  t.strictSame(
    found?.customers.map(({ object, fields }) => [object, fields]),
    [
      ['contact', { Department: 'Engines' }],
      ['lead', WRITTEN],
    ],
  )
  const asked = await askedBy(crm, async () => {
    for (const [way, fields] of waysTo(crm, lead.external_id)) t.equal(await fields(), undefined, way)
  })
  t.notOk(asked.some(({ query }) => /__c|Department|Industry/.test(query.toString())))
})

t.test('what is empty is null, and so is a value that is not of the type that was asked for', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'lead', { LastName: 'King' })
  const read = {
    lead: [
      ...OF_LEAD,
      { field: 'LastName', type: 'number' },
      { field: 'Status', type: 'date' },
      { field: 'Phone', type: 'string' },
    ],
  } as const
  const fields = bestOf(await salesforce.lookupCustomer(crm.call(), { external_id, read }))?.fields
  const empty = Object.fromEntries([...OF_LEAD, ...read.lead].map(({ field }) => [field, null]))
  t.strictSame(fields, { ...empty, Has_Pets__c: false })
})

t.test(
  'a usual field, one asked for twice or spelt otherwise is selected once, and comes back as it was asked for',
  async (t) => {
    const crm = await open(t)
    const { external_id } = await create(crm, 'lead', LEAD)
    const read = {
      lead: ['Email', 'email', 'ROOMS__C', 'Rooms__c', 'id', 'Name'].map((field) => ({ field, type: 'string' as const })),
    }
    const wanted = {
      Email: 'ada@example.test',
      email: 'ada@example.test',
      ROOMS__C: '3',
      Rooms__c: '3',
      id: external_id,
      Name: 'Ada King',
    }
    for (const [way, fields] of waysTo(crm, external_id, read)) t.strictSame(await fields(), wanted, way)
  },
)

t.test('fields that the org or the user has no more are empty, the rest is there, and it costs a request each', async (t) => {
  const gone = ['Budget_Max__c', 'Viewing_At__c']
  const crm = await open(t, `native+hide:${gone.map((field) => `Lead.${field}`).join(',')}`)
  const { Budget_Max__c: _, Viewing_At__c: __, ...left } = LEAD
  const { external_id } = await create(crm, 'lead', left)
  for (const [way, fields] of waysTo(crm, external_id, { lead: OF_LEAD }))
    t.strictSame(await fields(), { ...WRITTEN, Budget_Max__c: null, Viewing_At__c: null }, way)
  const asked = await askedBy(crm, () => salesforce.lookupCustomer(crm.call(), { external_id, read: { lead: OF_LEAD } }))
  t.equal(asked.length, 1 + gone.length)
})

t.test('a field that one object lost is read of the other still', async (t) => {
  const crm = await open(t, 'native+hide:Lead.Title')
  await create(crm, 'contact', { LastName: 'King', Phone: '+14155550100', Title: 'Countess' })
  await create(crm, 'lead', { LastName: 'King', Phone: '+14155550100' })
  const read: ReadFields = { contact: [{ field: 'Title', type: 'string' }], lead: [{ field: 'Title', type: 'string' }] }
  const found = await salesforce.lookupCustomer(crm.call(), { phone: '+14155550100', read })
  t.strictSame(
    found?.customers.map(({ fields }) => fields),
    [{ Title: 'Countess' }, { Title: null }],
  )
})

t.test('a usual field that is hidden since the connection was made, and too many that are gone, are told by name', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'lead', LEAD)
  const gone = Array.from({ length: 6 }, (_, n) => ({ field: `Gone_${n}__c`, type: 'string' as const }))
  const asked = await askedBy(crm, async () => {
    const error = await refused(salesforce.lookupCustomer(crm.call(), { external_id, read: { lead: gone } }))
    t.match(error, { code: 'field_invalid', fields: ['Gone_5__c'], message: /Gone_5__c/ })
  })
  t.equal(asked.length, 6)
  const since = await open(t, 'native+hide:Lead.Email')
  const ctx = since.call()
  const facts = Object.fromEntries(Object.entries(ctx.facts).filter(([name]) => name !== 'hidden.lead'))
  const read = { lead: [{ field: 'Email', type: 'string' as const }] }
  const error = await refused(salesforce.searchRecords({ ...ctx, facts }, { object: 'lead', query: 'King', limit: 5, read }))
  t.match(error, { code: 'field_invalid', fields: ['Email'] })
})

t.test('what is known to be hidden is not asked for, and empty', async (t) => {
  const crm = await open(t, 'native+hide:Contact.HomePhone')
  const { external_id } = await create(crm, 'contact', { LastName: 'King' })
  const read = { contact: [{ field: 'HomePhone', type: 'string' as const }] }
  const asked = await askedBy(crm, async () => {
    t.strictSame(bestOf(await salesforce.lookupCustomer(crm.call(), { external_id, read }))?.fields, { HomePhone: null })
  })
  t.equal(asked.length, 1)
})

t.test('a name that no field can have is asked of nobody, and is empty', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'lead', LEAD)
  const odd = [
    'Account.Name',
    'Id, Name',
    "Email = '",
    '(SELECT Id FROM Contacts)',
    'FROM',
    'null',
    'Limit',
    '__proto__',
    'constructor.name',
    'toString()',
    '',
    ' ',
    'Ü',
    'a'.repeat(20_000),
  ]
  const read = { lead: [...odd, 'Industry'].map((field) => ({ field, type: 'string' as const })) }
  const wanted = Object.fromEntries([...odd.map((name) => [name, null]), ['Industry', 'Retail']])
  const asked = await askedBy(crm, async () => {
    for (const [way, fields] of waysTo(crm, external_id, read)) t.strictSame(await fields(), wanted, way)
  })
  const selected = statementsIn(asked).map((statement) => statement.replaceAll(/ LIMIT \d+| WHERE .*| FROM Lead/g, ''))
  for (const name of odd.filter((name) => name.trim().length > 3 && name.length < 100))
    t.notOk(
      selected.some((statement) => statement.includes(`, ${name}`)),
      name,
    )
})
