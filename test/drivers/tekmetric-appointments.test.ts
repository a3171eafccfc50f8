import t from 'tap'
import tekmetric from '../../drivers/tekmetric/driver.ts'
import { type Crm, reference } from '../contract/connect.ts'
import { ADA, asked, create, failure, fieldsOf, open, search, stored, update } from './tekmetric/shop.ts'

const NINE = '2026-12-01T15:00:00.000Z' // by the shop's clocks
const find = (crm: Crm, ref: string) => tekmetric.findByReference?.(crm.call(), { object: 'appointment', reference: ref })

t.test('an appointment needs a start; its title and its end have defaults, and the answer is a bare id', async (t) => {
  const crm = await open(t)
  t.match(await failure(create(crm, 'appointment', { title: 'Oil change' })), { code: 'field_invalid', fields: ['startTime'] })
  const id = await create(crm, 'appointment', { startTime: NINE })
  t.match(stored(crm, 'appointment', id), {
    title: 'Appointment',
    startTime: '2026-12-01T15:00:00Z',
    endTime: '2026-12-01T16:00:00Z',
  })
  const { records } = await tekmetric.listRecent(crm.call(), { object: 'appointment', since: '2026-01-01T00:00:00Z', limit: 5 })
  t.match(records, [
    {
      external_id: id,
      name: 'Appointment 2026-12-01 09:00',
      record_url: `https://sandbox.tekmetric.com/admin/shop/3441/appointments/${id}`,
    },
  ])
})

t.test('an appointment that ends before it starts is refused before the wire', async (t) => {
  const crm = await open(t)
  const backwards = { startTime: NINE, endTime: NINE }
  t.match(await failure(create(crm, 'appointment', backwards)), { code: 'field_invalid', fields: ['startTime', 'endTime'] })
  t.strictSame(crm.sandbox.writes(), [])
})

t.test('customer, color and ride go out as Tekmetric has them, and come back as they went', async (t) => {
  const crm = await open(t)
  const customerId = await create(crm, 'contact', ADA)
  const fields = {
    startTime: NINE,
    title: 'Brakes',
    customerId,
    color: 'light green',
    rideOption: 'LOANER',
    description: 'Squeals',
  }
  const id = await create(crm, 'appointment', fields)
  const [posted] = asked(crm, 'POST', /appointments$/)
  t.match(JSON.parse(posted?.body ?? ''), { shopId: 3441, customerId: Number(customerId), rideOption: 'LOANER' })
  t.strictSame({ ...(await fieldsOf(crm, 'appointment', id, Object.keys(fields))) }, fields)
  const foreign = await failure(create(crm, 'appointment', { startTime: NINE, customerId: '77' }))
  t.match(foreign, { code: 'field_invalid', fields: ['customerId'] })
})

t.test('a create whose answer was lost is found by its mark, and no other is', async (t) => {
  const crm = await open(t)
  const [lost, other] = [reference(), reference()]
  await create(crm, 'appointment', { startTime: NINE, description: 'Squeals' }, other)
  crm.sandbox.play('reset_after', { on: 'write' })
  t.match(await failure(create(crm, 'appointment', { startTime: NINE }, lost)), { effect: 'unknown' })
  const [, made] = crm.sandbox.records('appointment')
  t.match(await find(crm, lost), { external_id: String(made?.id) })
  t.equal(await find(crm, reference()), null)
})

t.test('a booking that was cancelled or changed meanwhile was made all the same', async (t) => {
  const crm = await open(t)
  const ref = reference()
  const id = await create(crm, 'appointment', { startTime: NINE, description: 'Squeals' }, ref)
  await update(crm, 'appointment', id, { description: 'Squeals at low speed' })
  t.match(await find(crm, ref), { external_id: id }, 'with another description')
  await update(crm, 'appointment', id, { description: null })
  t.match(await find(crm, ref), { external_id: id }, 'with none')
  Object.assign(stored(crm, 'appointment', id), { deletedDate: new Date().toISOString() })
  t.match(await find(crm, ref), { external_id: id }, 'cancelled')
})

t.test('a booking of weeks ago is still found by its mark', async (t) => {
  const crm = await open(t)
  const ref = reference()
  const id = await create(crm, 'appointment', { startTime: NINE }, ref)
  const updated = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
  Object.assign(stored(crm, 'appointment', id), { updatedDate: updated(29) })
  t.match(await find(crm, ref), { external_id: id })
})

t.test('where more were changed than can be read, nothing is said of whether one is there', async (t) => {
  const crm = await open(t)
  await create(crm, 'appointment', { startTime: NINE })
  const rows = crm.sandbox.records('appointment')
  const [row] = rows
  for (let n = 0; n < 2_100; n += 1) rows.push({ ...row, id: 600_000 + n, description: null })
  const ctx = crm.call({ deadlineMs: 20_000 })
  t.match(await failure(Promise.resolve(tekmetric.findByReference?.(ctx, { object: 'appointment', reference: reference() }))), {
    code: 'field_invalid',
  })
})

t.test('customers have no mark, so that nobody is said not to have been made', async (t) => {
  const crm = await open(t)
  const ref = reference()
  await create(crm, 'contact', ADA, ref)
  const doing = tekmetric.findByReference?.(crm.call(), { object: 'contact', reference: ref })
  t.match(await failure(Promise.resolve(doing)), { code: 'internal' })
  t.equal(tekmetric.manifest.objects.contact?.idempotency, 'none')
})

t.test('an update sends along what Tekmetric requires, as it was, whether times come with a zone or without', async (t) => {
  for (const variant of ['', 'local']) {
    const crm = await open(t, variant)
    const id = await create(crm, 'appointment', { startTime: NINE, endTime: '2026-12-01T15:30:00.000Z', title: 'Brakes' })
    await update(crm, 'appointment', id, { color: 'red' })
    const [patched] = asked(crm, 'PATCH', /appointments/)
    t.strictSame(
      JSON.parse(patched?.body ?? ''),
      { shopId: 3441, title: 'Brakes', startTime: '2026-12-01T15:00:00Z', endTime: '2026-12-01T15:30:00Z', color: 'red' },
      variant,
    )
    await update(crm, 'appointment', id, { startTime: '2026-12-02T17:00:00.000Z' })
    t.match(stored(crm, 'appointment', id), { startTime: '2026-12-02T17:00:00Z', endTime: '2026-12-02T17:30:00Z' }, 'moved whole')
    const told = await failure(update(crm, 'appointment', id, { endTime: '2026-12-02T16:00:00.000Z' }))
    t.match(told, { code: 'field_invalid' }, variant)
  }
})

t.test('appointments are found by day, by words, by id, and by whose they are; cancelled ones are not', async (t) => {
  const crm = await open(t)
  const ada = await create(crm, 'contact', ADA)
  const soon = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
  const first = await create(crm, 'appointment', { startTime: soon(24), title: 'Oil change', customerId: ada })
  const second = await create(crm, 'appointment', {
    startTime: soon(48),
    title: 'Tires',
    description: 'Winter ones',
    customerId: ada,
  })
  const cancelled = await create(crm, 'appointment', { startTime: soon(72), title: 'Oil change', customerId: ada })
  Object.assign(stored(crm, 'appointment', cancelled), { deletedDate: new Date().toISOString() })
  t.strictSame(await search(crm, 'appointment', 'oil'), [first])
  t.strictSame(await search(crm, 'appointment', 'winter'), [second])
  t.strictSame(await search(crm, 'appointment', 'Lovelace'), [second, first], 'the latest first')
  t.strictSame(await search(crm, 'appointment', '(415) 555-0100', '+14155550100'), [second, first])
  t.strictSame(await search(crm, 'appointment', ada), [second, first])
  t.strictSame(await search(crm, 'appointment', first), [first])
  t.strictSame(await search(crm, 'appointment', 'zzz'), [])
  const lists = asked(crm, 'GET', /appointments$/)
  t.ok(
    lists.every(({ query }) => query.has('includeDeleted')),
    'whether deleted ones are wanted is said each time',
  )
})

t.test("a day is the shop's own, from midnight to midnight", async (t) => {
  for (const variant of ['', 'local']) {
    const crm = await open(t, variant)
    const book = (startTime: string) => create(crm, 'appointment', { startTime })
    await book('2026-12-01T05:59:00.000Z') // the last minute of the day before in Chicago
    const first = await book('2026-12-01T06:00:00.000Z')
    const last = await book('2026-12-02T05:59:00.000Z')
    await book('2026-12-02T06:00:00.000Z')
    t.strictSame(await search(crm, 'appointment', '2026-12-01'), [first, last], variant)
    t.strictSame(await search(crm, 'appointment', '2026-02-31'), [])
  }
})
