import t from 'tap'
import tekmetric from '../../drivers/tekmetric/driver.ts'
import { staffOrder } from '../../drivers/tekmetric/sandbox-orders.ts'
import type { Fields } from '../../schemas/verbs.ts'
import type { Crm } from '../contract/connect.ts'
import { ADA, create, failure, fieldsOf, open, search, stored, update } from './tekmetric/shop.ts'

/** As the shop's staff makes one. */
const staffMakes = (crm: Crm, fields: Record<string, unknown> = {}): string => {
  const order = staffOrder(fields)
  crm.sandbox.records('repair_order').push(order)
  return String(order.id)
}

t.test('no repair order is created: refused before the wire, with what can be done instead', async (t) => {
  const crm = await open(t)
  const before = crm.sandbox.requests.length
  const told = await failure(create(crm, 'repair_order', { keyTag: 'A1' }))
  t.match(told, { code: 'object_unsupported', effect: 'none', message: /Create an appointment instead/ })
  t.equal(crm.sandbox.requests.length, before)
})

t.test('what a program may change of an order is changed: the key tag is written by one name and read by another', async (t) => {
  const crm = await open(t)
  const id = staffMakes(crm)
  const changes = {
    keyTag: 'A1',
    milesIn: 110_463,
    milesOut: 110_470,
    technicianId: '12',
    serviceWriterId: '13',
    customerTimeOut: '2026-12-01T22:00:00.000Z',
  }
  const done = await update(crm, 'repair_order', id, changes)
  t.equal(done.record_url, `https://sandbox.tekmetric.com/admin/shop/3441/repair-orders/${id}`)
  t.match(stored(crm, 'repair_order', id), { keytag: 'A1', milesIn: 110_463, technicianId: 12, serviceWriterId: 13 })
  t.strictSame({ ...(await fieldsOf(crm, 'repair_order', id, Object.keys(changes))) }, changes)
  await update(crm, 'repair_order', id, { keyTag: null })
  t.strictSame({ ...(await fieldsOf(crm, 'repair_order', id, ['keyTag', 'milesIn'])) }, { keyTag: null, milesIn: 110_463 })
})

t.test('anything else of an order is refused before the wire, by name and with what can be written', async (t) => {
  const crm = await open(t)
  const id = staffMakes(crm)
  const before = crm.sandbox.requests.length
  const others: Fields = { totalSales: 5, repairOrderStatus: '3', customerId: '5', keytag: 'A1', notes: 'x' }
  for (const [name, value] of Object.entries(others)) {
    const told = await failure(update(crm, 'repair_order', id, { [name]: value }))
    t.match(told, { code: 'field_invalid', fields: [name], message: /keyTag, milesIn, milesOut, technicianId/ }, name)
  }
  const wrong: [string, Fields[string]][] = [
    ['milesIn', null],
    ['milesIn', 1.5],
    ['technicianId', 'Bob'],
    ['customerTimeOut', '2026-12-01'],
  ]
  for (const [name, value] of wrong)
    t.match(await failure(update(crm, 'repair_order', id, { [name]: value })), { code: 'field_invalid', fields: [name] }, name)
  t.equal(crm.sandbox.requests.length, before)
})

t.test('sums are told in dollars, states by their number, and times by the clocks they are of', async (t) => {
  const crm = await open(t)
  const id = staffMakes(crm, {
    totalSales: 123_456,
    taxes: 7,
    repairOrderStatus: { id: 2, code: 'WORKINPROGRESS', name: 'Work-in-Progress' },
    appointmentStartTime: '2026-07-01T09:00:00',
    postedDate: '2026-07-01T14:00:00.5Z',
    customerId: 5,
  })
  const names = ['totalSales', 'taxes', 'subletSales', 'repairOrderStatus', 'appointmentStartTime', 'postedDate', 'customerId']
  t.strictSame(
    { ...(await fieldsOf(crm, 'repair_order', id, names)) },
    {
      totalSales: 1234.56,
      taxes: 0.07,
      subletSales: null,
      repairOrderStatus: '2',
      appointmentStartTime: '2026-07-01T14:00:00.000Z',
      postedDate: '2026-07-01T14:00:00.500Z',
      customerId: '5',
    },
  )
})

t.test('orders are found by number, by name, by vehicle, and by whose they are; deleted ones are not', async (t) => {
  const crm = await open(t)
  const ada = await create(crm, 'contact', ADA)
  const bea = await create(crm, 'contact', { firstName: 'Bea', phone: '+14155550111' })
  const first = staffMakes(crm, { customerId: Number(ada), createdDate: '2026-01-01T00:00:00.000Z', repairOrderNumber: 900_001 })
  const second = staffMakes(crm, { customerId: Number(ada), vehicle: '2020 Nissan Pathfinder' })
  const others = staffMakes(crm, { customerId: Number(bea) })
  staffMakes(crm, { customerId: Number(ada), deletedDate: '2026-02-01T00:00:00.000Z', repairOrderNumber: 900_001 })
  t.strictSame(await search(crm, 'repair_order', '900001'), [first])
  t.strictSame(await search(crm, 'repair_order', 'Lovelace'), [second, first], 'the newest first')
  t.strictSame(await search(crm, 'repair_order', 'pathfinder'), [second])
  t.strictSame(await search(crm, 'repair_order', '(415) 555-0100', '+14155550100'), [second, first])
  t.strictSame(await search(crm, 'repair_order', bea), [others])
  t.strictSame(await search(crm, 'repair_order', '+14155550199', '+14155550199'), [])
  t.strictSame(await search(crm, 'repair_order', '   '), [])
})

t.test('recent orders come by their last change, and say which they are', async (t) => {
  const crm = await open(t)
  const first = staffMakes(crm, { repairOrderNumber: 4711 })
  const second = staffMakes(crm)
  staffMakes(crm, { deletedDate: '2026-02-01T00:00:00.000Z' })
  await new Promise((resolve) => setTimeout(resolve, 5))
  await update(crm, 'repair_order', first, { milesIn: 1 })
  const { records } = await tekmetric.listRecent(crm.call(), { object: 'repair_order', since: '2026-01-01T00:00:00Z', limit: 5 })
  t.strictSame(
    records.map(({ external_id }) => external_id),
    [first, second],
  )
  t.match(records[0], {
    name: 'RO #4711 Estimate',
    record_url: `https://sandbox.tekmetric.com/admin/shop/3441/repair-orders/${first}`,
  })
})
