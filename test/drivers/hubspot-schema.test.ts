import t, { type Test } from 'tap'
import hubspot from '../../drivers/hubspot/driver.ts'
import { manifest, SERVED } from '../../drivers/hubspot/manifest.ts'
import startSandbox from '../../drivers/hubspot/sandbox.ts'
import type { Manifest } from '../../schemas/manifest.ts'
import type { Fields, FieldValue } from '../../schemas/verbs.ts'
import { bestOf, type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant = ''): Promise<Crm> => connect(t, hubspot, (options) => startSandbox({ ...options, variant }))

type Slot = Manifest['objects'][string]['fields'][string]

/** What an admin of the account does to its properties, in HubSpot's own dialect. */
const admin = async (crm: Crm, method: string, path: string, body?: object) => {
  const answer = await fetch(`${crm.sandbox.url}/crm/properties/2026-09/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${crm.tokens?.granted.tokens.access_token}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: text ? JSON.parse(text) : undefined }
}

const described = async (crm: Crm, object: string) => {
  const { fields } = (await hubspot.describeObject?.(crm.call(), { object })) ?? { fields: [] }
  return new Map(fields.map((field) => [field.name, field]))
}

const create = (crm: Crm, object: string, fields: Fields) => {
  const ref = reference()
  return hubspot.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })
}

const NEW = { name: 'bedrooms', groupName: 'contactinformation', label: 'Bedrooms', type: 'number', fieldType: 'number' }

t.test('a property that is made is described, written and read', async (t) => {
  const crm = await open(t)
  t.equal((await admin(crm, 'POST', 'contacts', NEW)).status, 201)
  t.match((await described(crm, 'contact')).get('bedrooms'), { label: 'Bedrooms', type: 'number', writable: true, custom: true })
  const { external_id } = await create(crm, 'contact', { firstname: 'Ada', bedrooms: 3 })
  const read = { contact: [{ field: 'bedrooms', type: 'number' as const }] }
  t.strictSame(bestOf(await hubspot.lookupCustomer(crm.call(), { external_id, read }))?.fields, { bedrooms: 3 })
})

t.test('a label, a type and options that are changed are described as they are now', async (t) => {
  const crm = await open(t)
  await admin(crm, 'POST', 'contacts', NEW)
  t.equal((await admin(crm, 'PATCH', 'contacts/bedrooms', { label: 'Rooms to sleep in' })).body.label, 'Rooms to sleep in')
  t.match((await described(crm, 'contact')).get('bedrooms'), { label: 'Rooms to sleep in', type: 'number' })
  const options = [
    { value: 'few', label: 'One or two', hidden: false },
    { value: 'old', label: 'No longer', hidden: true },
  ]
  await admin(crm, 'PATCH', 'contacts/bedrooms', { type: 'enumeration', fieldType: 'select', options })
  t.strictSame((await described(crm, 'contact')).get('bedrooms'), {
    name: 'bedrooms',
    label: 'Rooms to sleep in',
    type: 'option',
    required: false,
    writable: true,
    custom: true,
    options: [{ value: 'few', label: 'One or two' }],
  })
})

t.test('a property in the bin is described no more, read as nothing and refused by name when written', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'contact', { firstname: 'Ada', budget_aed: 5 })
  t.equal((await admin(crm, 'DELETE', 'contacts/budget_aed')).status, 204)
  t.notOk((await described(crm, 'contact')).has('budget_aed'))
  const read = { contact: [{ field: 'budget_aed', type: 'number' as const }] }
  t.strictSame(bestOf(await hubspot.lookupCustomer(crm.call(), { external_id, read }))?.fields, { budget_aed: null })
  const update = { object: 'contact', external_id, fields: { budget_aed: 6 } }
  t.match(await hubspot.updateRecord(crm.call(), update).catch((error: unknown) => error), {
    code: 'field_invalid',
    fields: ['budget_aed'],
  })
  t.match((await admin(crm, 'GET', 'contacts?archived=true')).body.results, [{ name: 'budget_aed' }])
  t.equal((await admin(crm, 'DELETE', 'contacts/budget_aed')).status, 404)
})

t.test('one made anew under an old name has none of the old values', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', { firstname: 'Ada', budget_aed: 5 })
  await admin(crm, 'DELETE', 'contacts/budget_aed')
  await admin(crm, 'POST', 'contacts', { ...NEW, name: 'budget_aed', type: 'string', fieldType: 'text' })
  t.equal((await described(crm, 'contact')).get('budget_aed')?.type, 'string')
  t.notOk(crm.sandbox.records('contact')[0]?.budget_aed)
})

t.test("HubSpot's own properties stay, and what nobody may or can change is refused", async (t) => {
  const crm = await open(t)
  t.equal((await admin(crm, 'DELETE', 'contacts/email')).status, 400)
  t.equal((await admin(crm, 'PATCH', 'contacts/email', { label: 'Post' })).status, 400)
  t.equal((await admin(crm, 'PATCH', 'contacts/budget_aed', { name: 'budget' })).status, 400)
  t.equal((await admin(crm, 'PATCH', 'contacts/nothing', { label: 'x' })).status, 404)
  t.equal((await admin(crm, 'POST', 'contacts', { ...NEW, name: 'budget_aed' })).status, 409)
  t.ok((await described(crm, 'contact')).has('email'))
  const poor = await open(t, 'no-schema')
  t.equal((await admin(poor, 'DELETE', 'contacts/budget_aed')).status, 403)
})

t.test('every default slot has the type that HubSpot is described with, and one can write it', async (t) => {
  const crm = await open(t)
  for (const object of SERVED) {
    const fields = await described(crm, object)
    for (const [slot, { field, type }] of Object.entries(manifest.objects[object].fields))
      t.strictSame([fields.get(field)?.type, fields.get(field)?.writable], [type, true], `${object}.${slot}`)
  }
})

t.test('a lead is a contact and, of what is asked for, a deal', async (t) => {
  const { contact, deal, lead } = manifest.objects
  t.match(lead, { native: 'contacts', standsFor: 'contact' })
  const fields: Record<string, Slot> = lead.fields
  for (const [slot, own] of Object.entries(fields)) {
    const { object, ...field } = own
    const known: Slot[] = Object.values(object === 'deal' ? deal.fields : contact.fields)
    t.ok(
      known.some((one) => JSON.stringify(one) === JSON.stringify(field)),
      slot,
    )
  }
  for (const [slot, field] of Object.entries(contact.fields)) t.strictSame(fields[slot], field, `${slot} is the contact's`)
  t.strictSame(
    Object.entries(fields).flatMap(([slot, { object, field }]) => (object ? [[slot, object, field]] : [])),
    [
      ['title', 'deal', 'dealname'],
      ['amount', 'deal', 'amount'],
      ['budget', 'deal', 'amount'],
      ['stage', 'deal', 'dealstage'],
      ['pipeline', 'deal', 'pipeline'],
      ['close_date', 'deal', 'closedate'],
      ['description', 'deal', 'description'],
      ['deal_type', 'deal', 'dealtype'],
      ['priority', 'deal', 'hs_priority'],
    ],
  )
})

t.test('what a lead becomes can be created as it is: a contact, a deal of its own, and the two associated', async (t) => {
  const crm = await open(t)
  const said: Record<string, FieldValue> = {
    name: 'Ada Lovelace',
    phone: '+14155550100',
    title: 'Kitchen',
    budget: 9000,
    close_date: '2026-12-31',
  }
  const slots: Record<string, Slot> = manifest.objects.lead.fields
  const of = (object: string | undefined): Fields =>
    Object.fromEntries(
      Object.entries(said).flatMap(([slot, value]) => {
        const native = slots[slot]
        return native && native.object === object ? [[native.field, value]] : []
      }),
    )
  const from = { object: 'contact', external_id: (await create(crm, 'contact', of(undefined))).external_id }
  const to = { object: 'deal', external_id: (await create(crm, 'deal', of('deal'))).external_id }
  await hubspot.associate?.(crm.call(), { from, to })
  t.match(crm.sandbox.records('contact'), [{ firstname: 'Ada', lastname: 'Lovelace', associations: { deals: [to.external_id] } }])
  t.match(crm.sandbox.records('deal'), [{ dealname: 'Kitchen', amount: '9000', associations: { contacts: [from.external_id] } }])
})

t.test('connecting prepares what HubSpot has, once: nothing is made or found out for a lead', async (t) => {
  const crm = await open(t)
  const tested = await hubspot.testConnection(crm.call())
  const facts = tested.ok ? Object.keys(tested.facts ?? {}) : []
  t.ok(facts.includes('idempotency.contact'))
  t.notOk(facts.some((name) => name.includes('lead')))
  t.equal(crm.sandbox.writes().length, 3, 'the property on three objects')
})
