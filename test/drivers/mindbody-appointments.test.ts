import t from 'tap'
import mindbody from '../../drivers/mindbody/driver.ts'
import { keepsToDescription } from '../conformance/contract.ts'
import { type Crm, reference } from '../contract/connect.ts'
import { ADA, asked, bodiesTo, create, errorOf, open, openThat, refused, stored, update } from './mindbody/site.ts'

const FIELDS = { LocationId: 1, SessionTypeId: 17, StaffId: 100_000_279 }
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
/** Noon in Los Angeles, or an hour before. */
const noon = (days: number) => `${inDays(days)}T20:00:00.000Z`

const booked = async (crm: Crm, days = 3, ref = reference()) => {
  const contact = crm.sandbox.records('contact').length ? String(stored(crm).UniqueId) : await create(crm, 'contact', ADA)
  const id = await create(crm, 'appointment', { ...FIELDS, ClientUniqueId: contact, StartDateTime: noon(days) }, ref)
  return { contact, id }
}

t.test('times go out by the clocks of the site, summer and winter, and come back as they were', async (t) => {
  const crm = await open(t)
  const { contact } = await booked(crm)
  const sent = async (StartDateTime: string) => {
    const id = await create(crm, 'appointment', { ...FIELDS, ClientUniqueId: contact, StartDateTime })
    const read = { appointment: [{ field: 'StartDateTime', type: 'datetime' as const }] }
    const day = String(bodiesTo(crm, '/addappointment').at(-1)?.StartDateTime)
    const { matches } = await mindbody.searchRecords(crm.call(), {
      object: 'appointment',
      query: day.slice(0, 10),
      limit: 9,
      read,
    })
    t.equal(matches.find(({ external_id }) => external_id === id)?.fields?.StartDateTime, StartDateTime)
    return day
  }
  t.equal(await sent('2027-07-01T19:30:00.000Z'), '2027-07-01T12:30:00')
  t.equal(await sent('2027-01-10T19:30:00.000Z'), '2027-01-10T11:30:00')
  t.equal(await sent('2027-01-11T05:30:00.000Z'), '2027-01-10T21:30:00', 'another day than in UTC')
  t.match(
    await refused(sent('2027-11-07T09:30:00.000Z')),
    { code: 'field_invalid', fields: ['StartDateTime'], message: /show once/ },
    'the hour that comes twice',
  )
})

t.test('a booking takes no payment unless the connection says so, and is marked with its reference', async (t) => {
  const crm = await open(t)
  const ref = reference()
  await booked(crm, 3, ref)
  t.match(stored(crm, 'appointment'), { ApplyPayment: false, PartnerExternalId: `vorel:${ref}`, ClientId: stored(crm).Id })
  const ctx = crm.call()
  const fields = { ...FIELDS, ClientUniqueId: String(stored(crm).UniqueId), StartDateTime: noon(4) }
  const paying = { ...ctx, settings: { ...ctx.settings, apply_payment: 'yes' } }
  await mindbody.createRecord(paying, { object: 'appointment', fields, reference: reference(), idempotency_key: 'k' })
  t.equal(stored(crm, 'appointment', 1).ApplyPayment, true)
})

t.test('a repeat finds the booking of the first try, moved within the day or cancelled', async (t) => {
  const crm = await open(t)
  const ref = reference()
  const { id } = await booked(crm, 3, ref)
  await update(crm, 'appointment', id, { StartDateTime: noon(3).replace('T20', 'T21'), Status: 'Cancelled' })
  t.equal((await booked(crm, 3, ref)).id, id)
  t.match(stored(crm, 'appointment'), { Status: 'Cancelled' })
  t.equal((await booked(crm)).id === id, false, 'and the same under another reference is another')
  t.equal(crm.sandbox.records('appointment').length, 2)
})

t.test('a booking of the next weeks is found by its reference alone, and of any day by a repeat', async (t) => {
  const crm = await open(t)
  const [near, far] = [reference(), reference()]
  const { id } = await booked(crm, 30, near)
  const other = await booked(crm, 300, far)
  const find = (reference: string) => mindbody.findByReference?.(crm.call(), { object: 'appointment', reference })
  t.match(await find(near), { external_id: id })
  t.equal(await find(far), null)
  t.equal((await booked(crm, 300, far)).id, other.id)
  t.equal(crm.sandbox.records('appointment').length, 2)
})

t.test('a request that is still under way is no success and no failure', async (t) => {
  const crm = await openThat(t, ({ query }, path) => {
    if (path === '/appointment/addappointment') return errorOf(409, 'Conflict', 'Identical request is still in progress')
    return query.has('request.uniqueIds') ? { status: 200, body: { Clients: [{ Id: 'A', UniqueId: 5 }] } } : undefined
  })
  const asked = create(crm, 'appointment', { ...FIELDS, ClientUniqueId: '5', StartDateTime: noon(3) })
  t.match(await refused(asked), { code: 'provider_unavailable', effect: 'unknown' })
  t.equal(bodiesTo(crm, '/addappointment').length, 1)
  for (const { headers } of crm.sandbox.requests) t.notOk('x-requestdeduplication-skip' in headers)
})

t.test('what a booking lacks is named before anything is asked, and an unknown client before it is booked', async (t) => {
  const crm = await open(t)
  const before = crm.sandbox.requests.length
  t.match(await refused(create(crm, 'appointment', { Notes: 'x' })), {
    code: 'field_invalid',
    fields: ['ClientUniqueId', 'LocationId', 'SessionTypeId', 'StaffId', 'StartDateTime'],
  })
  t.match(await refused(create(crm, 'appointment', { ...FIELDS, Status: 'Booked' })), { fields: ['Status'] })
  t.equal(crm.sandbox.requests.length, before)
  const nobodys = { ...FIELDS, ClientUniqueId: '999', StartDateTime: noon(3) }
  t.match(await refused(create(crm, 'appointment', nobodys)), { code: 'field_invalid', fields: ['ClientUniqueId'] })
  t.equal(crm.sandbox.writes().length, 0)
})

t.test('a time or place that cannot be booked is told by its field', async (t) => {
  const crm = await open(t)
  const { contact } = await booked(crm)
  const wrong = { StartDateTime: noon(3).replace('T20', 'T11'), LocationId: 9, SessionTypeId: 9, StaffId: 9 }
  for (const [field, value] of Object.entries(wrong)) {
    const fields = { ...FIELDS, ClientUniqueId: contact, StartDateTime: noon(3), [field]: value }
    t.match(await refused(create(crm, 'appointment', fields)), { code: 'field_invalid', fields: [field], effect: 'none' })
  }
})

t.test('an update moves, cancels and confirms; what cannot change is refused; an unknown one is not found', async (t) => {
  const crm = await open(t)
  const { id } = await booked(crm)
  await update(crm, 'appointment', id, { StartDateTime: noon(5), Notes: 'by phone', SendEmail: true })
  t.match(stored(crm, 'appointment'), { StartDateTime: /T1[12]:00:00$/, Notes: 'by phone', Status: 'Booked' })
  for (const Status of ['Confirmed', 'Arrived', 'Completed', 'Booked', 'LateCancelled', 'Cancelled']) {
    await update(crm, 'appointment', id, { Status })
    t.equal(stored(crm, 'appointment').Status, Status)
  }
  t.match(await refused(update(crm, 'appointment', id, { Status: 'NoShow' })), { code: 'field_invalid', fields: ['Status'] })
  t.match(await refused(update(crm, 'appointment', id, { LocationId: 2 })), { code: 'field_invalid', fields: ['LocationId'] })
  for (const nobody of ['999', 'abc', '1 or 1', '-5'])
    t.match(await refused(update(crm, 'appointment', nobody, { Notes: 'x' })), { code: 'record_not_found' }, nobody)
})

t.test('a class is booked by its id, once for each client, and given up', async (t) => {
  const crm = await open(t)
  const contact = await create(crm, 'contact', ADA)
  const book = (ClientUniqueId: string) => create(crm, 'appointment', { ClientUniqueId, ClassId: 77 })
  const id = await book(contact)
  t.equal(id, `class-77-${stored(crm, 'visit').Id}`)
  t.equal(await book(contact), id, 'a place that is there is the one asked for')
  t.equal(crm.sandbox.records('visit').length, 1)
  t.equal(crm.sandbox.records('appointment').length, 0)
  await update(crm, 'appointment', id, { Status: 'Cancelled' })
  t.equal(crm.sandbox.records('visit').length, 0)
  t.match(await refused(update(crm, 'appointment', id, { Status: 'Cancelled' })), { code: 'record_not_found' })
})

t.test(
  'what a class cannot take is refused: its time, other changes, one client too many, a class that is not there',
  async (t) => {
    const crm = await open(t)
    const ids: string[] = []
    for (const n of [1, 2, 3]) ids.push(await create(crm, 'contact', { ...ADA, Email: `ada${n}@example.test` }))
    const book = (ClientUniqueId = '', more = {}) => create(crm, 'appointment', { ClientUniqueId, ClassId: 77, ...more })
    t.match(await refused(book(ids[0], { StartDateTime: noon(3) })), { code: 'field_invalid', fields: ['StartDateTime'] })
    const id = await book(ids[0])
    await book(ids[1])
    t.match(await refused(book(ids[2])), { code: 'field_invalid', fields: ['ClassId'], message: /full/ })
    t.match(await refused(book(ids[2], { ClassId: 1 })), { code: 'field_invalid', fields: ['ClassId'] })
    t.match(await refused(update(crm, 'appointment', id, { Notes: 'x' })), { code: 'field_invalid', fields: ['Notes'] })
    t.match(await refused(update(crm, 'appointment', id, { Status: 'Confirmed' })), { code: 'field_invalid', fields: ['Status'] })
    await update(crm, 'appointment', id, { Status: 'LateCancelled' })
    t.match(stored(crm, 'visit'), { LateCancelled: true })
  },
)

t.test('appointments are found by whose they are, by their day and by their id', async (t) => {
  const crm = await open(t)
  const { contact, id } = await booked(crm)
  const bea = await create(crm, 'contact', { FirstName: 'Bea', LastName: 'Byron', MobilePhone: '+14155550101' })
  await create(crm, 'appointment', { ...FIELDS, ClientUniqueId: bea, StartDateTime: noon(4) })
  const search = async (query: string, phone?: string) =>
    (await mindbody.searchRecords(crm.call(), { object: 'appointment', query, ...(phone && { phone }), limit: 9 })).matches
  for (const query of ['Ada Lovelace', ADA.Email, contact, id, inDays(3)])
    t.strictSame(
      (await search(query)).map(({ external_id }) => external_id),
      [id],
      query,
    )
  t.strictSame(
    (await search('415 555 0100', '+14155550100')).map(({ external_id }) => external_id),
    [id],
  )
  t.strictSame(await search('zzz-nonsense'), [])
  t.match((await search(id))[0], { object: 'appointment', name: new RegExp(`^${inDays(3)} 1[12]:00$`) })
})

t.test('an appointment tells its client by the id that contacts have', async (t) => {
  const crm = await open(t)
  const { contact, id } = await booked(crm)
  const types = {
    ClientUniqueId: 'string',
    ClientId: 'string',
    Duration: 'integer',
    Status: 'option',
    Notes: 'text',
    EndDateTime: 'date',
    Gone: 'string',
  } as const
  const read = { appointment: Object.entries(types).map(([field, type]) => ({ field, type })) }
  const { records } = await mindbody.listRecent(crm.call(), {
    object: 'appointment',
    since: new Date().toISOString(),
    limit: 5,
    read,
  })
  const fields = {
    ClientUniqueId: contact,
    ClientId: stored(crm).Id,
    Duration: 60,
    Status: 'Booked',
    Notes: null,
    EndDateTime: inDays(3),
    Gone: null,
  }
  t.match(records, [{ external_id: id, fields }])
})

t.test('recent appointments start from the moment on, the last booked first', async (t) => {
  const crm = await open(t)
  const days = [10, 2, 5]
  const ids: string[] = []
  for (const day of days) ids.push((await booked(crm, day)).id)
  const since = async (since: string, limit = 9) =>
    (await mindbody.listRecent(crm.call(), { object: 'appointment', since, limit })).records.map(({ external_id }) => external_id)
  t.strictSame(await since(new Date().toISOString()), ids.toReversed())
  t.strictSame(await since(new Date().toISOString(), 2), ids.toReversed().slice(0, 2))
  t.strictSame(await since(noon(5)), [ids[2], ids[0]])
  t.strictSame(await since(noon(5).replace('T20', 'T21')), [ids[0]])
  t.strictSame(await since(noon(400)), [])
})

t.test('every page of appointments is read, and too many are an error', async (t) => {
  let total = 450
  const crm = await openThat(t, ({ query }, path) => {
    if (path !== '/appointment/staffappointments') return
    const offset = Number(query.get('request.offset') ?? 0)
    const rows = Array.from({ length: Math.min(200, total - offset) }, (_, n) => ({
      Id: offset + n + 1,
      StartDateTime: `${inDays(3)}T12:00:00`,
    }))
    return { status: 200, body: { Appointments: rows, PaginationResponse: { TotalResults: total } } }
  })
  const recent = () => mindbody.listRecent(crm.call(), { object: 'appointment', since: new Date().toISOString(), limit: 500 })
  t.equal((await recent()).records.length, 450)
  total = 5000
  t.match(await refused(recent()), { code: 'field_invalid', message: /later moment/ })
})

t.test('a place in a class that failed under status 200 is none, and it is open what happened', async (t) => {
  const crm = await openThat(t, ({ query }, path) => {
    if (path === '/class/addclienttoclass') return { status: 200, body: { Visit: { Id: 9, Action: 'Failed' } } }
    return query.has('request.uniqueIds') ? { status: 200, body: { Clients: [{ Id: 'A', UniqueId: 5 }] } } : undefined
  })
  t.match(await refused(create(crm, 'appointment', { ClientUniqueId: '5', ClassId: 77 })), {
    code: 'field_invalid',
    effect: 'unknown',
  })
})

keepsToDescription(mindbody, asked, 'mindbody, bookings')
