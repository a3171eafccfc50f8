import t, { type Test } from 'tap'
import { isVorelError } from '../../core/errors.ts'
import hubspot from '../../drivers/hubspot/driver.ts'
import { manifest } from '../../drivers/hubspot/manifest.ts'
import { type HubSpotRecord, recordUrl } from '../../drivers/hubspot/map.ts'
import startSandbox from '../../drivers/hubspot/sandbox.ts'
import { toProperties, withNameParts } from '../../drivers/hubspot/values.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant = ''): Promise<Crm> => connect(t, hubspot, (options) => startSandbox({ ...options, variant }))

const add = async (crm: Crm, object: string, fields: Fields): Promise<string> => {
  const ref = reference()
  return (await hubspot.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })).external_id
}

const update = (crm: Crm, object: string, external_id: string, fields: Fields) =>
  hubspot.updateRecord(crm.call(), { object, external_id, fields })

const stored = (crm: Crm, object: string) => crm.sandbox.records(object).at(-1) ?? {}

t.test('every value goes as a text, lists joined, and null clears', async (t) => {
  const fields = {
    amount: 1250.5,
    is_vip: false,
    hs_buying_role: ['CHAMPION', 'BUDGET_HOLDER'],
    city: null,
    move_in: '2026-12-31',
  }
  t.strictSame(toProperties(fields, 'UTC'), {
    amount: '1250.5',
    is_vip: 'false',
    hs_buying_role: 'CHAMPION;BUDGET_HOLDER',
    city: '',
    move_in: '2026-12-31',
  })
})

t.test('values of every type arrive, and what is cleared is empty', async (t) => {
  const crm = await open(t)
  const fields = {
    budget_aed: 500_000,
    is_vip: true,
    hs_buying_role: ['CHAMPION', 'BUDGET_HOLDER'],
    move_in: '2026-12-31',
    city: null,
  }
  const id = await add(crm, 'contact', { firstname: 'Ada', ...fields })
  t.match(stored(crm, 'contact'), {
    budget_aed: '500000',
    is_vip: 'true',
    hs_buying_role: 'CHAMPION;BUDGET_HOLDER',
    move_in: '2026-12-31',
  })
  await update(crm, 'contact', id, { budget_aed: null, hs_buying_role: [] })
  t.match(stored(crm, 'contact'), { budget_aed: null, hs_buying_role: null, is_vip: 'true', firstname: 'Ada' })
})

t.test('a day of closing is that day also west of Greenwich', async (t) => {
  const crm = await open(t)
  await add(crm, 'deal', { dealname: 'Kitchen', closedate: '2026-12-31' })
  const at = new Date(String(stored(crm, 'deal').closedate))
  for (const timeZone of ['America/Los_Angeles', 'UTC', 'Asia/Tokyo'])
    t.equal(new Intl.DateTimeFormat('en-CA', { timeZone }).format(at), '2026-12-31', timeZone)
  await add(crm, 'deal', { dealname: 'Kitchen', closedate: '2026-12-31T09:30:00.000Z' })
  t.equal(stored(crm, 'deal').closedate, '2026-12-31T09:30:00.000Z', 'a moment stays')
})

t.test('a whole name becomes its two parts, unless they are given', async (t) => {
  const parts = (fields: Fields) => {
    const { firstname, lastname } = withNameParts(fields)
    return [firstname, lastname]
  }
  const whole = (name: string | null) => ({ hs_full_name_or_email: name })
  t.strictSame(parts(whole('Ada Lovelace')), ['Ada', 'Lovelace'])
  t.strictSame(parts(whole('  Anna Maria  Mozart ')), ['Anna Maria', 'Mozart'])
  t.strictSame(parts(whole('Ada')), ['Ada', ''])
  t.strictSame(parts(whole(null)), ['', ''])
  t.strictSame(parts({ ...whole('Ada King'), lastname: 'Lovelace' }), [undefined, 'Lovelace'])
  t.strictSame(parts({ ...whole('Ada King'), lastname: '' }), ['Ada', 'King'])
  t.notOk('firstname' in withNameParts({ city: 'London' }), 'no name, no parts')

  const crm = await open(t)
  const id = await add(crm, 'contact', whole('Ada Lovelace'))
  t.match(stored(crm, 'contact'), { firstname: 'Ada', lastname: 'Lovelace' })
  await update(crm, 'contact', id, whole('Augusta'))
  t.match(stored(crm, 'contact'), { firstname: 'Augusta', lastname: null })
})

t.test('stages and pipelines go by the labels that people see, or by id', async (t) => {
  const crm = await open(t)
  const placed = async (fields: Fields) => {
    await add(crm, 'deal', { dealname: 'Kitchen', ...fields })
    const { pipeline, dealstage } = stored(crm, 'deal')
    return [pipeline, dealstage]
  }
  t.strictSame(await placed({}), ['default', 'appointmentscheduled'])
  t.strictSame(await placed({ dealstage: 'qualified to buy' }), ['default', 'qualifiedtobuy'])
  t.strictSame(await placed({ dealstage: '81002' }), ['70012', '81002'])
  t.strictSame(await placed({ pipeline: 'Renewals' }), ['70012', '81001'])
  t.strictSame(await placed({ dealstage: 'Closed won' }), ['default', 'closedwon'], 'of two, the one of the first pipeline')
  t.strictSame(await placed({ pipeline: 'renewals', dealstage: 'Closed Won' }), ['70012', '81003_won'])
  await add(crm, 'ticket', { subject: 'Leak', hs_pipeline_stage: 'Waiting on us' })
  t.match(stored(crm, 'ticket'), { hs_pipeline: '0', hs_pipeline_stage: '3' })
})

t.test('a stage that is none is refused by name', async (t) => {
  const crm = await open(t)
  const codeOf = (asked: Promise<unknown>) =>
    asked.then(
      () => 'no error',
      (error: unknown) => isVorelError(error) && [error.code, ...(error.fields ?? [])].join(' '),
    )
  t.equal(await codeOf(add(crm, 'deal', { dealname: 'Kitchen', dealstage: 'Dreaming' })), 'field_invalid dealstage')
  const id = await add(crm, 'deal', { dealname: 'Kitchen' })
  t.equal(await codeOf(update(crm, 'deal', id, { dealstage: 'Dreaming' })), 'field_invalid dealstage')
  t.equal(await codeOf(update(crm, 'deal', '999', { dealstage: 'Closed won' })), 'record_not_found')
})

t.test('a record moves within its pipeline, unless another is named', async (t) => {
  const crm = await open(t)
  const moved = async (id: string, fields: Fields) => {
    await update(crm, 'deal', id, fields)
    const { pipeline, dealstage } = crm.sandbox.records('deal').find((deal) => deal.id === id) ?? {}
    return [pipeline, dealstage]
  }
  const renewal = await add(crm, 'deal', { dealname: 'Kitchen', pipeline: 'Renewals' })
  const sale = await add(crm, 'deal', { dealname: 'Bath' })
  t.strictSame(await moved(renewal, { dealstage: 'Offered' }), ['70012', '81002'])
  t.strictSame(await moved(renewal, { dealstage: 'closed WON' }), ['70012', '81003_won'], 'a label of both pipelines')
  t.strictSame(await moved(sale, { dealstage: 'closed WON' }), ['default', 'closedwon'])
  t.strictSame(await moved(sale, { pipeline: 'Renewals', dealstage: 'Closed won' }), ['70012', '81003_won'])
  t.strictSame(await moved(sale, { amount: 5 }), ['70012', '81003_won'])
})

t.test('a record opens at its own address, else at one made of what connecting found', async (t) => {
  const record = { id: '512', properties: {}, createdAt: '', updatedAt: '' } satisfies HubSpotRecord
  const facts = { ui_domain: 'app-eu1.hubspot.com', portal_id: '148711228' }
  const made = (type: string) => `https://app-eu1.hubspot.com/contacts/148711228/record/${type}/512`
  t.equal(recordUrl(facts, 'contacts', record), made('0-1'))
  t.equal(recordUrl(facts, 'deals', record), made('0-3'))
  t.equal(recordUrl(facts, 'tickets', record), made('0-5'))
  t.equal(recordUrl(facts, 'deals', { ...record, url: 'https://app.hubspot.com/x' }), 'https://app.hubspot.com/x')
  t.equal(recordUrl(facts, 'deals', { ...record, url: 'javascript:alert(1)' }), made('0-3'))
  t.equal(
    recordUrl({ ui_domain: 'app.hubspot.com', hub_id: '1' }, 'deals', record),
    'https://app.hubspot.com/contacts/1/record/0-3/512',
  )
  t.equal(recordUrl({}, 'deals', record), null)
})

for (const variant of ['', 'bare'])
  t.test(`every verb that gives an address gives that of the record${variant && ', where HubSpot sends none'}`, async (t) => {
    const crm = await open(t, variant)
    const id = await add(crm, 'deal', { dealname: 'Kitchen' })
    const url = `https://app-eu1.hubspot.com/contacts/148711228/record/0-3/${id}`
    t.equal((await update(crm, 'deal', id, { amount: 5 })).record_url, url)
    const { matches } = await hubspot.searchRecords(crm.call(), { object: 'deal', query: 'Kitchen', limit: 5 })
    t.match(matches, [{ record_url: url, name: 'Kitchen', email: null, phone: null }])
  })

t.test('fields are described by what they take', async (t) => {
  const crm = await open(t)
  const describe = async (object: string) => {
    const { fields } = (await hubspot.describeObject?.(crm.call(), { object })) ?? { fields: [] }
    return Object.fromEntries(fields.map((field) => [field.name, field]))
  }
  const contact = await describe('contact')
  t.match(contact, {
    email: { type: 'string', writable: true, custom: false, required: false },
    message: { type: 'text' },
    budget_aed: { type: 'number', custom: true },
    is_vip: { type: 'boolean' },
    move_in: { type: 'date' },
    hs_buying_role: { type: 'options', options: [{ value: 'BUDGET_HOLDER' }, {}, {}] },
    lifecyclestage: { type: 'option' },
    createdate: { type: 'datetime', writable: false },
    hs_searchable_calculated_phone_number: { writable: false },
    hs_full_name_or_email: { writable: true },
  })
  t.notOk(contact.vorel_idempotency_key, 'nobody maps anything there')
  t.notOk(contact.is_vip?.options, 'true and false need no telling')
  t.match(await describe('deal'), { dealname: { required: true }, closedate: { type: /^date$/, required: false } })
})

t.test('no ten seconds see more requests than HubSpot allows the app that may send the fewest', async (t) => {
  const { requestsPerSecond, burst } = manifest.limits
  t.ok(burst + 10 * requestsPerSecond <= 100)
})
