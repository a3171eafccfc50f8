import t from 'tap'
import mindbody from '../../drivers/mindbody/driver.ts'
import { keepsToDescription } from '../conformance/contract.ts'
import { reference } from '../contract/connect.ts'
import { ADA, asked, bodiesTo, create, errorOf, open, openThat, refused, stored } from './mindbody/site.ts'

t.test('a new client has a number made of the reference: alphanumeric, and never one that Mindbody gives', async (t) => {
  const crm = await open(t)
  const references = Array.from({ length: 40 }, reference)
  for (const [n, ref] of references.entries()) await create(crm, 'contact', { ...ADA, Email: `ada${n}@example.test` }, ref)
  const numbers = bodiesTo(crm, '/addclient').map(({ NewId }) => String(NewId))
  t.equal(new Set(numbers).size, 40)
  for (const number of numbers) t.match(number, /^V[A-Z0-9]{11}$/)
})

t.test('the external id is the one that never changes, also when the business changes the number', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  t.equal(id, String(stored(crm).UniqueId))
  stored(crm).Id = 'MEMBER-1'
  const found = await mindbody.lookupCustomer(crm.call(), {
    external_id: id,
    read: { contact: [{ field: 'Id', type: 'string' }] },
  })
  t.match(found?.customers, [{ external_id: id, fields: { Id: 'MEMBER-1' } }])
  await mindbody.updateRecord(crm.call(), { object: 'contact', external_id: id, fields: { City: 'Bath' } })
  t.equal(stored(crm).City, 'Bath')
})

for (const variant of ['', 'compared'])
  t.test(`a repeat finds the first and leaves it as it is by now ${variant}`, async (t) => {
    const crm = await open(t, variant)
    const ref = reference()
    const first = await create(crm, 'contact', ADA, ref)
    Object.assign(stored(crm), { City: 'Bath', Email: 'countess@example.test', Active: false })
    t.equal(await create(crm, 'contact', ADA, ref), first)
    t.equal(crm.sandbox.records('contact').length, 1)
    t.match(stored(crm), { City: 'Bath', Email: 'countess@example.test', Active: false })
    t.match(await mindbody.findByReference?.(crm.call(), { object: 'contact', reference: ref }), { external_id: first })
  })

t.test('somebody else of the same names and e-mail is a conflict, inactive or not, and nothing is written', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', ADA)
  for (const Active of [true, false]) {
    stored(crm).Active = Active
    t.match(await refused(create(crm, 'contact', { ...ADA, FirstName: 'ADA' })), { code: 'record_conflict', effect: 'none' })
  }
  t.equal(crm.sandbox.records('contact').length, 1)
  t.equal(stored(crm).Active, false, 'and is not woken up')
})

t.test('a refusal by the word for duplicates without one is no conflict', async (t) => {
  const crm = await openThat(t, (_, path) => (path === '/client/addclient' ? errorOf(400, 'InvalidClientCreation') : undefined))
  t.match(await refused(create(crm, 'contact', ADA)), { code: 'field_invalid', effect: 'none' })
})

t.test('until our own client was looked for, a refusal says nothing of whether it is there', async (t) => {
  let isConnected = false
  const crm = await openThat(t, (_, path) => {
    if (path === '/client/addclient') return errorOf(400, 'InvalidParameter')
    return isConnected && path === '/client/clients' ? errorOf(403, 'InvalidUserAccessLevel') : undefined
  })
  isConnected = true
  t.match(await refused(create(crm, 'contact', ADA)), { code: 'auth_error', effect: 'unknown' })
})

t.test('a client that failed under status 200 was not created, unless our own is there', async (t) => {
  let clients: unknown[] = []
  const crm = await openThat(t, ({ query }, path) => {
    if (path === '/client/addclient') return { status: 200, body: { Client: { UniqueId: 0, Action: 'Failed' } } }
    const Id = query.get('request.clientIDs')
    return path === '/client/clients' && Id
      ? { status: 200, body: { Clients: clients.map(() => ({ Id, UniqueId: 5 })) } }
      : undefined
  })
  t.match(await refused(create(crm, 'contact', ADA)), { code: 'field_invalid', effect: 'none' })
  clients = [1]
  t.equal(await create(crm, 'contact', ADA), '5')
})

t.test('where numbers are given by Mindbody none is sent, and lost creates are left to a person', async (t) => {
  const crm = await open(t, 'numbered')
  t.match(await mindbody.testConnection(crm.call()), { facts: { 'idempotency.contact': 'none' } })
  await create(crm, 'contact', ADA)
  t.notOk('NewId' in (bodiesTo(crm, '/addclient')[0] ?? {}))
  t.match(stored(crm), { Id: '100015679' })
})

t.test('without a number of ours a failure under status 200 leaves it open what happened', async (t) => {
  const crm = await openThat(t, (_, path) =>
    path === '/client/addclient' ? { status: 200, body: { Client: { Action: 'Failed' } } } : undefined,
  )
  const ctx = { ...crm.call(), facts: { ...crm.call().facts, 'idempotency.contact': 'none' } }
  const input = { object: 'contact', fields: ADA, reference: reference(), idempotency_key: 'key' }
  t.match(await refused(mindbody.createRecord(ctx, input)), { effect: 'unknown' })
})

t.test('what a site asks of new clients is known, described, and asked for before anything is sent', async (t) => {
  const crm = await open(t, 'required')
  const emergency = ['Name', 'Email', 'Phone', 'Relationship'].map((part) => `EmergencyContactInfo${part}`)
  t.match(await mindbody.testConnection(crm.call()), {
    facts: { required_client_fields: ['AddressLine1', ...emergency].join(',') },
  })
  const described = await mindbody.describeObject?.(crm.call(), { object: 'contact' })
  const required = described?.fields.filter((field) => field.required).map(({ name }) => name)
  t.strictSame(required, ['FirstName', 'LastName', 'AddressLine1', ...emergency])
  const before = crm.sandbox.requests.length
  t.match(await refused(create(crm, 'contact', { ...ADA, AddressLine1: ' 1 Test Rd', EmergencyContactInfoName: 'Anne' })), {
    code: 'field_invalid',
    fields: emergency.slice(1),
  })
  t.match(await refused(create(crm, 'contact', { FirstName: 'Ada', LastName: null })), {
    fields: ['LastName', 'AddressLine1', ...emergency],
  })
  t.equal(crm.sandbox.requests.length, before)
})

t.test('a site that asks for what cannot be given from here is warned of, and the provider decides', async (t) => {
  const RequiredClientFields = ['LiabilityRelease', 'City']
  const crm = await openThat(t, (_, path) => {
    if (path === '/client/requiredclientfields') return { status: 200, body: { RequiredClientFields } }
    return path === '/client/addclient'
      ? errorOf(400, 'MissingRequiredFields', 'Missing: LiabilityRelease, City of Ada')
      : undefined
  })
  t.match(await mindbody.testConnection(crm.call()), { ok: true, warning: /LiabilityRelease/ })
  t.match(await refused(create(crm, 'contact', { ...ADA, City: 'Bath' })), { code: 'field_invalid', fields: ['City'] })
})

t.test('a new client is given phones as digits, and no consent that nobody gave', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', { ...ADA, HomePhone: '+44 20 7183 8750', WorkPhone: 'ask Anne', Country: null, State: '' })
  const [body] = bodiesTo(crm, '/addclient')
  t.strictSame([body?.MobilePhone, body?.HomePhone, body?.WorkPhone], ['4155550100', '+442071838750', 'ask Anne'])
  t.strictSame(
    Object.keys(body ?? {}).filter((name) => /^(Send|React|Country|State)/.test(name)),
    [],
  )
})

t.test('unknown, private and told fields are refused by name, and nothing is sent', async (t) => {
  const crm = await open(t)
  for (const name of [
    'Fristname',
    'Notes',
    'RedAlert',
    'ClientCreditCard',
    'Id',
    'LastModifiedDateTime',
    'SendScheduleTexts',
    'constructor',
    '__proto__',
  ])
    t.match(await refused(create(crm, 'contact', { ...ADA, [name]: 'x' } as never)), { code: 'field_invalid' }, name)
  t.match(await refused(create(crm, 'contact', { ...ADA, IsProspect: 'maybe', HomeLocation: 1.5, BirthDate: 'soon' })), {
    fields: ['IsProspect', 'HomeLocation', 'BirthDate'],
  })
  t.equal(crm.sandbox.writes().length, 0)
})

t.test('custom fields are described by their numbers and types, written as texts, and read as what they are', async (t) => {
  const crm = await open(t)
  const described = await mindbody.describeObject?.(crm.call(), { object: 'contact' })
  t.strictSame(
    described?.fields.filter(({ custom }) => custom).map(({ name, label, type }) => [name, label, type]),
    [
      ['CustomClientFields.3', 'Source', 'string'],
      ['CustomClientFields.4', 'Height', 'number'],
      ['CustomClientFields.5', 'Waiver', 'boolean'],
      ['CustomClientFields.6', 'Trial ends', 'date'],
    ],
  )
  const own = { 'CustomClientFields.4': 1.7, 'CustomClientFields.5': true, 'CustomClientFields.6': '2026-12-24' }
  const external_id = await create(crm, 'contact', { ...ADA, ...own, HomeLocation: 2 })
  const read = {
    contact: [...Object.keys(own), 'CustomClientFields.3', 'HomeLocation'].map((field, n) => ({
      field,
      type: (['number', 'boolean', 'date', 'string', 'integer'] as const)[n] ?? 'string',
    })),
  }
  const found = await mindbody.lookupCustomer(crm.call(), { external_id, read })
  t.strictSame(found?.customers[0]?.fields, { ...own, 'CustomClientFields.3': null, HomeLocation: 2 })
  t.match(await refused(create(crm, 'contact', { ...ADA, Email: null, 'CustomClientFields.99': 'x' })), { code: 'field_invalid' })
})

t.test('the genders of a site are the options of its field', async (t) => {
  const described = await mindbody.describeObject?.((await open(t)).call(), { object: 'contact' })
  t.strictSame(
    described?.fields.find(({ name }) => name === 'Gender')?.options?.map(({ value }) => value),
    ['Female', 'Male', 'Nonbinary'],
  )
})

keepsToDescription(mindbody, asked, 'mindbody, creates')
