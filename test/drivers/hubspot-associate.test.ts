import t, { type Test } from 'tap'
import type { VorelError } from '../../core/errors.ts'
import hubspot from '../../drivers/hubspot/driver.ts'
import startSandbox from '../../drivers/hubspot/sandbox.ts'
import { type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant = ''): Promise<Crm> => connect(t, hubspot, (options) => startSandbox({ ...options, variant }))

const FIELDS = { contact: { email: 'ada@example.test' }, deal: { dealname: 'Kitchen' }, ticket: { subject: 'Leak' } }
type ObjectName = keyof typeof FIELDS

const add = async (crm: Crm, object: ObjectName, fields: Record<string, string> = FIELDS[object]) => {
  const ref = reference()
  const input = { object, fields, reference: ref, idempotency_key: ref }
  return { object, external_id: (await hubspot.createRecord(crm.call(), input)).external_id }
}
type End = Awaited<ReturnType<typeof add>>

const associate = async (crm: Crm, from: End, to: End) => hubspot.associate?.(crm.call(), { from, to })
const refused = (asked: Promise<unknown>): Promise<Partial<VorelError>> =>
  asked.then(
    () => ({ message: 'it was not refused' }),
    (error: VorelError) => error,
  )
const associationsOf = (crm: Crm, object: ObjectName) => crm.sandbox.records(object)[0]?.associations

t.test('contact, deal and ticket are associated in any direction, and seen from both', async (t) => {
  const crm = await open(t)
  const [contact, deal, ticket] = [await add(crm, 'contact'), await add(crm, 'deal'), await add(crm, 'ticket')]
  t.strictSame(await associate(crm, contact, deal), { associated: true })
  await associate(crm, ticket, contact)
  await associate(crm, deal, ticket)
  t.strictSame(associationsOf(crm, 'contact'), { deals: [deal.external_id], tickets: [ticket.external_id] })
  t.strictSame(associationsOf(crm, 'deal'), { contacts: [contact.external_id], tickets: [ticket.external_id] })
  t.strictSame(associationsOf(crm, 'ticket'), { contacts: [contact.external_id], deals: [deal.external_id] })
})

t.test('associated twice, and at once, is associated once, and nothing of the records is written', async (t) => {
  const crm = await open(t)
  const [contact, deal] = [await add(crm, 'contact'), await add(crm, 'deal')]
  const stored = () => crm.sandbox.records('deal').map(({ associations, ...values }) => values)
  const before = stored()
  await associate(crm, contact, deal)
  await Promise.all([associate(crm, contact, deal), associate(crm, deal, contact)])
  t.strictSame(associationsOf(crm, 'contact'), { deals: [deal.external_id] })
  t.strictSame(associationsOf(crm, 'deal'), { contacts: [contact.external_id] })
  t.strictSame(stored(), before)
})

t.test('it is one request without a body, to the dated address of the default association', async (t) => {
  const crm = await open(t)
  const [contact, deal] = [await add(crm, 'contact'), await add(crm, 'deal')]
  const before = crm.sandbox.requests.length
  await associate(crm, deal, contact)
  const [asked, ...more] = crm.sandbox.requests.slice(before)
  t.match(asked, {
    method: 'PUT',
    path: `/crm/objects/2026-09/deals/${deal.external_id}/associations/default/contacts/${contact.external_id}`,
    body: /^$/,
  })
  t.strictSame(more, [])
})

for (const variant of ['', 'batch-errors'])
  t.test(`nobody is associated with nobody${variant && ', where HubSpot says so within a success'}`, async (t) => {
    const crm = await open(t, variant)
    const [contact, deal] = [await add(crm, 'contact'), await add(crm, 'deal')]
    const ticket = await add(crm, 'ticket')
    const another = await add(crm, 'contact', { email: 'bea@example.test' })
    await hubspot.deleteRecord?.(crm.call(), ticket)
    for (const [from, to] of [
      [contact, { ...deal, external_id: '999999999' }],
      [{ ...contact, external_id: '999999999' }, deal],
      [contact, { ...deal, external_id: another.external_id }],
      [contact, ticket],
    ] as const)
      t.match(
        await refused(associate(crm, from, to)),
        { code: 'record_not_found', effect: 'none' },
        `${from.external_id} ${to.external_id}`,
      )
    t.strictSame(associationsOf(crm, 'contact'), {})
  })

t.test('what cannot be an id is nobody, without asking', async (t) => {
  const crm = await open(t)
  const contact = await add(crm, 'contact')
  const before = crm.sandbox.requests.length
  for (const external_id of ['', '0', '../contacts', 'ada@example.test', '5/associations'])
    for (const ends of [
      [contact, { object: 'deal', external_id }],
      [{ object: 'deal', external_id }, contact],
    ] as [End, End][])
      t.match(await refused(associate(crm, ...ends)), { code: 'record_not_found' }, external_id)
  t.equal(crm.sandbox.requests.length, before)
})

t.test('a record in the bin is no longer seen as associated', async (t) => {
  const crm = await open(t)
  const [contact, deal] = [await add(crm, 'contact'), await add(crm, 'deal')]
  await associate(crm, contact, deal)
  await hubspot.deleteRecord?.(crm.call(), contact)
  t.strictSame(associationsOf(crm, 'deal'), {})
})

t.test('a grant that lacks one of the two objects associates nothing, and says what it lacks', async (t) => {
  const crm = await open(t, 'no-tickets')
  const contact = await add(crm, 'contact')
  const error = await refused(associate(crm, contact, { object: 'ticket', external_id: '501' }))
  t.match(error, { code: 'auth_error', isExpired: false, message: /lacks tickets/ })
})

t.test('an answer that is not what HubSpot says it is leaves it open whether they are associated', async (t) => {
  const crm = await open(t)
  const [contact, deal] = [await add(crm, 'contact'), await add(crm, 'deal')]
  for (const fault of ['html_200', 'truncated_json', 'reset_after', 'wrong_types'] as const) {
    crm.sandbox.play(fault, { on: 'write' })
    t.match(await refused(associate(crm, contact, deal)), { code: 'provider_unavailable', effect: 'unknown' }, fault)
  }
  t.strictSame(await associate(crm, contact, deal), { associated: true })
})
