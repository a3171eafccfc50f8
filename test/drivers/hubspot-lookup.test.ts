import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import hubspot from '../../drivers/hubspot/driver.ts'
import startSandbox from '../../drivers/hubspot/sandbox.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { bestOf, type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant = ''): Promise<Crm> => connect(t, hubspot, (options) => startSandbox({ ...options, variant }))

const add = async (crm: Crm, fields: Fields, object = 'contact'): Promise<string> => {
  const ref = reference()
  return (await hubspot.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })).external_id
}

const lookup = async (crm: Crm, keys: { phone?: string; email?: string; external_id?: string }, region = 'US') => {
  const ctx = crm.call()
  const found = await hubspot.lookupCustomer({ ...ctx, tenant: { ...ctx.tenant, region } }, keys)
  return bestOf(found)?.external_id ?? null
}

const searches = (crm: Crm) => crm.sandbox.requests.filter(({ path }) => path.endsWith('/search'))

t.test('numbers are found as people type them, in the phone or the mobile property', async (t) => {
  const crm = await open(t)
  const typed: [string, string, string, string][] = [
    ['(415) 555-0100', 'phone', '+14155550100', 'US'],
    ['+1 415-555-0101', 'mobilephone', '+14155550101', 'US'],
    ['1 415 555 0102', 'mobilephone', '+14155550102', 'US'],
    ['07700 900123', 'mobilephone', '+447700900123', 'GB'],
    ['020 7946 0958', 'phone', '+442079460958', 'GB'],
    ['+44 20 7946 0959', 'phone', '+442079460959', 'US'],
  ]
  for (const [index, [number, field, phone, region]] of typed.entries()) {
    const id = await add(crm, { firstname: `Ada ${index}`, [field]: number })
    t.equal(await lookup(crm, { phone }, region), id, number)
  }
})

t.test("what HubSpot's calculated numbers confuse is told apart", async (t) => {
  const crm = await open(t)
  await add(crm, { firstname: 'Dubai', phone: '+971 4155550100'.replace(' ', '') })
  await add(crm, { firstname: 'Extension', phone: '00004' })
  const id = await add(crm, { firstname: 'Ada', phone: '+14155550100' })
  t.equal(await lookup(crm, { phone: '+14155550100' }), id, 'another country has the same national number')
  t.equal(await lookup(crm, { phone: '+4915155550100' }), null)
  t.equal(crm.sandbox.records('contact')[1]?.hs_searchable_calculated_phone_number, '4', 'as odd as it is there')
})

t.test('a search for a number keeps within the groups and filters that HubSpot allows', async (t) => {
  const crm = await open(t)
  await lookup(crm, { phone: '+14155550100' })
  const { filterGroups } = JSON.parse(searches(crm)[0]?.body ?? '{}')
  t.ok(filterGroups.length <= 5)
  t.ok(JSON.stringify(filterGroups).includes('"4155550100"'), 'without the country code')
})

t.test('an e-mail address is read directly, in whatever case, and at once', async (t) => {
  const crm = await open(t, 'lag')
  const id = await add(crm, { firstname: 'Ada', email: 'Ada.Lovelace+crm@Example.test' })
  t.equal(await lookup(crm, { email: 'ada.lovelace+CRM@example.TEST ' }), id)
  t.strictSame(searches(crm), [])
})

for (const variant of ['', 'further-emails'])
  t.test(`a further address of a contact finds it${variant && ', where HubSpot reads it directly too'}`, async (t) => {
    const crm = await open(t, variant)
    await add(crm, { firstname: 'Near', email: 'near@example.test', hs_additional_emails: 'not-ada@example.test' })
    const id = await add(crm, {
      firstname: 'Ada',
      email: 'a@example.test',
      hs_additional_emails: 'x@example.test;ada@example.test',
    })
    t.equal(await lookup(crm, { email: 'ada@example.test' }), id)
    t.equal(await lookup(crm, { email: '*@example.test' }), null, 'a star is no wildcard of ours')
    t.equal(searches(crm).length, variant ? 1 : 2)
  })

t.test('what cannot be an e-mail address or an id is nobody, without asking', async (t) => {
  const crm = await open(t)
  const before = crm.sandbox.requests.length
  for (const email of ['', ' ', 'ada', 'ada @example.test', '..']) t.equal(await lookup(crm, { email }), null)
  for (const external_id of ['0', '-1', 'ada@example.test', '12a', 'search', '1'.repeat(30)])
    t.equal(await lookup(crm, { external_id }), null, external_id)
  t.equal(crm.sandbox.requests.length, before)
})

t.test('ids are of one object: a deal is no customer', async (t) => {
  const crm = await open(t)
  const deal = await add(crm, { dealname: 'Kitchen' }, 'deal')
  t.equal(await lookup(crm, { external_id: deal }), null)
})

t.test('new records come into search and lists some moments late, and nothing is said of them before', async (t) => {
  const crm = await open(t, 'lag')
  const since = new Date(Date.now() - 60_000).toISOString()
  const id = await add(crm, { firstname: 'Ada', lastname: 'Lovelace', phone: '+14155550100' })
  const seen = async () => ({
    byPhone: await lookup(crm, { phone: '+14155550100' }),
    matches: (await hubspot.searchRecords(crm.call(), { object: 'contact', query: 'Lovelace', limit: 5 })).matches.length,
    recent: (await hubspot.listRecent(crm.call(), { object: 'contact', since, limit: 5 })).records.length,
  })
  t.strictSame(await seen(), { byPhone: null, matches: 0, recent: 0 })
  t.equal(await lookup(crm, { external_id: id }), id, 'a read by id does not wait')
  await sleep(350)
  t.strictSame(await seen(), { byPhone: id, matches: 1, recent: 1 })
})

t.test('the moment asked for is within a list of recent records', async (t) => {
  const crm = await open(t)
  for (const object of ['contact', 'deal', 'ticket']) {
    const named = { contact: 'firstname', deal: 'dealname', ticket: 'subject' }[object] ?? ''
    await add(crm, { [named]: 'First' }, object)
    const id = await add(crm, { [named]: 'Second' }, object)
    const [stored] = crm.sandbox.records(object).slice(-1)
    const moment = String(stored?.lastmodifieddate ?? stored?.hs_lastmodifieddate)
    const ids = async (since: string) =>
      (await hubspot.listRecent(crm.call(), { object, since, limit: 5 })).records.map(({ external_id }) => external_id)
    t.strictSame(await ids(moment), [id], object)
    t.strictSame(await ids(new Date(Date.parse(moment) + 1).toISOString()), [])
  }
})

t.test('a change brings a record to the top of the recent ones', async (t) => {
  const crm = await open(t)
  const [first, second] = [await add(crm, { firstname: 'Ada' }), await add(crm, { firstname: 'Grace' })]
  await hubspot.updateRecord(crm.call(), { object: 'contact', external_id: first, fields: { city: 'London' } })
  const since = new Date(Date.now() - 60_000).toISOString()
  const { records } = await hubspot.listRecent(crm.call(), { object: 'contact', since, limit: 5 })
  t.strictSame(
    records.map(({ external_id }) => external_id),
    [first, second],
  )
})

t.test('an empty query matches nothing, and a long one is cut where HubSpot stops reading', async (t) => {
  const crm = await open(t)
  await add(crm, { firstname: 'Ada' })
  t.strictSame(await hubspot.searchRecords(crm.call(), { object: 'contact', query: '  ', limit: 5 }), { matches: [] })
  const long = `Ada ${'Ada '.repeat(2000)}`
  t.equal((await hubspot.searchRecords(crm.call(), { object: 'contact', query: long, limit: 500 })).matches.length, 1)
})
