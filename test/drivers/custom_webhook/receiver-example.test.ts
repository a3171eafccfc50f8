import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { StartSandbox } from '../../../core/sandbox.ts'
import { receiver } from '../../../docs/examples/webhook-receiver.ts'
import driver from '../../../drivers/custom_webhook/driver.ts'
import { bestOf, connect, reference } from '../../contract/connect.ts'
import { codeOf } from '../../contract/driver.ts'
import { ada, create, failureOf, SECRET, since } from './endpoints.ts'

/** The example of the documentation, running behind `address`; `seen` fills with what it is asked for. */
const example =
  (address: string, reads: string, seen: string[] = []): StartSandbox =>
  async () => {
    const server = receiver(SECRET).listen(0, '127.0.0.1')
    server.prependListener('request', ({ method, url }) => seen.push(`${method} ${url}`))
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${address}`
    const close = async () => {
      server.close()
      server.closeAllConnections()
    }
    const nothing = {
      requests: [],
      exchanges: [],
      records: () => [],
      writes: () => [],
      play: () => undefined,
      holdNext: () => Promise.reject(new Error('The example holds nothing.')),
      calm: () => undefined,
    }
    return { ...nothing, url, settings: { url, reads }, credentials: { secret: SECRET }, close }
  }

for (const reads of ['POST', 'GET'])
  t.test(`the documented receiver serves every verb, reading by ${reads}`, async (t) => {
    const crm = await connect(t, driver, example('/crm', reads))
    t.strictSame(await driver.testConnection(crm.call()), { ok: true })
    const ref = reference()
    const { external_id } = await create(crm, ref)
    t.equal((await create(crm, ref)).external_id, external_id, 'once for one reference')
    const other = await create(crm, reference(), { ...ada, name: 'Grace', email: 'grace@example.test', phone: '+14155550101' })
    const found = async (key: object) => bestOf(await driver.lookupCustomer(crm.call(), key))?.external_id
    t.equal(await found({ phone: ada.phone, email: 'grace@example.test' }), external_id, 'phone first')
    t.equal(await found({ email: 'grace@example.test' }), other.external_id)
    t.equal(await found({ external_id }), external_id)
    t.equal(await found({ external_id: 'nobody' }), undefined)
    t.match(await driver.searchRecords(crm.call(), { object: 'contact', query: 'love', limit: 5 }), {
      matches: [{ external_id }],
    })
    await driver.updateRecord(crm.call(), { object: 'contact', external_id, fields: { name: 'Countess' } })
    const { records } = await driver.listRecent(crm.call(), { object: 'contact', since, limit: 1 })
    t.match(records, [{ external_id, name: 'Countess', phone: ada.phone }])
    t.match(await driver.deleteRecord?.(crm.call(), { object: 'contact', external_id }), { hard_deleted: true })
    t.match(await failureOf(driver.deleteRecord?.(crm.call(), { object: 'contact', external_id })), { code: 'record_not_found' })
    const wrong = { secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` }
    t.equal(
      await codeOf(driver.listRecent(crm.call({ credentials: wrong }), { object: 'contact', since, limit: 1 })),
      'auth_error',
    )
  })

for (const reads of ['POST', 'GET'])
  t.test(`the documented receiver tells its fields, and gives back what was written there, reading by ${reads}`, async (t) => {
    const crm = await connect(t, driver, example('/crm', reads))
    t.match(await driver.describeObject?.(crm.call(), { object: 'contact' }), {
      isOpen: true,
      fields: [
        { name: 'name', label: 'Full name', type: 'string', required: true, writable: true, custom: false },
        { name: 'email' },
        { name: 'phone' },
        { name: 'budget_max', label: 'Budget up to', type: 'number', custom: true },
        { name: 'move_in', label: 'move_in', type: 'date' },
        {
          name: 'interest',
          type: 'option',
          options: [
            { value: 'rent', label: 'rent' },
            { value: 'buy', label: 'Buys' },
          ],
        },
      ],
    })
    t.match(await driver.describeObject?.(crm.call(), { object: 'deal' }), { isOpen: true, fields: [{ name: 'contact_id' }] })
    const typed = { ...ada, phone: '(415) 555-0100', budget_max: 1250.5, move_in: '2026-03-01' }
    const ids = [(await create(crm, reference(), typed)).external_id, (await create(crm)).external_id]
    const read = {
      contact: [
        { field: 'budget_max', type: 'number' },
        { field: 'move_in', type: 'date' },
      ],
    } as const
    const found = await driver.lookupCustomer(crm.call(), { phone: ada.phone, read })
    t.match(found, {
      matched_by: 'phone',
      customers: [
        { external_id: ids[0], fields: { budget_max: 1250.5, move_in: '2026-03-01' } },
        { external_id: ids[1], fields: { budget_max: null, move_in: null } },
      ],
    })
    const { matches } = await driver.searchRecords(crm.call(), {
      object: 'contact',
      query: '415-555-0100',
      phone: ada.phone,
      limit: 5,
    })
    t.equal(matches.length, 2)
  })

t.test('an address keeps its own query and its last slash, and a GET signs that query too', async (t) => {
  for (const [address, path] of [
    ['/crm/?key=a"b&ü=%2F', '/crm/?key=a%22b&%C3%BC=%2F'],
    ['/crm/', '/crm/'],
  ] as const) {
    const seen: string[] = []
    const crm = await connect(t, driver, example(address, 'GET', seen))
    await create(crm)
    t.match(bestOf(await driver.lookupCustomer(crm.call(), { email: ada.email })), { email: ada.email })
    const [written, read] = seen.slice(-2)
    t.equal(written, `POST ${path}`)
    t.ok(read?.startsWith(`GET ${path}${path.includes('?') ? '&' : '?'}type=crm.customer.lookup&`))
  }
})
