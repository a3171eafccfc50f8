import t from 'tap'
import athenahealth from '../../drivers/athenahealth/driver.ts'
import { ok, refused as refusing } from '../../drivers/athenahealth/sandbox-gateway.ts'
import { bestOf } from '../contract/connect.ts'
import { ADA, asked, create, open, openThat, refused, update } from './athenahealth/practice.ts'

const stored = (crm: Awaited<ReturnType<typeof open>>) => crm.sandbox.records('contact')[0] ?? {}

t.test('a patient goes out as a form, with the dates and numbers of the provider', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', { ...ADA, sex: 'F', consenttotext: true, homephone: '(415) 555-0101' })
  const [request] = crm.sandbox.writes()
  t.match(request?.headers['content-type'], /^application\/x-www-form-urlencoded/)
  t.match(request?.headers['x-request-id'], /^[0-9a-f-]{36}$/, 'and a name for it, for their support')
  t.strictSame(Object.fromEntries(new URLSearchParams(request?.body)), {
    departmentid: '1',
    firstname: 'Ada',
    lastname: 'Lovelace',
    dob: '12/10/1990',
    sex: 'F',
    email: 'ada@example.test',
    mobilephone: '4155550100',
    homephone: '4155550101',
    consenttotext: 'true',
    showerrormessage: 'true',
  })
})

t.test('a department that is named wins over the default one', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', { ...ADA, departmentid: '2' })
  t.equal(stored(crm).departmentid, '2')
})

t.test('what athenahealth registers nobody without is asked for before anything is sent', async (t) => {
  const crm = await open(t)
  const { dob: _, ...undated } = ADA
  t.match(await refused(create(crm, 'contact', { ...undated, lastname: '' })), {
    code: 'field_invalid',
    fields: ['lastname', 'dob'],
    effect: 'none',
  })
  const { email: __, mobilephone: ___, ...unreachable } = ADA
  t.match(await refused(create(crm, 'contact', unreachable)), { code: 'field_invalid', fields: ['email', 'mobilephone'] })
  t.equal(crm.sandbox.writes().length, 0)
})

t.test('values that athenahealth would drop without a word are refused', async (t) => {
  const crm = await open(t)
  const wrong = {
    mobilephone: '+442071838750',
    homephone: '+11234567890',
    email: 'no address',
    dob: 'soon',
    status: 'd',
    departmentid: 'Main',
  }
  const error = await refused(create(crm, 'contact', { ...ADA, ...wrong }))
  t.equal(error.code, 'field_invalid')
  t.strictSame(error.fields?.toSorted(), Object.keys(wrong).toSorted())
  for (const name of ['ssn', 'showfullssn', 'bypasspatientmatching', 'name'])
    t.strictSame((await refused(create(crm, 'contact', { ...ADA, [name]: '1' }))).fields, [name])
  t.equal(crm.sandbox.writes().length, 0)
})

for (const variant of ['', 'strict', 'silent'])
  t.test(`a patient who is there already is a conflict, and stays as they are (${variant || 'loose types'})`, async (t) => {
    const crm = await open(t, variant)
    const first = await create(crm, 'contact', ADA)
    const error = await refused(create(crm, 'contact', { ...ADA, email: 'other@example.test', notes: 'new' }))
    t.match(error, { code: 'record_conflict', effect: 'none' })
    t.notMatch(error.message, first, 'whose id is not told')
    t.equal(crm.sandbox.records('contact').length, 1)
    t.match(stored(crm), { email: 'ada@example.test', notes: undefined })
  })

t.test('somebody of the same name and day of birth who is reached otherwise is somebody else', async (t) => {
  const crm = await open(t)
  const first = await create(crm, 'contact', ADA)
  const second = await create(crm, 'contact', { ...ADA, email: 'other@example.test', mobilephone: '+14155550199' })
  t.not(second, first)
})

t.test('an update sends what changes, and null clears', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', { ...ADA, city: 'Boston' })
  await update(crm, 'contact', id, { city: null, dob: '1991-01-02', status: 'i' })
  const sent = new URLSearchParams(crm.sandbox.writes().at(-1)?.body)
  t.strictSame(Object.fromEntries(sent), { dob: '01/02/1991', city: '', status: 'i' })
  t.match(stored(crm), { city: '', dob: '01/02/1991', status: 'inactive', email: 'ada@example.test' })
  t.equal(bestOf(await athenahealth.lookupCustomer(crm.call(), { external_id: id }))?.external_id, id, 'and is found still')
})

t.test('an address that the practice finds wrong is an error, not dropped', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  await update(crm, 'contact', id, { email: 'new@example.test' })
  t.equal(new URLSearchParams(crm.sandbox.writes().at(-1)?.body).get('returnerroroninvalidemail'), 'true')
})

t.test('a name or a day of birth is not cleared', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  const error = await refused(update(crm, 'contact', id, { firstname: null, dob: '' }))
  t.match(error, { code: 'field_invalid', fields: ['firstname', 'dob'] })
  t.equal(crm.sandbox.writes().length, 1)
})

t.test('what the practice finds too long is field_invalid', async (t) => {
  const crm = await open(t, 'short')
  const error = await refused(create(crm, 'contact', { ...ADA, firstname: 'A'.repeat(21) }))
  t.match(error, { code: 'field_invalid', effect: 'none' })
})

t.test('with several groups of providers a department says which copy is meant, else none is named', async (t) => {
  for (const [variant, department] of [
    ['groups', '1'],
    ['', null],
  ] as const) {
    const crm = await open(t, variant)
    const id = await create(crm, 'contact', ADA)
    await athenahealth.lookupCustomer(crm.call(), { external_id: id })
    t.equal(asked(crm).at(-1)?.query.get('departmentid'), department)
    await update(crm, 'contact', id, { city: 'Boston' })
    t.equal(new URLSearchParams(crm.sandbox.writes().at(-1)?.body).get('lookupdepartmentid'), department)
  }
})

t.test('the whole phone number comes back, and what was declined does not', async (t) => {
  const patient = {
    patientid: 7,
    firstname: 'Ada',
    mobilephone: 'declined',
    homephone: '',
    workphone: '4155550100',
    email: 'declined',
  }
  const crm = await openThat(t, (_, path) => (path === '/patients/7' ? ok([patient]) : undefined))
  t.match(bestOf(await athenahealth.lookupCustomer(crm.call(), { external_id: '7' })), {
    external_id: '7',
    name: 'Ada',
    phone: '+14155550100',
    email: null,
    record_url: null,
  })
})

t.test(
  'a search by name tells phone and e-mail where the practice gives a list by ids, and names where it does not',
  async (t) => {
    for (const [variant, phone] of [
      ['ids', '+14155550100'],
      ['', null],
    ] as const) {
      const crm = await open(t, variant)
      await create(crm, 'contact', ADA)
      const { matches } = await athenahealth.searchRecords(crm.call(), { object: 'contact', query: 'lovel', limit: 5 })
      t.match(matches, [{ object: 'contact', name: 'Ada Lovelace', phone }])
    }
  },
)

t.test('a search by number or address lists all who share it', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', ADA)
  await create(crm, 'contact', { ...ADA, firstname: 'Byron' })
  for (const asked of [{ query: '(415) 555-0100', phone: '+14155550100' }, { query: 'ada@example.test' }]) {
    const { matches } = await athenahealth.searchRecords(crm.call(), { object: 'contact', limit: 5, ...asked })
    t.strictSame(
      matches.map(({ name }) => name),
      ['Ada Lovelace', 'Byron Lovelace'],
      asked.query,
    )
  }
})

t.test('a number that nobody has is searched for as a part of a name, or an id', async (t) => {
  const patient = { patientid: 4155550100, firstname: 'Ada', lastname: 'Lovelace' }
  const crm = await openThat(t, ({ query }, path) => {
    if (path === '/patients') return ok({ totalcount: 0, patients: [] })
    return path === '/patients/search' && query.get('searchterm') === '4155550100' ? ok({ patients: [patient] }) : undefined
  })
  const asked = { object: 'contact', query: '4155550100', phone: '+14155550100', limit: 5 }
  t.match(await athenahealth.searchRecords(crm.call(), asked), { matches: [{ external_id: '4155550100' }] })
})

t.test('a wrong department is told at connect, with those that there are', async (t) => {
  const crm = await open(t)
  const ctx = crm.call()
  const tested = await athenahealth.testConnection({ ...ctx, settings: { ...ctx.settings, department_id: '9' } })
  t.match(tested, { ok: false, reason: /no department 9.* 1 \(Main\), 2 \(North\)/ })
})

t.test('a time without a zone is meant by the clock of the department, not by the Eastern one of the provider', async (t) => {
  const crm = await open(t)
  const ctx = crm.call()
  const zone = async (department_id: string) => {
    const tested = await athenahealth.testConnection({ ...ctx, settings: { ...ctx.settings, department_id } })
    return tested.ok && tested.facts?.time_zone
  }
  t.equal(await zone('1'), 'US/Eastern')
  t.equal(await zone('2'), 'US/Central')
  const odd = await openThat(t, (_, path) =>
    path === '/departments' ? ok({ departments: [{ departmentid: '1', timezonename: 'Boston' }] }) : undefined,
  )
  t.notHas(await athenahealth.testConnection(odd.call()), { facts: { time_zone: 'Boston' } })
})

t.test('a ping that does not say yes is no connection', async (t) => {
  for (const pong of ['false', false, '']) {
    const crm = await openThat(t, (_, path) => (path === '/ping' ? ok({ pong }) : undefined))
    t.match(await athenahealth.testConnection(crm.call()), { ok: false, reason: /does not confirm/ })
  }
})

t.test('an app that may not read changes is connected with a warning', async (t) => {
  const crm = await openThat(t, (_, path) =>
    path === '/patients/changed/subscription' ? refusing(403, 'Access to this API is not allowed.') : undefined,
  )
  t.match(await athenahealth.testConnection(crm.call()), { ok: true, warning: /may not read changes/ })
})

t.test('no social security number is among what can be mapped', async (t) => {
  const crm = await open(t)
  const { fields = [] } = (await athenahealth.describeObject?.(crm.call(), { object: 'contact' })) ?? {}
  t.ok(fields.length > 20)
  t.notOk(fields.some(({ name }) => /ssn/.test(name)))
})
