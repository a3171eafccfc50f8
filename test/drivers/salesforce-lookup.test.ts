import t from 'tap'
import salesforce from '../../drivers/salesforce/driver.ts'
import { formsOf } from '../../drivers/salesforce/lookup.ts'
import { askedBy, create, elsewhere, open, statementsIn, stored } from './salesforce/open.ts'

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
    t.match(await salesforce.lookupCustomer(crm.call(), { phone: '+14155550100' }), { name: 'King', phone: written }, written)
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
    t.match(
      await salesforce.lookupCustomer(crm.call(), { phone: '+14155550100' }),
      { name: 'King', phone: '(415) 555-0100' },
      field,
    )
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
    t.match(await salesforce.lookupCustomer(crm.call(), { phone: '+14155550100' }), { name: 'King' }, written)
  }
})

t.test('the table is asked only where the index knows nobody, and only for the last day', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', { LastName: 'King', Phone: '+14155550100' })
  const known = await askedBy(crm, () => salesforce.lookupCustomer(crm.call(), { phone: '+14155550100' }))
  t.equal(known.length, 1)
  const unknown = statementsIn(await askedBy(crm, () => salesforce.lookupCustomer(crm.call(), { phone: '+14155550199' })))
  t.equal(unknown.length, 3)
  t.ok(unknown.slice(1).every((statement) => statement.includes('WHERE SystemModstamp >= 20')))
})

t.test('a number with the same digits in another country is somebody else', async (t) => {
  const crm = await open(t)
  await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName: 'King', Phone: '+49 30 1234567' })
  await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName: 'Other', Phone: '+43 30 1234567' })
  t.match(await salesforce.lookupCustomer(crm.call(), { phone: '+49301234567' }), { name: 'King' })
  t.equal(await salesforce.lookupCustomer(crm.call(), { phone: '+41301234567' }), null)
  await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName: 'Third', Phone: '030 7654321' })
  t.equal(await salesforce.lookupCustomer(crm.call(), { phone: '+49307654321' }), null, 'the index says yes, the whole number no')
})

t.test('a contact counts before a lead, and the older of two', async (t) => {
  const crm = await open(t)
  const both = { LastName: 'King', Email: 'ada@example.test', Phone: '+14155550100' }
  await create(crm, 'lead', both)
  stored(crm, 'lead').CreatedDate = '2020-01-01T00:00:00.000+0000'
  const older = await create(crm, 'contact', both)
  await create(crm, 'contact', both)
  for (const key of [{ email: 'ADA@example.test' }, { phone: '+14155550100' }])
    t.match(await salesforce.lookupCustomer(crm.call(), key), { external_id: older.external_id }, `by ${Object.keys(key)}`)
})

t.test('a lead is a customer too, and its record opens as a lead', async (t) => {
  const crm = await open(t)
  const { external_id, record_url } = await create(crm, 'lead', { LastName: 'King', Email: 'ada@example.test' })
  for (const key of [{ email: 'ada@example.test' }, { external_id }])
    t.match(await salesforce.lookupCustomer(crm.call(), key), { external_id, record_url })
})

t.test('what the connected user does not see is not asked for', async (t) => {
  const crm = await open(t, 'native+hide:Lead,Contact.HomePhone,Contact.OtherPhone')
  await create(crm, 'contact', { LastName: 'King', Email: 'ada@example.test', Phone: '+14155550100' })
  for (const key of [{ email: 'ada@example.test' }, { phone: '+14155550100' }])
    t.match(await salesforce.lookupCustomer(crm.call(), key), { name: 'King' })
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
