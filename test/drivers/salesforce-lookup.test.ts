import t from 'tap'
import salesforce from '../../drivers/salesforce/driver.ts'
import { formsOf } from '../../drivers/salesforce/phone.ts'
import type { LookupCustomerInput } from '../../schemas/verbs.ts'
import { bestOf, type Crm } from '../contract/connect.ts'
import { askedBy, create, elsewhere, open, statementsIn, stored } from './salesforce/open.ts'

const best = async (crm: Crm, key: LookupCustomerInput) => bestOf(await salesforce.lookupCustomer(crm.call(), key))

const idsBy = async (crm: Crm, key: LookupCustomerInput) =>
  (await salesforce.lookupCustomer(crm.call(), key))?.customers.map(({ external_id }) => external_id)

t.test('a number is found however somebody wrote it', async (t) => {
  for (const written of [
    '(415) 555-0100',
    '415.555.0100',
    '+1 415 555 0100',
    '+1-415-555-0100',
    '4155550100',
    '1 (415) 555 0100',
  ]) {
    const crm = await open(t)
    await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName: 'King', Phone: written })
    t.match(await best(crm, { phone: '+14155550100' }), { name: 'King', phone: written }, written)
  }
})

t.test('every phone field of a person counts', async (t) => {
  for (const [object, field] of [
    ['Contact', 'MobilePhone'],
    ['Contact', 'HomePhone'],
    ['Contact', 'OtherPhone'],
    ['Lead', 'MobilePhone'],
  ] as const) {
    const crm = await open(t)
    await elsewhere(crm, 'POST', `/sobjects/${object}`, {
      LastName: 'King',
      ...(object === 'Lead' && { Company: 'Acme' }),
      [field]: '(415) 555-0100',
    })
    t.match(await best(crm, { phone: '+14155550100' }), { name: 'King', phone: '(415) 555-0100' }, field)
  }
})

t.test('what the index does not know yet is found by how numbers are usually written', async (t) => {
  for (const written of [
    '+14155550100',
    '(415) 555-0100',
    '415-555-0100',
    '415.555.0100',
    '4155550100',
    '+1 415 555 0100',
    '+1 (415) 555-0100',
  ]) {
    const crm = await open(t, 'native+lag')
    await elsewhere(crm, 'POST', '/sobjects/Lead', { LastName: 'King', Company: 'Acme', MobilePhone: written })
    t.match(await best(crm, { phone: '+14155550100' }), { name: 'King' }, written)
  }
})

t.test('beside whom the index knows stands who was made since, asked for among the last day’s changes alone', async (t) => {
  const crm = await open(t, 'native+lag:1')
  const known = await create(crm, 'contact', { LastName: 'King', Phone: '+14155550100' })
  const since = await create(crm, 'contact', { LastName: 'Byron', Phone: '(415) 555-0100' })
  const asked = await askedBy(crm, async () => {
    t.strictSame(await idsBy(crm, { phone: '+14155550100' }), [known.external_id, since.external_id])
  })
  const [index, ...tables] = statementsIn(asked).sort()
  t.match(index, /^FIND/)
  t.equal(tables.length, 2)
  t.ok(tables.every((statement) => statement.includes('WHERE SystemModstamp >= 20')))
})

t.test('a number with the same digits in another country is somebody else', async (t) => {
  const crm = await open(t)
  await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName: 'King', Phone: '+49 30 1234567' })
  await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName: 'Other', Phone: '+43 30 1234567' })
  t.match(await best(crm, { phone: '+49301234567' }), { name: 'King' })
  t.equal(await salesforce.lookupCustomer(crm.call(), { phone: '+41301234567' }), null)
  await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName: 'Third', Phone: '030 7654321' })
  t.equal(await salesforce.lookupCustomer(crm.call(), { phone: '+49307654321' }), null, 'the index says yes, the whole number no')
})

t.test('contacts come before leads, the oldest first, each once and with its object', async (t) => {
  const crm = await open(t)
  const both = { LastName: 'King', Email: 'ada@example.test', Phone: '+14155550100' }
  const oldest = await create(crm, 'lead', both)
  stored(crm, 'lead').CreatedDate = '2020-01-01T00:00:00.000+0000'
  const [second, third] = [await create(crm, 'contact', both), await create(crm, 'contact', both)]
  stored(crm, 'contact', 1).CreatedDate = '2021-01-01T00:00:00.000+0000'
  for (const key of [{ email: 'ADA@example.test' }, { phone: '+14155550100' }]) {
    const found = await salesforce.lookupCustomer(crm.call(), key)
    t.strictSame(
      found?.customers.map(({ object, external_id }) => [object, external_id]),
      [
        ['contact', third.external_id],
        ['contact', second.external_id],
        ['lead', oldest.external_id],
      ],
      `by ${Object.keys(key)}`,
    )
  }
})

t.test('of many who share an address the first twenty are told', async (t) => {
  const crm = await open(t)
  for (let n = 0; n < 12; n += 1)
    for (const object of ['Contact', 'Lead'])
      await elsewhere(crm, 'POST', `/sobjects/${object}`, {
        LastName: `${object} ${n}`,
        ...(object === 'Lead' && { Company: 'Acme' }),
        Email: 'info@example.test',
        Phone: '+14155550100',
      })
  for (const key of [{ email: 'info@example.test' }, { phone: '+14155550100' }]) {
    const found = await salesforce.lookupCustomer(crm.call(), key)
    t.equal(found?.customers.length, 20)
    t.equal(found?.customers.filter(({ object }) => object === 'contact').length, 12)
  }
})

t.test('a lead is a customer too, and its record opens as a lead', async (t) => {
  const crm = await open(t)
  const { external_id, record_url } = await create(crm, 'lead', { LastName: 'King', Email: 'ada@example.test' })
  for (const key of [{ email: 'ada@example.test' }, { external_id }]) t.match(await best(crm, key), { external_id, record_url })
})

t.test('what the connected user does not see is not asked for', async (t) => {
  const crm = await open(t, 'native+hide:Lead,Contact.HomePhone,Contact.OtherPhone')
  await create(crm, 'contact', { LastName: 'King', Email: 'ada@example.test', Phone: '+14155550100' })
  for (const key of [{ email: 'ada@example.test' }, { phone: '+14155550100' }]) t.match(await best(crm, key), { name: 'King' })
  for (const key of [{ email: 'nobody@example.test' }, { phone: '+14155550199' }, { external_id: '00QgK0000000001' }])
    t.equal(await salesforce.lookupCustomer(crm.call(), key), null)
  t.equal((await salesforce.searchRecords(crm.call(), { object: 'contact', query: 'King', limit: 5 })).matches.length, 1)
  t.notOk(crm.sandbox.requests.some(({ query }) => /HomePhone|Lead/.test(query.toString())))
})

t.test('an address longer than Salesforce keeps is nobody', async (t) => {
  const crm = await open(t)
  const asked = await askedBy(crm, async () => {
    t.equal(await salesforce.lookupCustomer(crm.call(), { email: `${'a'.repeat(80)}@example.test` }), null)
  })
  t.equal(asked.length, 0)
})

t.test('search finds words in any order and beginnings of names, each record once', async (t) => {
  const crm = await open(t)
  await create(crm, 'lead', { FirstName: 'Ada', LastName: 'Lovelace', Company: 'Analytical Engines', Email: 'ada@example.test' })
  await create(crm, 'lead', { FirstName: 'Grace', LastName: 'Hopper', Company: 'Navy' })
  const names = async (query: string) =>
    (await salesforce.searchRecords(crm.call(), { object: 'lead', query, limit: 5 })).matches.map(({ name }) => name)
  for (const query of [
    'lovelace ada',
    'Love',
    'analytical',
    'Analytical Eng',
    'ada@example.test',
    'engines lovelace',
    'Ada Lovelace',
  ])
    t.strictSame(await names(query), ['Ada Lovelace'], query)
  for (const query of ['ovelace', 'ada hopper', '  ', 'ada OR grace', 'Love*']) t.strictSame(await names(query), [], query)
})

t.test(
  'a search for a number finds who has it in any spelling, and a number that nobody has is searched for as a text',
  async (t) => {
    const crm = await open(t)
    const search = async (object: string, query: string, phone: string, limit = 5) =>
      (await salesforce.searchRecords(crm.call(), { object, query, phone, limit })).matches.map(({ name }) => name)
    await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName: 'King', HomePhone: '415.555.0100' })
    await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName: 'Byron', Phone: '+1 415 555 0100' })
    await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName: 'Other', Phone: '+43 415 5550100' })
    await create(crm, 'lead', { LastName: 'Lead', Company: '415-555-0100' })
    await create(crm, 'deal', { Name: '4155550100 Main Street' })
    t.strictSame(await search('contact', '415 555 0100', '+14155550100'), ['King', 'Byron'])
    t.strictSame(await search('contact', '415 555 0100', '+14155550100', 1), ['King'])
    t.strictSame(await search('lead', '415-555-0100', '+14155550100'), ['Lead'], 'whose company is called so')
    t.strictSame(await search('deal', '4155550100', '+14155550100'), ['4155550100 Main Street'])
  },
)

t.test('search finds a new name that the index does not know', async (t) => {
  const crm = await open(t, 'native+lag')
  await create(crm, 'deal', { Name: 'Villa by the lake' })
  t.equal((await salesforce.searchRecords(crm.call(), { object: 'deal', query: 'villa', limit: 5 })).matches.length, 1)
  t.strictSame((await salesforce.searchRecords(crm.call(), { object: 'deal', query: 'lake', limit: 5 })).matches, [])
  t.equal(stored(crm, 'deal').Name, 'Villa by the lake')
})

t.test('forms of a number outside North America have its trunk zero', async (t) => {
  const { digits, written } = formsOf('+4930123456') ?? {}
  t.strictSame(digits, ['030123456', '30123456', '4930123456'])
  for (const form of ['+4930123456', '030 123456', '+49 30 123456', '030123456']) t.ok(written?.includes(form), form)
})
