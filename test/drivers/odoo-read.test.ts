import t, { type Test } from 'tap'
import type { VorelError } from '../../core/driver.ts'
import odoo from '../../drivers/odoo/driver.ts'
import startSandbox from '../../drivers/odoo/sandbox.ts'
import type { Fields } from '../../schemas/field.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import { bestOf, type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant: string): Promise<Crm> => connect(t, odoo, (options) => startSandbox({ ...options, variant }))
const MODEL_ID: Record<string, number> = { 19: 90, 14: 79 }
const since = () => new Date(Date.now() - 60_000).toISOString()

/** A test in both versions. */
const inBoth = (name: string, run: (t: Test, crm: Crm, variant: string) => Promise<unknown>) => {
  for (const variant of ['19', '14']) t.test(`Odoo ${variant}: ${name}`, async (t) => run(t, await open(t, variant), variant))
}

const create = (crm: Crm, object: string, fields: Fields) => {
  const ref = reference()
  return odoo.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })
}

/** What somebody does at Odoo, beside us. */
const there = async (crm: Crm, model: string, method: string, body: object): Promise<unknown> => {
  const headers = {
    authorization: `bearer ${crm.sandbox.credentials.api_key}`,
    'x-odoo-database': 'vorel_crm',
    'content-type': 'application/json',
  }
  const answer = await fetch(`${crm.sandbox.url}/json/2/${model}/${method}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}
const addField = async (crm: Crm, name: string, ttype: string, more: object = {}): Promise<number> => {
  const made = { name, model_id: MODEL_ID[19], field_description: `Label of ${name}`, ttype, ...more }
  const [id] = (await there(crm, 'ir.model.fields', 'create', { vals_list: [made] })) as number[]
  return id ?? 0
}

const text = (...names: string[]): ReadField[] => names.map((field) => ({ field, type: 'string' }))

/** By every verb that reads. */
const readBy = async (crm: Crm, external_id: string, read: ReadField[]) => {
  const asked = { object: 'contact', limit: 5, read: { contact: read } }
  const found = bestOf(await odoo.lookupCustomer(crm.call(), { external_id, ...asked }))
  const { matches } = await odoo.searchRecords(crm.call(), { query: 'Ada', ...asked })
  const { records } = await odoo.listRecent(crm.call(), { since: since(), ...asked })
  return { lookup: found?.fields, search: matches[0]?.fields, recent: records[0]?.fields }
}

inBoth('default fields of every kind come back, and fields of another object are not asked for', async (t, crm) => {
  const { external_id } = await create(crm, 'contact', {
    name: 'Ada',
    comment: 'Ask <ada@example.test>\n5 < 6',
    country_id: 'Germany',
    color: 3,
    is_company: false,
  })
  const read: ReadField[] = [
    { field: 'comment', type: 'text' },
    { field: 'country_id', type: 'string' },
    { field: 'color', type: 'integer' },
    { field: 'is_company', type: 'boolean' },
    { field: 'city', type: 'string' },
  ]
  const expected = { comment: 'Ask <ada@example.test>\n5 < 6', country_id: '57', color: 3, is_company: false, city: null }
  for (const [verb, fields] of Object.entries(await readBy(crm, external_id, read))) t.strictSame(fields, expected, verb)
  const other = await odoo.lookupCustomer(crm.call(), { external_id, read: { lead: text('nosuch') } })
  t.equal(bestOf(other)?.fields, undefined)
})

inBoth('without facts notes are told as text all the same', async (t, crm) => {
  const { external_id } = await create(crm, 'contact', { name: 'Ada', comment: '5 < 6' })
  const blank = { ...crm.call(), facts: {} }
  const read = { contact: [{ field: 'comment', type: 'text' as const }] }
  t.match(bestOf(await odoo.lookupCustomer(blank, { external_id, read })), { fields: { comment: '5 < 6' } })
})

inBoth('without fields to read the request is what it was', async (t, crm) => {
  const { external_id } = await create(crm, 'contact', { name: 'Ada' })
  await odoo.lookupCustomer(crm.call(), { external_id })
  const plain = crm.sandbox.requests.at(-1)?.body
  await odoo.lookupCustomer(crm.call(), { external_id, read: {} })
  t.equal(crm.sandbox.requests.at(-1)?.body, plain)
  t.notMatch(plain, /comment|city/)
})

t.test('a field that is gone is nothing, and costs two requests', async (t) => {
  const crm = await open(t, '19')
  const id = await addField(crm, 'x_floor', 'char')
  const { external_id } = await create(crm, 'contact', { name: 'Ada', x_floor: 'third', city: 'Paris' })
  const read = text('x_floor', 'city')
  const before = await readBy(crm, external_id, read)
  t.strictSame(before.lookup, { x_floor: 'third', city: 'Paris' })
  await there(crm, 'ir.model.fields', 'unlink', { ids: [id] })
  const asked = crm.sandbox.requests.length
  t.match(bestOf(await odoo.lookupCustomer(crm.call(), { external_id, read: { contact: read } })), { name: 'Ada' })
  t.equal(crm.sandbox.requests.length - asked, 3)
  for (const [verb, fields] of Object.entries(await readBy(crm, external_id, [...read, ...text('x_never')])))
    t.strictSame(fields, { x_floor: null, city: 'Paris', x_never: null }, verb)
})

inBoth('a field that was never there is nothing, in either dialect', async (t, crm) => {
  const { external_id } = await create(crm, 'contact', { name: 'Ada', city: 'Paris' })
  for (const [verb, fields] of Object.entries(await readBy(crm, external_id, text('x_never', 'city'))))
    t.strictSame(fields, { x_never: null, city: 'Paris' }, verb)
})

inBoth('names that no field can have are not sent', async (t, crm) => {
  const { external_id } = await create(crm, 'contact', { name: 'Ada' })
  const odd = ['country_id.code', '__proto__', "x' or 1=1", '', '*', 'a/b', 'constructor.name', '</value>']
  const asked = crm.sandbox.requests.length
  const { lookup } = await readBy(crm, external_id, text(...odd))
  t.strictSame(
    Object.entries(lookup ?? {}),
    odd.map((name) => [name, null]),
  )
  t.equal(crm.sandbox.requests.length - asked, 3, 'one for each verb')
  t.notMatch(crm.sandbox.requests.at(-1)?.body, /country_id\.code|1=1/)
})

t.test('what is wrong beside the fields asked for is told as what it is, once', async (t) => {
  const crm = await open(t, '14')
  const wrong = crm.call({ credentials: { api_key: 'f'.repeat(40) } })
  const asked = crm.sandbox.requests.length
  const error: VorelError = await odoo.lookupCustomer(wrong, { external_id: '3', read: { contact: text('city') } }).then(
    () => Promise.reject(new Error('it was not refused')),
    (error) => error,
  )
  t.equal(error.code, 'auth_error')
  t.equal(crm.sandbox.requests.length - asked, 1, 'a server that counts bad keys is asked once')
})

t.test('a field that the user may not see is nothing to read, and is named where it is written', async (t) => {
  const crm = await open(t, '19')
  const { external_id } = await create(crm, 'contact', { name: 'Ada', city: 'Paris' })
  const { lookup } = await readBy(crm, external_id, text('signup_token', 'city'))
  t.strictSame(lookup, { signup_token: null, city: 'Paris' })
  const refused = odoo.updateRecord(crm.call(), { object: 'contact', external_id, fields: { signup_token: 'x' } })
  t.match(await refused.catch((error: VorelError) => error), {
    code: 'auth_error',
    fields: ['signup_token'],
    message: /'signup_token'/,
  })
})

inBoth('everybody with a number is told, persons first, then by age', async (t, crm) => {
  for (const fields of [
    { name: 'Ada Ltd', is_company: true, phone: '415-555-0100' },
    { name: 'Ada', phone: '(415) 555-0100' },
    { name: 'Eve', phone: '(212) 555-0100' },
    { name: 'Bea', phone: '+1 415 555 0100' },
  ] as Fields[])
    await create(crm, 'contact', fields)
  const found = await odoo.lookupCustomer(crm.call(), { phone: '+14155550100' })
  t.strictSame(
    found?.customers.map(({ name }) => name),
    ['Ada', 'Bea', 'Ada Ltd'],
  )
})

inBoth('everybody with an address is told, persons first, then by age', async (t, crm) => {
  for (const fields of [
    { name: 'Ada Ltd', is_company: true, email: 'ada@example.test' },
    { name: 'Ada', email: 'Ada L <Ada@Example.test>' },
    { name: 'Bea', email: 'ada@example.test' },
  ] as Fields[])
    await create(crm, 'contact', fields)
  const found = await odoo.lookupCustomer(crm.call(), { email: 'ADA@example.test' })
  t.strictSame(
    found?.customers.map(({ name }) => name),
    ['Ada', 'Bea', 'Ada Ltd'],
  )
})

inBoth('of a crowd behind one number the first twenty are told', async (t, crm) => {
  for (let n = 0; n < 22; n += 1) await create(crm, 'contact', { name: `Ada ${n}`, phone: '+14155550100' })
  const found = await odoo.lookupCustomer(crm.call(), { phone: '+14155550100' })
  t.strictSame(
    found?.customers.map(({ name }) => name),
    Array.from({ length: 20 }, (_, n) => `Ada ${n}`),
  )
})

inBoth('a number that Odoo reads in the country of the contact is found too', async (t, crm) => {
  await create(crm, 'contact', { name: 'Ada', phone: '030 123456', country_id: 'Germany' })
  t.match(bestOf(await odoo.lookupCustomer(crm.call(), { phone: '+4930123456' })), { name: 'Ada' })
})

t.test('a search for a number finds leads and deals by it, each among its own', async (t) => {
  for (const variant of ['19+leads', '14+leads']) {
    const crm = await open(t, variant)
    for (const object of ['lead', 'deal']) await create(crm, object, { contact_name: `Ada ${object}`, phone: '(415) 555-0100' })
    await create(crm, 'deal', { contact_name: 'Eve', phone: '(415) 555-0199' })
    const asked = { query: '415 555 0100', phone: '+14155550100', limit: 5, read: { deal: text('phone') } }
    const { matches } = await odoo.searchRecords(crm.call(), { object: 'deal', ...asked })
    t.match(matches, [{ object: 'deal', name: 'Ada deal', fields: { phone: '(415) 555-0100' } }])
    t.equal(matches.length, 1)
    await create(crm, 'deal', { contact_name: 'Bea', phone: '+1 415 555 0100' })
    const newest = await odoo.searchRecords(crm.call(), { object: 'deal', ...asked, limit: 1 })
    t.strictSame(
      newest.matches.map(({ name }) => name),
      ['Bea'],
    )
  }
})

t.test('the zone of the user whose key it is becomes a fact, where it is one', async (t) => {
  const crm = await open(t, '19')
  const factsWith = async (tz: string | false) => {
    await there(crm, 'res.users', 'write', { ids: [2], vals: { tz } })
    const tested = await odoo.testConnection(crm.call())
    return tested.ok ? tested.facts?.time_zone : 'the test failed'
  }
  t.equal(await factsWith('America/New_York'), 'America/New_York')
  t.equal(await factsWith('Mars/Olympus'), undefined)
  t.equal(await factsWith(false), undefined)
})

t.test('a time is stored as it was meant, whatever zone the user of the key has', async (t) => {
  const crm = await open(t, '19')
  await there(crm, 'res.users', 'write', { ids: [2], vals: { tz: 'America/New_York' } })
  await addField(crm, 'x_visit', 'datetime')
  const { external_id } = await create(crm, 'contact', { name: 'Ada', x_visit: '2026-07-01T12:00:00.000Z' })
  t.match(crm.sandbox.records('contact')[0], { x_visit: '2026-07-01 12:00:00' })
  const fields = { x_visit: '2026-12-01T12:00:00.000Z', country_id: 'Germany' }
  await odoo.updateRecord(crm.call(), { object: 'contact', external_id, fields })
  t.match(crm.sandbox.records('contact')[0], { x_visit: '2026-12-01 12:00:00' })
})

t.test('custom, computed and missing fields are told apart', async (t) => {
  const crm = await open(t, '19')
  await addField(crm, 'x_tier', 'selection', { selection_ids: [[0, 0, { value: 'b2b', name: 'Business' }]], required: true })
  await addField(crm, 'x_score', 'integer', { readonly: true, store: false, compute: 'pass', depends: 'name' })
  const described = await odoo.describeObject?.(crm.call(), { object: 'contact' })
  const field = (name: string) => described?.fields.find((one) => one.name === name)
  t.strictSame(field('x_tier'), {
    name: 'x_tier',
    label: 'Label of x_tier',
    type: 'option',
    required: true,
    writable: true,
    custom: true,
    options: [{ value: 'b2b', label: 'Business' }],
  })
  t.match(field('x_score'), { type: 'integer', writable: false, custom: true })
  t.equal(field('x_gone'), undefined)
  t.match(field('city'), { custom: false })
})

inBoth('half a character is refused unsent', async (t, crm) => {
  const writes = crm.sandbox.writes().length
  const refused = create(crm, 'contact', { name: 'Ada \ud83d' }).catch((error: VorelError) => error)
  t.match(await refused, { code: 'field_invalid', effect: 'none' })
  t.equal(crm.sandbox.writes().length, writes)
})
