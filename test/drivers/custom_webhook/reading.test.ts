import t from 'tap'
import type { SandboxRequest } from '../../../core/sandbox.ts'
import driver from '../../../drivers/custom_webhook/driver.ts'
import sandbox from '../../../drivers/custom_webhook/sandbox.ts'
import type { FieldType } from '../../../schemas/field.ts'
import { type Crm, connect, reference } from '../../contract/connect.ts'
import { codeOf } from '../../contract/driver.ts'
import { ada, answering, byGet, create, since, variant } from './endpoints.ts'

const json = (body: unknown, status = 200) => answering(() => ({ status, body }))

const saidIn = ({ method, query, body }: SandboxRequest): Record<string, unknown> =>
  method === 'GET' ? Object.fromEntries(query) : JSON.parse(body).data

const read = { contact: ['budget', 'a,b'].map((field) => ({ field, type: 'string' as const })) }

const reads = (crm: Crm, more: object) => [
  () => driver.lookupCustomer(crm.call(), { phone: ada.phone, ...more }),
  () => driver.searchRecords(crm.call(), { object: 'contact', query: 'Ada', limit: 5, ...more }),
  () => driver.listRecent(crm.call(), { object: 'contact', since, limit: 5, ...more }),
]

t.test('a reading message names the fields wanted, and only where some are', async (t) => {
  for (const [start, fields] of [
    [sandbox, ['budget', 'a,b']],
    [byGet(sandbox), '["budget","a,b"]'],
  ] as const) {
    const crm = await connect(t, driver, start)
    for (const [more, expected] of [
      [{ read }, fields],
      [{ read: { lead: read.contact } }, undefined],
      [{ read: { contact: [] } }, undefined],
      [{}, undefined],
    ] as const)
      for (const ask of reads(crm, more)) {
        await ask()
        t.strictSame(saidIn(crm.sandbox.requests.at(-1) as SandboxRequest).fields, expected)
      }
  }
})

t.test('where nothing is wanted a message says what it said before', async (t) => {
  const crm = await connect(t, driver, sandbox)
  for (const [index, ask] of reads(crm, {}).entries()) {
    await ask()
    const common = ['version', 'tenant_id']
    const own = [['phone'], ['object', 'query', 'limit'], ['object', 'since', 'limit']][index] ?? []
    t.strictSame(Object.keys(saidIn(crm.sandbox.requests.at(-1) as SandboxRequest)), [...common, ...own])
  }
})

t.test('values are told by the type that is wanted, and what does not fit is nothing', async (t) => {
  const cases: [type: FieldType, told: unknown, expected: unknown][] = [
    ['string', 'rent', 'rent'],
    ['string', '', ''],
    ['string', 7, '7'],
    ['text', ['a'], null],
    ['html', { a: 1 }, null],
    ['integer', '12', 12],
    ['integer', 12.5, null],
    ['number', '12.50', 12.5],
    ['number', '12,50', null],
    ['boolean', 'true', true],
    ['boolean', 'maybe', null],
    ['date', '2026-03-01', '2026-03-01'],
    ['date', '2026-03-01T23:00:00-08:00', '2026-03-01'],
    ['date', '2026-02-31', null],
    ['date', '1.3.2026', null],
    ['date', ['2026-03-01'], null],
    ['datetime', '2026-03-01T10:00:00+01:00', '2026-03-01T09:00:00.000Z'],
    ['datetime', '2026-03-01T10:00:00', null],
    ['datetime', '2026-02-31T10:00:00Z', null],
    ['datetime', 1767225600, null],
    ['option', 'buy', 'buy'],
    ['options', ['a', 'b'], ['a', 'b']],
    ['options', 'a', ['a']],
    ['options', ['a', null], null],
    ['string', null, null],
  ]
  const fields = { ...Object.fromEntries(cases.map(([, told], index) => [`f${index}`, told])), own: 1 }
  const wanted = [
    ...cases.map(([type], index) => ({ field: `f${index}`, type })),
    ...['absent', '__proto__', 'constructor', 'toString'].map((field) => ({ field, type: 'string' as const })),
  ]
  const crm = await connect(t, driver, json({ records: [{ external_id: '1', fields }] }))
  const { records } = await driver.listRecent(crm.call(), { object: 'lead', since, limit: 1, read: { lead: wanted } })
  for (const [index, [type, told, expected]] of cases.entries())
    t.strictSame(records[0]?.fields?.[`f${index}`], expected, `${JSON.stringify(told)} as ${type}`)
  for (const field of ['absent', '__proto__', 'constructor', 'toString']) {
    t.ok(Object.hasOwn(records[0]?.fields ?? {}, field), field)
    t.equal(Object.getOwnPropertyDescriptor(records[0]?.fields, field)?.value, null, field)
  }
  t.notOk(Object.hasOwn(records[0]?.fields ?? {}, 'own'), 'what was not wanted is left out')
})

t.test('keys are asked for one at a time, and the first that finds anybody counts', async (t) => {
  const people: Record<string, string[]> = { phone: [], email: ['1', '2'], external_id: ['3'] }
  const crm = await connect(
    t,
    driver,
    answering(({ body }) => {
      const [key = ''] = Object.keys(JSON.parse(body).data).filter((name) => name in people)
      return { status: 200, body: { matches: people[key]?.map((external_id) => ({ external_id, fields: {} })) } }
    }),
  )
  const found = await driver.lookupCustomer(crm.call(), { phone: ada.phone, email: ada.email, external_id: '3' })
  t.match(found, { matched_by: 'email', customers: [{ external_id: '1' }, { external_id: '2' }] })
  const asked = crm.sandbox.requests.slice(-3).map((request) => Object.keys(saidIn(request)).slice(2))
  t.strictSame(asked.flat().sort(), ['email', 'external_id', 'phone'])
})

t.test('whoever shows another number, or none, comes after those who show the one asked for, and is kept', async (t) => {
  const phones = ['+14155550199', undefined, '(415) 555-0100', '+44 4155550100', '+14155550100']
  const people = phones.map((phone, index) => ({ external_id: String(index), fields: { phone } }))
  const crm = await connect(t, driver, json({ matches: people, records: people }))
  const found = await driver.lookupCustomer(crm.call(), { phone: '+14155550100' })
  const { matches } = await driver.searchRecords(crm.call(), {
    object: 'contact',
    query: '415 555 0100',
    phone: '+14155550100',
    limit: 3,
  })
  const ids = (records: { external_id: string }[] = []) => records.map(({ external_id }) => external_id)
  t.strictSame(ids(found?.customers), ['2', '4', '0', '1', '3'])
  t.strictSame(ids(matches), ['2', '4', '0'])
  t.equal(saidIn(crm.sandbox.requests.at(-1) as SandboxRequest).phone, '+14155550100')
})

t.test('of a hundred matches twenty are given', async (t) => {
  const matches = Array.from({ length: 100 }, (_, index) => ({ external_id: String(index), fields: {} }))
  const crm = await connect(t, driver, json({ matches }))
  const { customers = [] } = (await driver.lookupCustomer(crm.call(), { email: ada.email })) ?? {}
  t.equal(customers.length, 20)
})

const describe = (crm: Crm, object = 'lead') => driver.describeObject?.(crm.call(), { object })

t.test('an endpoint tells its fields by the name alone or by more', async (t) => {
  const fields = [
    { name: 'email' },
    { name: 'branch', label: null, type: null, required: null, writable: null, options: null },
    { name: 'interest', options: ['rent', { value: 'buy' }, { value: 'x', label: 'Something else' }] },
    { name: 'topics', label: 'Topics', type: 'options', required: true, writable: false, options: [] },
  ]
  const field = (name: string, more = {}) => ({
    name,
    label: name,
    type: 'string',
    required: false,
    writable: true,
    custom: true,
    ...more,
  })
  const crm = await connect(t, driver, json({ fields }))
  t.strictSame(await describe(crm), {
    isOpen: false,
    fields: [
      field('email', { custom: false }),
      field('branch'),
      field('interest', {
        type: 'option',
        options: [
          { value: 'rent', label: 'rent' },
          { value: 'buy', label: 'buy' },
          { value: 'x', label: 'Something else' },
        ],
      }),
      field('topics', { label: 'Topics', type: 'options', required: true, writable: false, options: [] }),
    ],
  })
  t.strictSame(saidIn(crm.sandbox.requests.at(-1) as SandboxRequest), { version: 1, tenant_id: 'tenant-1', object: 'lead' })
  t.equal(JSON.parse(crm.sandbox.requests.at(-1)?.body ?? '').type, 'crm.object.describe')
  const open = await connect(t, driver, json({ fields: [], open: true }))
  t.strictSame(await describe(open), { isOpen: true, fields: [] })
})

t.test('of an endpoint that does not know the message the usual fields are told, and any other is taken', async (t) => {
  const usual = Object.values(driver.manifest.objects.lead?.fields ?? {})
  for (const start of [
    variant('describeless'),
    byGet(variant('describeless')),
    json({ error: { code: 'unsupported' } }, 501),
    json({ error: { code: 'not_found' } }, 404),
    json('<h1>Not Found</h1>', 404),
  ]) {
    const crm = await connect(t, driver, start)
    const told = await describe(crm)
    t.equal(told?.isOpen, true)
    t.strictSame(
      told?.fields.map(({ name, type, custom }) => ({ field: name, type, custom })),
      usual.map(({ field, type }) => ({ field, type, custom: false })),
    )
  }
})

t.test('a failure to tell the fields is a failure, not an open endpoint', async (t) => {
  for (const [status, body, code] of [
    [401, undefined, 'auth_error'],
    [500, undefined, 'provider_unavailable'],
    [422, { error: { code: 'bad' } }, 'field_invalid'],
    [200, { fields: [{ label: 'no name' }] }, 'provider_unavailable'],
    [200, { fields: [{ name: 'a', type: 'money' }] }, 'provider_unavailable'],
    [200, { fields: [{ name: 'a\u0000b' }] }, 'provider_unavailable'],
    [200, '<html>', 'provider_unavailable'],
  ] as const) {
    const crm = await connect(t, driver, json(body, status))
    t.equal(await codeOf(Promise.resolve(describe(crm))), code, `${status} ${JSON.stringify(body)}`)
  }
})

t.test('fields asked for come back although the mapping calls them as nobody would', async (t) => {
  const crm = await connect(t, driver, byGet(sandbox))
  const odd = { 'a&b=c': '1', 'fields[]': '2', 'é "x"': '3' }
  await create(crm, reference(), { ...ada, ...odd })
  const wanted = { contact: Object.keys(odd).map((field) => ({ field, type: 'string' as const })) }
  const found = await driver.lookupCustomer(crm.call(), { email: ada.email, read: wanted })
  t.strictSame(found?.customers[0]?.fields, odd)
})
