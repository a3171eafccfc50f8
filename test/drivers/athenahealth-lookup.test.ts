import t from 'tap'
import athenahealth from '../../drivers/athenahealth/driver.ts'
import { ok } from '../../drivers/athenahealth/sandbox-gateway.ts'
import type { LookupCustomerInput } from '../../schemas/verbs.ts'
import { bestOf, type Crm } from '../contract/connect.ts'
import { ADA, asked, create, open, openThat, refused } from './athenahealth/practice.ts'

const idOf = async (crm: Crm, keys: LookupCustomerInput) =>
  bestOf(await athenahealth.lookupCustomer(crm.call(), keys))?.external_id ?? null

const idsOf = async (crm: Crm, keys: LookupCustomerInput) =>
  (await athenahealth.lookupCustomer(crm.call(), keys))?.customers.map(({ external_id }) => external_id)

const PHONE = ADA.mobilephone
const BYRON = { ...ADA, firstname: 'Byron', email: 'byron@example.test' }

t.test('of a family that shares a number all are told, the oldest first, and before them whom another key means', async (t) => {
  const crm = await open(t)
  const ada = await create(crm, 'contact', ADA)
  const byron = await create(crm, 'contact', BYRON)
  const clara = await create(crm, 'contact', { ...BYRON, firstname: 'Clara' })
  t.strictSame(await idsOf(crm, { phone: PHONE }), [ada, byron, clara])
  t.strictSame(await idsOf(crm, { phone: PHONE, email: 'BYRON@example.test' }), [byron, clara, ada], 'an e-mail address')
  t.strictSame(await idsOf(crm, { phone: PHONE, external_id: clara }), [clara, ada, byron], 'or an id')
  for (const other of [{ email: 'nobody@example.test' }, { external_id: '999999999' }])
    t.strictSame(await idsOf(crm, { phone: PHONE, ...other }), [ada, byron, clara])
  const found = await athenahealth.lookupCustomer(crm.call(), { email: 'BYRON@example.test', external_id: ada })
  t.match(found, { matched_by: 'email', customers: [{ external_id: byron, object: 'contact' }, { external_id: clara }] })
})

t.test('the active come first, then those who were registered first, whatever their ids', async (t) => {
  const patient = (patientid: number, status: string, registrationdate?: string) => ({
    ...{ patientid, status, mobilephone: '4155550100' },
    ...(registrationdate && { registrationdate }),
  })
  const patients = [
    patient(1, 'inactive', '01/01/2001'),
    patient(2, 'active'),
    patient(9, 'a', '12/31/2019'),
    patient(4, 'active', '01/05/2020'),
    patient(3, 'active', '01/05/2020'),
    patient(5, 'prospective', '01/01/2002'),
  ]
  const crm = await openThat(t, (_, path) => (path === '/patients' ? ok({ totalcount: 6, patients }) : undefined))
  t.strictSame(await idsOf(crm, { phone: PHONE }), ['9', '3', '4', '2', '1', '5'])
  const { matches } = await athenahealth.searchRecords(crm.call(), { object: 'contact', query: PHONE, phone: PHONE, limit: 2 })
  t.strictSame(
    matches.map(({ external_id }) => external_id),
    ['9', '3'],
    'of a search too',
  )
})

t.test('of many who share a number twenty are told', async (t) => {
  const patients = Array.from({ length: 30 }, (_, n) => ({ patientid: n + 1, mobilephone: '4155550100' }))
  const crm = await openThat(t, (_, path) => (path === '/patients' ? ok({ totalcount: 30, patients }) : undefined))
  t.equal((await idsOf(crm, { phone: PHONE }))?.length, 20)
})

t.test('inactive patients count, deleted ones do not', async (t) => {
  const patient = (patientid: number, status: string) => ({ patientid, status, mobilephone: '4155550100' })
  const answers = [patient(1, 'deleted'), patient(2, 'd'), patient(3, 'inactive')]
  const crm = await openThat(t, (_, path) => {
    if (path === '/patients') return ok({ totalcount: 3, patients: answers })
    return path === '/patients/1' ? ok([answers[0]]) : undefined
  })
  t.equal(await idOf(crm, { phone: PHONE }), '3')
  t.equal(await idOf(crm, { external_id: '1' }), null)
})

t.test('who has another number than was searched for is not found', async (t) => {
  const crm = await openThat(t, (_, path) =>
    path === '/patients'
      ? ok({ totalcount: '1', patients: [{ patientid: '1', mobilephone: '4155550199', homephone: '' }] })
      : undefined,
  )
  t.equal(await idOf(crm, { phone: PHONE }), null)
})

t.test('ten digits are searched for, lean, and a number from elsewhere is nobody without asking', async (t) => {
  const crm = await open(t)
  const before = crm.sandbox.requests.length
  t.equal(await idOf(crm, { phone: '+442071838750' }), null)
  t.equal(await idOf(crm, { external_id: '../../ping' }), null)
  t.equal(crm.sandbox.requests.length, before)
  await idOf(crm, { phone: PHONE })
  t.strictSame(Object.fromEntries(asked(crm).at(-1)?.query ?? []), {
    anyphone: '4155550100',
    omitbalances: 'true',
    omitphotoinformation: 'true',
    omitdefaultpharmacy: 'true',
    limit: '100',
  })
})

t.test('nobody is looked at by e-mail who was found by phone', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  const before = crm.sandbox.requests.length
  t.equal(await idOf(crm, { phone: PHONE, email: 'byron@example.test', external_id: '999999999' }), id)
  t.equal(asked(crm, before).length, 1)
})

t.test('an e-mail address that is no criterion is searched for in each department, and where none is set', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', { ...ADA, departmentid: '3' })
  const before = crm.sandbox.requests.length
  t.equal(await idOf(crm, { email: 'Ada@Example.test' }), id)
  const departments = asked(crm, before).map(({ query }) => query.get('departmentid'))
  t.strictSame(departments, [null, '1', '2', '3', '-1'])
})

t.test('without facts the departments are asked for', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  const found = await athenahealth.lookupCustomer({ ...crm.call(), facts: {} }, { email: ADA.email })
  t.equal(bestOf(found)?.external_id, id)
})

t.test('a practice with too many departments says that it cannot be searched so, not that there is nobody', async (t) => {
  const crm = await open(t, 'crowded')
  await create(crm, 'contact', ADA)
  const error = await refused(athenahealth.lookupCustomer(crm.call(), { email: ADA.email }))
  t.match(error, { code: 'field_invalid', fields: ['email'], message: /phone or id/ })
  t.ok(await idOf(crm, { phone: PHONE }), 'and finds by phone')
  const alone = await open(t, 'crowded+email')
  t.ok(await create(alone, 'contact', ADA))
  t.ok(await idOf(alone, { email: ADA.email }), 'and by e-mail where that is a criterion')
})

t.test('a search that finds too much asks to be narrowed', async (t) => {
  const crm = await open(t, 'broad')
  t.match(await refused(athenahealth.lookupCustomer(crm.call(), { phone: PHONE })), {
    code: 'field_invalid',
    message: /[Nn]arrow/,
  })
})

t.test('the next page is asked for by its place; the link is not followed', async (t) => {
  const page = (patientid: number) => ({ patientid, mobilephone: '4155550100' })
  const crm = await openThat(t, ({ query }, path) => {
    if (path !== '/patients') return undefined
    const isFirst = query.get('offset') === null
    const link = { next: 'https://elsewhere.example/v1/1/patients?anyphone=4155550100' }
    return ok({ totalcount: 2, ...(isFirst && link), patients: [page(isFirst ? 1 : 2)] })
  })
  t.strictSame(await idsOf(crm, { phone: PHONE }), ['1', '2'])
  t.equal(asked(crm).at(-1)?.query.get('offset'), '1')
})

t.test('an empty list may come without its member, another answer without it is none', async (t) => {
  for (const [body, code] of [
    [{ totalcount: 0 }, null],
    [{ totalcount: '0' }, null],
    [{}, 'provider_unavailable'],
    [{ totalcount: 3 }, 'provider_unavailable'],
  ] as const) {
    const crm = await openThat(t, (_, path) => (path === '/patients' ? ok(body) : undefined))
    const found = await athenahealth.lookupCustomer(crm.call(), { phone: PHONE }).catch((error: { code: string }) => error.code)
    t.equal(found, code, JSON.stringify(body))
  }
})
