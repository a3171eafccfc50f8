import t, { type Test } from 'tap'
import { type DriverContext, VorelError } from '../../core/driver.ts'
import hubspot from '../../drivers/hubspot/driver.ts'
import startSandbox from '../../drivers/hubspot/sandbox.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { type Crm, connect, reference } from '../contract/connect.ts'

const KEY = 'vorel_idempotency_key'
const open = (t: Test, variant = ''): Promise<Crm> => connect(t, hubspot, (options) => startSandbox({ ...options, variant }))

const create = (ctx: DriverContext, object: string, fields: Fields, ref = reference()) =>
  hubspot.createRecord(ctx, { object, fields, reference: ref, idempotency_key: ref })

const refused = async (asked: Promise<unknown>): Promise<VorelError> => {
  try {
    await asked
  } catch (error) {
    return error as VorelError
  }
  throw new Error('it was not refused')
}

const ADA = { firstname: 'Ada', lastname: 'Lovelace', email: 'ada@example.test' }

for (const variant of ['', 'unique-400']) {
  const how = variant ? 'told as a bad value' : 'told as a conflict'

  t.test(`a create is one request, and holds its reference (${how})`, async (t) => {
    const crm = await open(t, variant)
    const before = crm.sandbox.requests.length
    const ref = reference()
    await create(crm.call(), 'contact', ADA, ref)
    t.equal(crm.sandbox.requests.length - before, 1)
    t.match(crm.sandbox.records('contact'), [{ [KEY]: ref, email: 'ada@example.test' }])
  })

  t.test(`a repeat does not overwrite what people changed since (${how})`, async (t) => {
    const crm = await open(t, variant)
    for (const [object, fields, changed] of [
      ['contact', ADA, { lastname: 'King' }],
      ['deal', { dealname: 'Kitchen' }, { dealname: 'Kitchen refit' }],
      ['ticket', { subject: 'Leak' }, { subject: 'Leak, urgent' }],
    ] as const) {
      const ref = reference()
      const first = await create(crm.call(), object, fields, ref)
      await hubspot.updateRecord(crm.call(), { object, external_id: first.external_id, fields: changed })
      t.strictSame(await create(crm.call(), object, fields, ref), first, object)
      t.match(crm.sandbox.records(object), [changed])
    }
  })

  t.test(`a repeat that is refused for something else finds its record, not the one in the way (${how})`, async (t) => {
    const crm = await open(t, variant)
    const ref = reference()
    const first = await create(crm.call(), 'contact', ADA, ref)
    const { external_id } = first
    await hubspot.updateRecord(crm.call(), { object: 'contact', external_id, fields: { email: 'countess@example.test' } })
    await create(crm.call(), 'contact', { ...ADA, firstname: 'Another' })
    t.equal((await create(crm.call(), 'contact', ADA, ref)).external_id, external_id)
    t.equal((await create(crm.call(), 'contact', { ...ADA, is_vip: 'perhaps' }, ref)).external_id, external_id)
  })
}

t.test('the same e-mail address under another key is a conflict that names the record, and no address', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm.call(), 'contact', ADA)
  const error = await refused(create(crm.call(), 'contact', { ...ADA, firstname: 'Augusta' }))
  t.equal(error.code, 'record_conflict')
  t.equal(error.effect, 'none')
  t.match(error.message, external_id)
  t.notMatch(error.message, /@|Ada|Augusta/)
  t.strictSame(error.fields, ['email'])
  t.equal(crm.sandbox.records('contact').length, 1)
})

t.test('a record in the bin is the answer to a repeat where its reference is still taken', async (t) => {
  const crm = await open(t, 'bin-holds')
  const ref = reference()
  const first = await create(crm.call(), 'deal', { dealname: 'Kitchen' }, ref)
  await hubspot.deleteRecord?.(crm.call(), { object: 'deal', external_id: first.external_id })
  t.equal((await create(crm.call(), 'deal', { dealname: 'Kitchen' }, ref)).external_id, first.external_id)
  t.equal(crm.sandbox.records('deal').length, 0)
})

t.test('a reference that is taken by a record that cannot be read leaves the outcome unknown', async (t) => {
  const crm = await open(t)
  const ref = reference()
  await create(crm.call(), 'contact', ADA, ref)
  const ctx = crm.call()
  const failing = (code: VorelError['code']) => ({
    ...ctx,
    http: { ...ctx.http, get: () => Promise.reject(new VorelError(code, 'not now')) },
  })
  for (const code of ['record_not_found', 'provider_rate_limited', 'auth_error'] as const) {
    const error = await refused(create(failing(code), 'contact', { firstname: 'Ada' }, ref))
    t.match(error, { code: 'provider_unavailable', effect: 'unknown' }, code)
  }
})

t.test('a refusal of values leaves nothing, and names the property without its value', async (t) => {
  const crm = await open(t)
  for (const [fields, name] of [
    [{ ...ADA, is_vip: 'perhaps' }, 'is_vip'],
    [{ ...ADA, shoe_size: 'perhaps' }, 'shoe_size'],
    [{ firstname: 'Ada', email: 'perhaps' }, 'email'],
    [{ ...ADA, lifecyclestage: 'perhaps' }, 'lifecyclestage'],
    [{ ...ADA, createdate: '1' }, 'createdate'],
  ] as const) {
    const error = await refused(create(crm.call(), 'contact', fields))
    t.match(error, { code: 'field_invalid', effect: 'none', fields: [name] }, name)
    t.notMatch(error.message, /perhaps/)
  }
  t.strictSame(crm.sandbox.records('contact'), [])
})

t.test('where the account refuses the property, creates go without it and the connection says so', async (t) => {
  for (const variant of ['no-schema', 'full', 'not-unique']) {
    const crm = await open(t, variant)
    const tested = await hubspot.testConnection(crm.call())
    const facts = tested.ok ? tested.facts : undefined
    t.match(facts, { 'idempotency.contact': 'none', 'idempotency.deal': 'none' }, variant)
    t.equal(facts?.['idempotency.ticket'], variant === 'no-schema' ? 'native' : 'none')
    t.match(tested, { warning: /no unique property .* for contact, deal/ })
    await create(crm.call(), 'contact', ADA)
    t.notOk(crm.sandbox.records('contact')[0]?.[KEY])
  }
})

t.test('a property that is gone since says to connect again', async (t) => {
  const crm = await open(t, 'no-schema')
  const error = await refused(create({ ...crm.call(), facts: {} }, 'contact', ADA))
  t.match(error, { code: 'field_invalid', fields: [KEY], message: /Connect the account again/ })
})

t.test('the property is made once, unique, in a group that the account has', async (t) => {
  for (const [variant, groupName] of [
    ['', 'contactinformation'],
    ['groups', 'contacts_details'],
  ]) {
    const crm = await open(t, variant)
    const made = () => crm.sandbox.exchanges.filter(({ request, answer }) => answer.status === 201 && request.method === 'POST')
    t.match(made().find(({ request }) => request.path.endsWith('/contacts'))?.answer.body, {
      name: KEY,
      groupName,
      hasUniqueValue: true,
      type: 'string',
    })
    t.equal(made().length, 3)
    await hubspot.testConnection(crm.call())
    t.equal(made().length, 3, 'testing again makes nothing')
  }
})

t.test('a property that somebody else makes at the same moment is used', async (t) => {
  const crm = await open(t)
  const { http, ...ctx } = crm.call()
  const asked = new Set<string>()
  const get: typeof http.get = (path, ...rest) => {
    if (!path.endsWith(KEY) || asked.has(path)) return http.get(path, ...rest)
    asked.add(path)
    return Promise.reject(new VorelError('record_not_found', 'not yet'))
  }
  const tested = await hubspot.testConnection({ ...ctx, http: { ...http, get } })
  t.equal(asked.size, 3)
  t.match(tested, { ok: true, facts: { 'idempotency.contact': 'native', 'idempotency.deal': 'native' } })
})

t.test('a contact of a phone number alone has a name, as HubSpot wants one', async (t) => {
  const crm = await open(t)
  await create(crm.call(), 'contact', { phone: '+14155550100' })
  t.match(crm.sandbox.records('contact'), [{ lastname: '+14155550100' }])
  await create(crm.call(), 'contact', { phone: '+14155550101', email: 'ada@example.test' })
  t.notOk(crm.sandbox.records('contact')[1]?.lastname, 'an e-mail address is enough')
})

t.test('deals and tickets without title or stage get what HubSpot wants', async (t) => {
  const crm = await open(t)
  await create(crm.call(), 'deal', { amount: 5 })
  t.match(crm.sandbox.records('deal'), [{ dealname: 'Deal', pipeline: 'default', dealstage: 'appointmentscheduled' }])
  await create({ ...crm.call(), facts: {} }, 'ticket', { content: 'It drips', subject: '' })
  t.match(crm.sandbox.records('ticket'), [{ subject: 'Ticket', hs_pipeline: '0', hs_pipeline_stage: '1' }])
})
