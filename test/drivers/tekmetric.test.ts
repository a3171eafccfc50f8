import t from 'tap'
import { VorelError } from '../../core/errors.ts'
import { written } from '../../drivers/tekmetric/answer.ts'
import tekmetric from '../../drivers/tekmetric/driver.ts'
import { Id } from '../../drivers/tekmetric/map.ts'
import { withPrimary } from '../../drivers/tekmetric/phones.ts'
import { refusal } from '../../drivers/tekmetric/refusal.ts'
import { FOREIGN } from '../../drivers/tekmetric/sandbox-store.ts'
import { ADA, asked, create, failure, fieldsOf, open, search, stored, update } from './tekmetric/shop.ts'

const PHONE = '+14155550100'

t.test('a key that opens two shops shows one: by phone, e-mail and id, in searches and lists', async (t) => {
  const crm = await open(t)
  t.equal(await tekmetric.lookupCustomer(crm.call(), { external_id: String(FOREIGN.contact) }), null)
  const unseen = tekmetric.lookupCustomer(crm.call(), { external_id: String(FOREIGN.unseenContact) })
  t.match(await failure(unseen), { code: 'auth_error' }, 'what the key may not see is not said to be nobody')
  t.equal(await tekmetric.lookupCustomer(crm.call(), { phone: PHONE }), null)
  t.equal(await tekmetric.lookupCustomer(crm.call(), { email: 'ada@example.test' }), null)
  for (const object of ['contact', 'repair_order', 'appointment']) {
    t.strictSame(await search(crm, object, 'Mallory'), [], object)
    const { records } = await tekmetric.listRecent(crm.call(), { object, since: '2020-01-01T00:00:00Z', limit: 10 })
    t.strictSame(records, [], object)
  }
  const lists = asked(crm, 'GET', /\/(customers|repair-orders|appointments)$/)
  t.ok(lists.length > 8 && lists.every(({ query }) => query.get('shop') === '3441'), 'shop is said in every list')
})

t.test('a record of another shop is not changed', async (t) => {
  const crm = await open(t)
  const changes = { contact: { lastName: 'X' }, repair_order: { keyTag: 'X' }, appointment: { title: 'X' } }
  for (const [object, fields] of Object.entries(changes)) {
    const id = String(FOREIGN[object as keyof typeof changes])
    t.match(await failure(update(crm, object, id, fields)), { code: 'record_not_found' }, object)
  }
  t.strictSame(crm.sandbox.writes(), [])
})

t.test('deleted customers are nobody, and bounds of deletion are never asked for', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  Object.assign(stored(crm, 'contact', id), { deletedDate: new Date().toISOString() })
  for (const key of [{ phone: PHONE }, { email: ADA.email }, { external_id: id }])
    t.equal(await tekmetric.lookupCustomer(crm.call(), key), null, `by ${Object.keys(key)}`)
  t.strictSame(await search(crm, 'contact', 'Lovelace'), [])
  const { records } = await tekmetric.listRecent(crm.call(), { object: 'contact', since: '2020-01-01T00:00:00Z', limit: 5 })
  t.strictSame(records, [])
  t.equal((await failure(update(crm, 'contact', id, { lastName: 'X' }))).code, 'record_not_found')
  t.ok(crm.sandbox.requests.every(({ query }) => ![...query.keys()].some((name) => name.startsWith('deletedDate'))))
})

t.test('lists are read to their last page, in whichever form pages come', async (t) => {
  for (const variant of ['', 'older']) {
    const crm = await open(t, variant)
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) ids.push(await create(crm, 'contact', { ...ADA, firstName: `Ada ${n}` }))
    const rows = crm.sandbox.records('contact')
    const [first] = rows
    for (let n = 0; n < 245; n += 1) rows.push({ ...first, id: 500_000 + n, updatedDate: '2026-01-01T00:00:00.000Z' })
    const found = await tekmetric.lookupCustomer(crm.call(), { phone: PHONE })
    t.equal(found?.customers.length, 250)
    t.strictSame(
      asked(crm, 'GET', /customers$/)
        .slice(-6)
        .map(({ query }) => query.get('page'))
        .toSorted(),
      ['0', '0', '1', '1', '2', '2'],
    )
    const since = '2020-01-01T00:00:00Z'
    const { records } = await tekmetric.listRecent(crm.call(), { object: 'contact', since, limit: 7 })
    t.strictSame(
      records.slice(0, 5).map(({ external_id }) => external_id),
      ids.toReversed(),
      'the newest of all pages',
    )
    t.ok(asked(crm, 'GET', /customers$/).every(({ query }) => Number(query.get('size')) <= 100))
  }
})

t.test('where the last day holds enough, nothing older is read', async (t) => {
  const crm = await open(t)
  for (let n = 0; n < 3; n += 1) await create(crm, 'contact', ADA)
  const list = async (limit: number) => {
    const before = asked(crm, 'GET', /customers$/).length
    await tekmetric.listRecent(crm.call(), { object: 'contact', since: '2020-01-01T00:00:00Z', limit })
    return asked(crm, 'GET', /customers$/).slice(before).length
  }
  t.equal(await list(3), 1)
  t.equal(await list(4), 3)
})

t.test('the moment asked for is within', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  const since = String(stored(crm, 'contact', id).updatedDate)
  const at = async (moment: string) =>
    (await tekmetric.listRecent(crm.call(), { object: 'contact', since: moment, limit: 5 })).records.length
  t.equal(await at(since), 1)
  t.equal(await at(new Date(Date.parse(since) + 1).toISOString()), 0)
})

t.test('everybody with a number is told: persons before businesses, the oldest first, by any of their numbers', async (t) => {
  for (const variant of ['', 'literal']) {
    const crm = await open(t, variant)
    const business = await create(crm, 'contact', { firstName: 'Engines Ltd', phone: PHONE, customerTypeId: '2' })
    const person = await create(crm, 'contact', ADA)
    const other = await create(crm, 'contact', { firstName: 'Bea', phone: '+14155550177' })
    const phones = stored(crm, 'contact', other).phone as object[]
    phones.push({ id: 1, number: '4155550100', type: 'Work', primary: false })
    const found = await tekmetric.lookupCustomer(crm.call(), { phone: PHONE })
    t.strictSame(
      found?.customers.map(({ external_id }) => external_id),
      [person, other, business],
      variant || 'digits',
    )
  }
})

t.test('an e-mail address finds whoever has it whole, in any case', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', { ...ADA, email: 'bada@example.test' })
  t.equal(await tekmetric.lookupCustomer(crm.call(), { email: 'ada@example.test' }), null)
  const id = await create(crm, 'contact', { ...ADA, email: 'Ada@Example.test' })
  t.strictSame(
    (await tekmetric.lookupCustomer(crm.call(), { email: 'ada@example.test' }))?.customers.map((c) => c.external_id),
    [id],
  )
})

t.test('names differ in writing and reading: a list of e-mails, phones, and an address as a whole', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', {
    ...ADA,
    address1: '1 Test Rd',
    city: 'Springfield',
    notes: 'Called',
    okForMarketing: true,
  })
  const [posted] = asked(crm, 'POST', /customers$/)
  t.strictSame(JSON.parse(posted?.body ?? ''), {
    shopId: 3441,
    firstName: 'Ada',
    lastName: 'Lovelace',
    email: ['ada@example.test'],
    notes: 'Called',
    okForMarketing: true,
    phones: [{ number: '415-555-0100', type: 'Mobile', primary: true }],
    address: { address1: '1 Test Rd', city: 'Springfield' },
  })
  const names = ['email', 'phone', 'city', 'okForMarketing', 'customerTypeId', 'birthday', 'nonsense', 'constructor']
  t.strictSame(
    { ...(await fieldsOf(crm, 'contact', id, names)) },
    {
      email: 'ada@example.test',
      phone: PHONE,
      city: 'Springfield',
      okForMarketing: true,
      customerTypeId: '1',
      birthday: null,
      nonsense: null,
      constructor: null,
    },
  )
})

t.test(
  'a new number takes the place of the primary one, and the others stay, whatever a PATCH does to what it leaves out',
  async (t) => {
    for (const variant of ['', 'merged']) {
      const crm = await open(t, variant)
      const id = await create(crm, 'contact', { ...ADA, address1: '1 Test Rd', zip: '62701' })
      const phones = stored(crm, 'contact', id).phone as { id: number; number: string }[]
      phones.unshift({ id: 7, number: '415-555-0111', type: 'Work', primary: false } as never)
      await update(crm, 'contact', id, { phone: '+14155550122', city: 'Springfield' })
      const { phone, address } = stored(crm, 'contact', id) as { phone: { id: number; number: string }[]; address: object }
      t.strictSame(new Set(phone.map(({ number }) => number)), new Set(['415-555-0111', '415-555-0122']), variant)
      t.strictSame(new Set(phone.map(({ id }) => id)), new Set(phones.map(({ id }) => id)), variant)
      t.match(address, { address1: '1 Test Rd', city: 'Springfield', zip: '62701' }, variant)
    }
  },
)

t.test('a number that is cleared is gone, or the answer says that Tekmetric keeps it', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  await update(crm, 'contact', id, { phone: null, email: null, lastName: null })
  t.match(stored(crm, 'contact', id), { phone: [], email: null, lastName: null })
  const keeping = await open(t, 'merged')
  const kept = await create(keeping, 'contact', ADA)
  const told = await failure(update(keeping, 'contact', kept, { phone: null, lastName: 'Byron' }))
  t.match(told, { code: 'field_invalid', fields: ['phone'], message: /clear it there. All else was written/ })
  t.equal(stored(keeping, 'contact', kept).lastName, 'Byron')
})

t.test('what Tekmetric would not take is refused before it is asked, by name', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  const before = crm.sandbox.writes().length
  for (const [fields, name] of [
    [{ firstName: null }, 'firstName'],
    [{ birthday: '1990-12-10' }, 'birthday'],
    [{ creditLimit: 5 }, 'creditLimit'],
    [{ customerTypeId: '3' }, 'customerTypeId'],
    [{ okForMarketing: null }, 'okForMarketing'],
    [{ constructor: 'x' }, 'constructor'],
    [{ notes: ['a', 'b'] }, 'notes'],
  ] as const)
    t.match(await failure(update(crm, 'contact', id, fields as never)), { code: 'field_invalid', fields: [name] }, name)
  t.match(await failure(create(crm, 'contact', { lastName: 'Lovelace' })), { code: 'field_invalid', fields: ['firstName'] })
  t.equal(crm.sandbox.writes().length, before)
})

t.test('a refusal under status 200 is a refusal, and what is neither is not known', async (t) => {
  const crm = await open(t, 'soft')
  const told = await failure(create(crm, 'appointment', { startTime: '2026-12-01T15:00:00Z', customerId: '1' }))
  t.match(told, { code: 'field_invalid', effect: 'none' })
  const answering = (answer: object) =>
    ({ http: { post: async () => answer, decode: (_: unknown, data: unknown) => data } }) as never
  const doing = (answer: object) => failure(written(answering(answer), 'post', '/customers', {}, Id))
  t.match(await doing({ type: 'WARNING', data: 5 }), { code: 'provider_unavailable', effect: 'unknown' })
  t.match(await doing({ type: 'ERROR', data: { id: 5 } }), { code: 'provider_unavailable', effect: 'unknown' })
  t.match(await doing({ type: 'ERROR', message: 'no', data: null }), { code: 'field_invalid', effect: 'none' })
  t.match(await doing({ type: 'SUCCESS', data: 5 }), { code: 'no error' })
})

t.test("refusals go by Tekmetric's three kinds, and pass no value on", async (t) => {
  const told = (status: number, json?: unknown) =>
    refusal({ status, json, headers: {}, body: Buffer.from(json === undefined ? '' : JSON.stringify(json)) })
  const error = (message: string) => ({ type: 'ERROR', message, data: null, details: {} })
  t.match(told(401), { code: 'auth_error', isExpired: true })
  t.match(told(401, { error: 'invalid_token' }), { code: 'auth_error', isExpired: true })
  t.match(told(401, { error: 'invalid_client' }), { code: 'auth_error', isExpired: false })
  t.match(told(403, { error: 'insufficient_scope', scope: '791' }), { code: 'auth_error', isExpired: false })
  t.match(told(403, error('Access Denied')), { code: 'auth_error', isExpired: false })
  t.match(told(404, error('Not found')), { code: 'record_not_found' })
  t.match(told(429), { code: 'provider_rate_limited', retryAfterSeconds: 3 })
  const bad = told(400, error("Invalid value 'ada@example.test' for email"))
  t.match(bad, { code: 'field_invalid', fields: ['email'], effect: 'none' })
  t.notMatch(bad?.message, 'ada@example.test')
  t.equal(told(503), undefined)
  t.ok(told(400) instanceof VorelError)
})

t.test('of several numbers the one marked primary is changed, with its id', async (t) => {
  const phones = [
    { id: 1, number: '415-555-0101', type: 'Home', primary: false },
    { id: 2, number: '415-555-0102', type: 'Cell', primary: true },
  ]
  const [home, cell] = phones
  t.strictSame(withPrimary(phones, '415-555-0199'), [home, { ...cell, number: '415-555-0199' }])
  t.strictSame(withPrimary(phones, ''), [home])
  t.strictSame(withPrimary([], ''), [])
})
