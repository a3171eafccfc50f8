import t, { type Test } from 'tap'
import type { AnyDriver, VorelError } from '../../core/driver.ts'
import { parse } from '../../drivers/zoho/answer.ts'
import zoho from '../../drivers/zoho/driver.ts'
import startSandbox from '../../drivers/zoho/sandbox.ts'
import { splitName } from '../../drivers/zoho/values.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { bestOf, type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant = ''): Promise<Crm> => connect(t, zoho, (options) => startSandbox({ ...options, variant }))

const create = (crm: Crm, object: string, fields: Fields, ref = reference()) =>
  zoho.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })

const stored = (crm: Crm, object = 'contact') => crm.sandbox.records(object)[0] ?? {}
const bodyOf = (crm: Crm) => JSON.parse(crm.sandbox.writes().at(-1)?.body ?? '{}')

const refused = async (asked: Promise<unknown>): Promise<VorelError> => {
  try {
    await asked
  } catch (error) {
    return error as VorelError
  }
  throw new Error('it was not refused')
}

t.test('a name in one piece becomes a first and a last name', async (t) => {
  t.strictSame(splitName({ Full_Name: 'Ada King  Lovelace' }), { First_Name: 'Ada King', Last_Name: 'Lovelace' })
  t.strictSame(splitName({ Full_Name: 'Ada' }), { First_Name: null, Last_Name: 'Ada' })
  t.strictSame(splitName({ Full_Name: 'Ada King Lovelace', First_Name: 'Ada' }), {
    First_Name: 'Ada',
    Last_Name: 'King Lovelace',
  })
  t.strictSame(splitName({ Full_Name: 'A B', Last_Name: 'Lovelace' }), { Last_Name: 'Lovelace' })
})

t.test('Zoho requires a last name and, of a lead, a company: what there is stands in', async (t) => {
  const crm = await open(t)
  await create(crm, 'lead', { Full_Name: 'Ada Lovelace' })
  t.match(stored(crm, 'lead'), { First_Name: 'Ada', Last_Name: 'Lovelace', Company: 'Ada Lovelace' })
  await create(crm, 'contact', { Phone: '+14155550100', Email: 'ada@example.test' })
  t.match(stored(crm), { Last_Name: 'ada@example.test' })
  await create(crm, 'lead', { First_Name: 'Grace', Company: 'Navy' })
  t.match(crm.sandbox.records('lead')[1], { Last_Name: 'Grace', Company: 'Navy' })
  const nameless = await refused(create(crm, 'contact', { Description: 'asked for a quote' }))
  t.match(nameless, { code: 'field_invalid', fields: ['Last_Name'] })
})

t.test('a deal without a stage starts in the first one', async (t) => {
  const crm = await open(t)
  await create(crm, 'deal', { Deal_Name: 'Kitchen' })
  t.match(stored(crm, 'deal'), { Stage: 'Qualification' })
  await create(crm, 'deal', { Deal_Name: 'Bath', Stage: 'Closed Won' })
  t.match(crm.sandbox.records('deal')[1], { Stage: 'Closed Won' })
  t.match(await refused(create(crm, 'deal', { Amount: 5 })), { code: 'field_invalid', fields: ['Deal_Name'] })
})

t.test('a lookup field takes an id, a time goes without fractions', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'contact', { Last_Name: 'Lovelace' })
  await create(crm, 'deal', { Deal_Name: 'Kitchen', Contact_Name: external_id, Next_Visit: '2026-12-01T09:00:00.000Z' })
  t.match(bodyOf(crm).data, [{ Contact_Name: { id: external_id }, Next_Visit: '2026-12-01T09:00:00+00:00' }])
  const wrong = await refused(create(crm, 'deal', { Deal_Name: 'Bath', Contact_Name: '123' }))
  t.match(wrong, { code: 'field_invalid', fields: ['Contact_Name'] })
})

t.test('ids of nineteen digits come whole, as text or as a number', async (t) => {
  const text = parse(Buffer.from('{"data":[{"id":5725767000000524159,"Owner":{"id":7},"Amount":12345678901234567890,"n":1.5}]}'))
  const meant = { data: [{ id: '5725767000000524159', Owner: { id: '7' }, Amount: '12345678901234567890', n: 1.5 }] }
  t.strictSame(text, meant)
  const crm = await open(t, 'numbers')
  const { external_id } = await create(crm, 'contact', { Last_Name: 'Lovelace', Email: 'ada@example.test' })
  t.equal(external_id, stored(crm).id)
  t.notOk(Number.isSafeInteger(Number(external_id)))
  t.equal(bestOf(await zoho.lookupCustomer(crm.call(), { email: 'ada@example.test' }))?.external_id, external_id)
  await zoho.updateRecord(crm.call(), { object: 'contact', external_id, fields: { Last_Name: 'King' } })
  t.match(stored(crm), { Last_Name: 'King' })
})

t.test('a repeat of a create leaves later edits alone', async (t) => {
  const crm = await open(t)
  const ref = reference()
  const { external_id } = await create(crm, 'lead', { Last_Name: 'Lovelace', Company: 'A' }, ref)
  await zoho.updateRecord(crm.call(), { object: 'lead', external_id, fields: { Company: 'B' } })
  const writes = crm.sandbox.writes().length
  t.equal((await create(crm, 'lead', { Last_Name: 'Lovelace', Company: 'A' }, ref)).external_id, external_id)
  t.equal(crm.sandbox.writes().length, writes, 'nothing was written')
  t.match(stored(crm, 'lead'), { Company: 'B' })
})

t.test('equal creates at the same moment make one record, merged by Zoho or told of a duplicate', async (t) => {
  for (const variant of ['', 'racing']) {
    const crm = await open(t, variant)
    const ref = reference()
    const made = await Promise.all([1, 2, 3, 4].map(() => create(crm, 'contact', { Last_Name: 'Lovelace' }, ref)))
    t.ok(crm.sandbox.writes().length > 1, 'they met')
    t.equal(new Set(made.map(({ external_id }) => external_id)).size, 1, variant)
    t.equal(crm.sandbox.records('contact').length, 1)
  }
})

t.test('two people with one address are two records: only our own field is checked', async (t) => {
  const crm = await open(t)
  for (const Last_Name of ['Lovelace', 'King']) await create(crm, 'contact', { Last_Name, Email: 'family@example.test' })
  t.equal(crm.sandbox.records('contact').length, 2)
  t.match(bodyOf(crm), { duplicate_check_fields: ['Vorel_Key'] })
})

t.test('what Zoho starts is said on each write, as the operator chose', async (t) => {
  const crm = await open(t)
  const chosen = { all: ['workflow', 'approval', 'blueprint'], workflow: ['workflow'], none: [] }
  for (const [trigger, sent] of Object.entries(chosen)) {
    const ctx = () => ({ ...crm.call(), settings: { trigger } })
    const ref = reference()
    const { external_id } = await zoho.createRecord(ctx(), {
      object: 'contact',
      fields: { Last_Name: 'A' },
      reference: ref,
      idempotency_key: ref,
    })
    t.strictSame(bodyOf(crm).trigger, sent)
    await zoho.updateRecord(ctx(), { object: 'contact', external_id, fields: { Last_Name: 'B' } })
    t.strictSame(bodyOf(crm).trigger, sent)
    await zoho.deleteRecord?.(ctx(), { object: 'contact', external_id })
    t.equal(crm.sandbox.writes().at(-1)?.query.get('wf_trigger') ?? null, trigger === 'none' ? 'false' : null)
  }
})

t.test('neither the id nor the reference field can be written by a mapping', async (t) => {
  const crm = await open(t)
  for (const name of ['id', 'Vorel_Key', '$approved'])
    t.match(await refused(create(crm, 'contact', { Last_Name: 'A', [name]: '1' })), { code: 'field_invalid', fields: [name] })
  t.equal(crm.sandbox.writes().length, 0)
})

t.test('what was deleted is in the bin, and gone from everywhere else', async (t) => {
  for (const variant of ['', 'inband', 'missing']) {
    const crm = await open(t, variant)
    const { external_id } = await create(crm, 'lead', { Last_Name: 'Lovelace', Email: 'ada@example.test' })
    t.strictSame(await zoho.deleteRecord?.(crm.call(), { object: 'lead', external_id }), { deleted: true, hard_deleted: false })
    for (const key of [{ external_id }, { email: 'ada@example.test' }]) t.equal(await zoho.lookupCustomer(crm.call(), key), null)
    const again = await refused(Promise.resolve(zoho.deleteRecord?.(crm.call(), { object: 'lead', external_id })))
    t.equal(again.code, 'record_not_found')
    const fields = { Company: 'B' }
    const update = await refused(zoho.updateRecord(crm.call(), { object: 'lead', external_id, fields }))
    t.equal(update.code, 'record_not_found', variant)
  }
})

t.test('links lead to the centre of the account, deals under their old name', async (t) => {
  const crm = await open(t, 'eu')
  const deal = await create(crm, 'deal', { Deal_Name: 'Kitchen' })
  t.equal(deal.record_url, `https://crm.zoho.eu/crm/org808232144/tab/Potentials/${deal.external_id}`)
  const blank = { ...crm.call(), facts: { region: 'eu' } }
  t.equal(
    (await zoho.updateRecord(blank, { object: 'deal', external_id: deal.external_id, fields: { Amount: 1 } })).record_url,
    null,
  )
})

t.test('times are told in UTC, whatever the zone they are kept in', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'contact', { Last_Name: 'Lovelace' })
  t.match(stored(crm).Created_Time, /-08:00$/)
  const found = bestOf(await zoho.lookupCustomer(crm.call(), { external_id }))
  t.equal(found?.created_at, new Date(String(stored(crm).Created_Time)).toISOString())
})

t.test('fields are described with their options, a name in one piece as writable, the reference field not at all', async (t) => {
  const crm = await open(t)
  const { fields } = (await (zoho as AnyDriver).describeObject?.(crm.call(), { object: 'deal' })) ?? { fields: [] }
  const byName = (name: string) => fields.find((field) => field.name === name)
  t.match(byName('Stage'), { type: 'option', required: true, options: [{ value: 'Qualification', label: 'Qualification' }] })
  t.match(byName('Interests'), { type: 'options', custom: true })
  t.match(byName('Created_Time'), { writable: false })
  t.equal(byName('Vorel_Key'), undefined)
  const contact = await (zoho as AnyDriver).describeObject?.(crm.call(), { object: 'contact' })
  t.match(
    contact?.fields.find(({ name }) => name === 'Full_Name'),
    { writable: true },
  )
})
