import t from 'tap'
import mindbody from '../../drivers/mindbody/driver.ts'
import { keepsToDescription } from '../conformance/contract.ts'
import { ADA, asked, create, errorOf, idsBy, open, openThat, refused, stored, update } from './mindbody/site.ts'

const PHONE = '+14155550100'

t.test('inactive clients are found, behind active ones', async (t) => {
  const crm = await open(t)
  const first = await create(crm, 'contact', ADA)
  const second = await create(crm, 'contact', { ...ADA, FirstName: 'Bea' })
  stored(crm).Active = false
  for (const key of [{ phone: PHONE }, { email: ADA.Email }]) t.strictSame(await idsBy(crm, key), [second, first])
  t.strictSame(await idsBy(crm, { external_id: first }), [first])
  const { matches } = await mindbody.searchRecords(crm.call(), { object: 'contact', query: 'Lovelace', limit: 5 })
  t.strictSame(
    matches.map(({ external_id }) => external_id),
    [second, first],
  )
})

t.test('an e-mail address is found whole and in any case, and not as a part of another', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  await create(crm, 'contact', { ...ADA, FirstName: 'Bea', Email: 'not-ada@example.test' })
  t.strictSame(await idsBy(crm, { email: 'ADA@example.test' }), [id])
})

t.test('a number typed by staff in whatever way is found, on each of the three phones', async (t) => {
  const crm = await open(t)
  const ids: string[] = []
  for (const [n, field] of ['MobilePhone', 'HomePhone', 'WorkPhone'].entries()) {
    ids.push(await create(crm, 'contact', { FirstName: 'Ada', LastName: `${n}` }))
    stored(crm, 'contact', n)[field] = ['(415) 555-0100', '1-415-555.0100', '+1 415 555 0100'][n]
  }
  t.strictSame(await idsBy(crm, { phone: PHONE }), ids)
})

t.test('the test finds out whether phones are searched, and where they are not everybody is looked at', async (t) => {
  for (const [variant, known] of [
    ['', 'yes'],
    ['unsearched', 'no'],
  ] as const) {
    const crm = await open(t, variant)
    t.match(await mindbody.testConnection(crm.call()), { facts: { phone_search: 'unknown' } })
    const id = await create(crm, 'contact', ADA)
    const tested = await mindbody.testConnection(crm.call())
    t.match(tested, { ok: true, facts: { phone_search: known } })
    t.equal(tested.ok && /does not search phone numbers/.test(tested.warning ?? ''), known === 'no')
    const facts = tested.ok ? (tested.facts ?? {}) : {}
    const byPhone = (phone: string) => mindbody.lookupCustomer({ ...crm.call(), facts }, { phone })
    t.match(await byPhone(PHONE), { matched_by: 'phone', customers: [{ external_id: id }] })
    t.equal(await byPhone('+14155550199'), null)
    const texts = crm.sandbox.requests.slice(-3).map(({ query }) => query.get('request.searchText'))
    t.equal(texts.at(-1), known === 'yes' ? '0199' : null, 'only there is everybody asked for')
  }
})

t.test('where phones are not searched and there are too many to look at, nobody found is an error', async (t) => {
  const crm = await openThat(t, ({ query }, path) => {
    if (path !== '/client/clients') return
    const text = query.get('request.searchText')
    const isEmail = text?.includes('@')
    const Clients = isEmail ? [{ Id: 'A', UniqueId: 5, Email: text, Active: true }] : []
    return { status: 200, body: { Clients, PaginationResponse: { TotalResults: text === null ? 20_000 : Clients.length } } }
  })
  const asked = crm.sandbox.requests.length
  t.match(await refused(idsBy(crm, { phone: PHONE })), { code: 'field_invalid', fields: ['phone'], message: /by e-mail/ })
  t.equal(crm.sandbox.requests.length - asked, 3, 'and costs a request to know')
  t.match(await refused(idsBy(crm, { phone: PHONE, external_id: '77' })), { code: 'field_invalid' })
  t.strictSame(await idsBy(crm, { phone: PHONE, email: 'ada@example.test' }), ['5'], 'another key may still find them')
  const search = { object: 'contact', query: '(415) 555-0100', phone: PHONE, limit: 5 }
  t.match(await refused(mindbody.searchRecords(crm.call(), search)), { code: 'field_invalid' })
})

t.test('any other failure of a phone search is told, whatever the other keys find', async (t) => {
  let isBroken = false
  const crm = await openThat(t, ({ query }, path) => {
    const text = query.get('request.searchText')
    if (path !== '/client/clients' || text === null) return
    if (text.includes('@')) return { status: 200, body: { Clients: [{ Id: 'A', UniqueId: 5, Email: text }] } }
    return isBroken ? errorOf(403, 'InvalidUserAccessLevel') : undefined
  })
  isBroken = true
  t.match(await refused(idsBy(crm, { phone: PHONE, email: ADA.Email })), { code: 'auth_error' })
})

t.test('what Mindbody finds besides is not taken for the one asked for', async (t) => {
  const crm = await openThat(t, (_, path) =>
    path === '/client/clients'
      ? { status: 200, body: { Clients: [{ Id: 'A', UniqueId: 5, Email: 'x@example.test', MobilePhone: '4155550177' }] } }
      : undefined,
  )
  for (const key of [{ phone: PHONE }, { email: 'ada@example.test' }, { external_id: '6' }])
    t.strictSame(await idsBy(crm, key), [])
  t.match(await refused(update(crm, 'contact', '6', { City: 'Bath' })), { code: 'record_not_found' })
})

t.test('ids that Mindbody would not give are nobody, and are not asked for', async (t) => {
  const crm = await open(t)
  const before = crm.sandbox.requests.length
  for (const external_id of ['', '0', '-1', '007', '1.5', '1e3', 'VR7K2M9QX4', '1&request.limit=1', '9'.repeat(30)])
    t.strictSame(await idsBy(crm, { external_id }), [], external_id)
  t.equal(crm.sandbox.requests.length, before)
})

t.test('a search of several words finds whoever has them all, in whichever field', async (t) => {
  for (const variant of ['', 'loose']) {
    const crm = await open(t, variant)
    const id = await create(crm, 'contact', ADA)
    await create(crm, 'contact', { ...ADA, FirstName: 'Bea', Email: 'bea@example.test' })
    for (const query of ['Ada Lovelace', 'lovelace ada', ' ADA  example.test '])
      t.strictSame(
        (await mindbody.searchRecords(crm.call(), { object: 'contact', query, limit: 5 })).matches.map(
          ({ external_id }) => external_id,
        ),
        [id],
        `${query} ${variant}`,
      )
  }
})

t.test('every page is read, by records and not by pages', async (t) => {
  const all = Array.from({ length: 450 }, (_, n) => ({ Id: `N${n}`, UniqueId: n + 1, Email: 'ada@example.test', Active: true }))
  const offsets: (string | null)[] = []
  const crm = await openThat(t, ({ query }, path) => {
    if (path !== '/client/clients' || !query.has('request.searchText')) return
    const [limit, offset] = [Number(query.get('request.limit')), Number(query.get('request.offset') ?? 0)]
    offsets.push(query.get('request.offset'))
    return { status: 200, body: { Clients: all.slice(offset, offset + limit), PaginationResponse: { TotalResults: 450 } } }
  })
  t.equal((await idsBy(crm, { email: 'ada@example.test' })).length, 450)
  t.strictSame(offsets, [null, '200', '400'])
})

for (const variant of ['', 'local'])
  t.test(`changes are told from the moment on, newest first, whichever clock the filter goes by ${variant}`, async (t) => {
    const crm = await open(t, variant)
    const times = [
      '2026-11-20T10:00:00Z',
      '2026-11-22T09:59:59Z',
      '2026-11-22T10:00:00Z',
      '2026-10-01T10:00:00Z',
      '2024-01-01T00:00:00Z',
    ]
    const ids: string[] = []
    for (const [n, time] of times.entries()) {
      ids.push(await create(crm, 'contact', { ...ADA, Email: `ada${n}@example.test` }))
      Object.assign(stored(crm, 'contact', n), { LastModifiedDateTime: time, Active: n !== 2 })
    }
    const since = async (since: string, limit = 10) =>
      (await mindbody.listRecent(crm.call(), { object: 'contact', since, limit })).records.map(({ external_id }) =>
        ids.indexOf(external_id),
      )
    t.strictSame(await since('2026-11-22T10:00:00.900Z'), [2], 'to the second, inactive ones as well')
    t.strictSame(await since('2026-11-22T10:00:01.000Z'), [])
    t.strictSame(await since('2026-11-20T10:00:00.000Z'), [2, 1, 0])
    t.strictSame(await since('2023-01-01T00:00:00.000Z', 4), [2, 1, 0, 3])
    t.strictSame(await since('2023-01-01T00:00:00.000Z'), [2, 1, 0, 3, 4])
  })

t.test('times of the filter are sent without a zone', async (t) => {
  const crm = await open(t)
  await mindbody.listRecent(crm.call(), { object: 'contact', since: '2026-11-22T10:00:00.000Z', limit: 5 })
  const sent = crm.sandbox.requests.flatMap(({ query }) => query.getAll('request.lastModifiedDate'))
  t.ok(sent.length > 0)
  for (const time of sent) t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
})

t.test('more changes than can be gone through is an error, not a part of them', async (t) => {
  const crm = await openThat(t, ({ query }, path) =>
    path === '/client/clients' && query.has('request.lastModifiedDate')
      ? { status: 200, body: { Clients: [], PaginationResponse: { TotalResults: 5000 } } }
      : undefined,
  )
  t.match(await refused(mindbody.listRecent(crm.call(), { object: 'contact', since: new Date().toISOString(), limit: 5 })), {
    code: 'field_invalid',
  })
})

t.test('times of a client are by the clocks of the site, and the one of the last change is in UTC', async (t) => {
  const crm = await open(t)
  const external_id = await create(crm, 'contact', ADA)
  Object.assign(stored(crm), { CreationDate: '2026-07-01T10:11:12.345', LastModifiedDateTime: '2026-07-02T18:00:00' })
  const found = await mindbody.lookupCustomer(crm.call(), { external_id })
  t.match(found?.customers[0], { created_at: '2026-07-01T17:11:12.000Z', updated_at: '2026-07-02T18:00:00.000Z' })
})

keepsToDescription(mindbody, asked, 'mindbody, lookups')
