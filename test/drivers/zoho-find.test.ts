import t, { type Test } from 'tap'
import zoho from '../../drivers/zoho/driver.ts'
import { phoneForms } from '../../drivers/zoho/phones.ts'
import startSandbox from '../../drivers/zoho/sandbox.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { bestOf, type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant = ''): Promise<Crm> => connect(t, zoho, (options) => startSandbox({ ...options, variant }))

const create = (crm: Crm, object: string, fields: Fields, ref = reference()) =>
  zoho.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })

t.test('while the index does not know a record yet, lookups and repeats find it, and a search does not', async (t) => {
  const crm = await open(t, 'lag')
  const ref = reference()
  const fields = { Last_Name: 'Lovelace', Email: 'ada@example.test', Phone: '(415) 555-0100' }
  const { external_id } = await create(crm, 'contact', fields, ref)
  for (const key of [{ phone: '+14155550100' }, { email: 'ADA@example.test' }, { external_id }])
    t.equal(bestOf(await zoho.lookupCustomer(crm.call(), key))?.external_id, external_id, `by ${Object.keys(key)}`)
  t.equal((await create(crm, 'contact', fields, ref)).external_id, external_id)
  t.strictSame(await zoho.searchRecords(crm.call(), { object: 'contact', query: 'Lovelace', limit: 5 }), { matches: [] })
})

t.test('an address that a record had once does not find it', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'contact', { Last_Name: "O'Brien", Email: "o'brien@example.test" })
  t.equal(
    bestOf(await zoho.lookupCustomer(crm.call(), { email: "O'Brien@example.test" }))?.external_id,
    external_id,
    'by the index',
  )
  t.equal(await zoho.lookupCustomer(crm.call(), { email: "o'reilly@example.test" }), null)
})

t.test('a number is found as people type it, in any of its fields, and a like one is not', async (t) => {
  for (const variant of ['', 'typed']) {
    const crm = await open(t, variant)
    const typed = ['+1/415/555-0100', '415-555-0101', '4155550102', '+14155550103']
    for (const [n, Other_Phone] of typed.entries()) await create(crm, 'contact', { Last_Name: `Person ${n}`, Other_Phone })
    await create(crm, 'contact', { Last_Name: 'Elsewhere', Phone: '+44 4155550101' })
    const found = async (phone: string) => bestOf(await zoho.lookupCustomer(crm.call(), { phone }))?.name
    const expected = variant === 'typed' ? undefined : 'Person 0' // a way to type that no form foresees needs an index by digits
    t.equal(await found('+14155550100'), expected)
    for (const n of [1, 2, 3]) t.equal(await found(`+1415555010${n}`), `Person ${n}`)
  }
})

t.test('digits that are the same in another country are another number, by the query and by the index', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', { Last_Name: 'In Maine', Phone: '2079460958' })
  await create(crm, 'contact', { Last_Name: 'In New York', Phone: '06-12-345678' })
  for (const phone of ['+442079460958', '+390612345678']) t.equal(await zoho.lookupCustomer(crm.call(), { phone }), null)
})

t.test('the forms of a number begin with those to search by', async (t) => {
  t.strictSame(phoneForms('+442079460958').slice(0, 2), ['+442079460958', '02079460958'])
  t.ok(phoneForms('+14155550100').includes('(415) 555-0100'))
})

t.test('everybody with a key is found: contacts before leads, and each the oldest first', async (t) => {
  for (const variant of ['', 'lag', 'typed']) {
    const crm = await open(t, variant)
    const shared = { Phone: '415-555-0100', Secondary_Email: 'family@example.test' }
    const people: [object: string, id: string][] = []
    for (const object of ['lead', 'contact', 'lead', 'contact'])
      people.push([object, (await create(crm, object, { Last_Name: 'Lovelace', ...shared })).external_id])
    const [oldLead, oldContact, newLead, newContact] = people
    for (const key of [{ phone: '+14155550100' }, { email: 'Family@example.test' }]) {
      const { matched_by, customers } = (await zoho.lookupCustomer(crm.call(), { ...key, external_id: oldLead?.[1] ?? '' })) ?? {}
      t.equal(matched_by, Object.keys(key)[0])
      const order = customers?.map(({ object, external_id }) => [object, external_id])
      t.strictSame(order, [oldContact, newContact, oldLead, newLead], `${variant} by ${matched_by}`)
    }
    const byId = await zoho.lookupCustomer(crm.call(), { external_id: newLead?.[1] ?? '' })
    t.match(byId, { matched_by: 'external_id', customers: [{ object: 'lead', record_url: /\/tab\/Leads\// }] })
    t.equal(byId?.customers.length, 1)
  }
})

t.test('who is known to the index alone is found beside those whom the query finds', async (t) => {
  const crm = await open(t)
  for (const Phone of ['+1/415/555-0100', '(415) 555-0100']) await create(crm, 'contact', { Last_Name: Phone, Phone })
  const found = await zoho.lookupCustomer(crm.call(), { phone: '+14155550100' })
  t.strictSame(
    found?.customers.map(({ name }) => name),
    ['+1/415/555-0100', '(415) 555-0100'],
  )
})

t.test('of a family of thirty, twenty are given', async (t) => {
  const crm = await open(t)
  for (let n = 0; n < 30; n += 1) await create(crm, 'contact', { Last_Name: `Child ${n}`, Phone: '+14155550100' })
  const { customers = [] } = (await zoho.lookupCustomer(crm.call(), { phone: '+14155550100' })) ?? {}
  t.equal(customers.length, 20)
  t.equal(customers[0]?.name, 'Child 0')
})

t.test('a search goes by address, by number, by words, and by how a name begins', async (t) => {
  const crm = await open(t)
  await create(crm, 'lead', {
    Last_Name: 'Lovelace',
    Email: 'ada@example.test',
    Phone: '415 555 0100',
    Company: 'Analytical (Engines)',
  })
  await create(crm, 'deal', { Deal_Name: 'Kitchen, ground floor' })
  const count = async (object: string, query: string, phone = '') =>
    (await zoho.searchRecords(crm.call(), { object, query, limit: 5, ...(phone && { phone }) })).matches.length
  for (const query of ['ada@example.test', 'engines lovelace', 'Lovel', 'L', 'Analytical ('])
    t.equal(await count('lead', query), 1, query)
  await count('lead', 'ada@example.test')
  t.equal(crm.sandbox.requests.at(-1)?.query.get('email'), 'ada@example.test')
  for (const query of ['kitchen', 'Kitchen, gr', 'K']) t.equal(await count('deal', query), 1, query)
  for (const query of ['ovelace', 'bob@example.test']) t.equal(await count('lead', query), 0, query)
  t.equal(await count('lead', '+1 415-555-0100', '+14155550100'), 1)
  t.equal(await count('lead', '+1 415-555-0101', '+14155550101'), 0)
  t.equal(await count('deal', '415 555 0100', '+14155550100'), 0, 'which has no numbers')
})
