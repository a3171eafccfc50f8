import t, { type Test } from 'tap'
import { FAULTS, type Fault } from '../../core/sandbox.ts'
import athenahealth from '../../drivers/athenahealth/driver.ts'
import { ok, refused as refusing } from '../../drivers/athenahealth/sandbox-gateway.ts'
import type { Fields } from '../../schemas/verbs.ts'
import type { Crm } from '../contract/connect.ts'
import { ADA, create, open, openThat, refused, update } from './athenahealth/practice.ts'

const slotsOf = async (crm: Crm, query = 'open', limit = 5): Promise<string[]> => {
  const { matches } = await athenahealth.searchRecords(crm.call(), { object: 'appointment', query, limit })
  return matches.map(({ external_id }) => external_id)
}

/** A patient, and three slots that are open. */
const prepared = async (t: Test, variant = '') => {
  const crm = await open(t, variant)
  const [patientid, slots] = [await create(crm, 'contact', ADA), await slotsOf(crm)]
  const [first = '', second = '', third = ''] = slots
  return { crm, patientid, first, second, third }
}

const booked = (crm: Crm) => crm.sandbox.records('appointment')
const bodyOf = (crm: Crm) => Object.fromEntries(new URLSearchParams(crm.sandbox.writes().at(-1)?.body))

for (const variant of ['', 'strict'])
  t.test(`a slot is booked for a patient, without a case in the chart (${variant || 'loose types'})`, async (t) => {
    const { crm, patientid, first } = await prepared(t, variant)
    const id = await create(crm, 'appointment', { appointmentid: first, patientid, reasonid: '962', bookingnote: 'Back pain' })
    t.equal(id, first)
    t.strictSame(bodyOf(crm), { patientid, reasonid: '962', bookingnote: 'Back pain', nopatientcase: 'true' })
    t.match(booked(crm), [{ appointmentid: first, patientid, appointmentstatus: 'f' }])
    t.notOk((await slotsOf(crm)).includes(first), 'it is open no more')
  })

t.test('the same booking again, and by several at once, comes to the same appointment', async (t) => {
  const { crm, patientid, first } = await prepared(t)
  const fields = { appointmentid: first, patientid, reasonid: '962' }
  const ids = await Promise.all([1, 2, 3].map(() => create(crm, 'appointment', fields)))
  t.strictSame([...ids, await create(crm, 'appointment', fields)], Array(4).fill(first))
  t.equal(booked(crm).length, 1)
})

const LOST = FAULTS.filter((fault) => !['unauthorized', 'rate_limited', 'redirect'].includes(fault))
for (const fault of LOST)
  t.test(`a booking whose answer was lost (${fault}) is found to be made when it is sent again`, async (t) => {
    const { crm, patientid, first } = await prepared(t)
    const input = { object: 'appointment', fields: { appointmentid: first, patientid, reasonid: '962' } }
    crm.sandbox.play(fault as Fault, { times: 9, on: 'write' })
    const ctx = crm.call({ deadlineMs: 800 })
    const lost = await refused(athenahealth.createRecord(ctx, { ...input, reference: 'r', idempotency_key: 'k' }))
    t.equal(lost.effect, 'unknown')
    crm.sandbox.calm()
    t.equal(await create(crm, 'appointment', input.fields), first)
    t.match(booked(crm), [{ appointmentid: first, patientid }])
    t.equal(booked(crm).length, 1)
  })

t.test('a slot that another patient has is a conflict, and stays theirs', async (t) => {
  const { crm, patientid, first } = await prepared(t)
  const other = await create(crm, 'contact', { ...ADA, firstname: 'Byron' })
  await create(crm, 'appointment', { appointmentid: first, patientid, reasonid: '962' })
  const error = await refused(create(crm, 'appointment', { appointmentid: first, patientid: other, reasonid: '962' }))
  t.match(error, { code: 'record_conflict', effect: 'none' })
  t.match(booked(crm), [{ patientid }])
})

t.test('one that the patient had and cancelled is not taken for a booking', async (t) => {
  const { crm, patientid, first } = await prepared(t)
  await create(crm, 'appointment', { appointmentid: first, patientid, reasonid: '962' })
  await update(crm, 'appointment', first, { appointmentstatus: 'x' })
  const error = await refused(create(crm, 'appointment', { appointmentid: first, patientid, reasonid: '962' }))
  t.equal(error.code, 'record_conflict')
})

t.test('a refusal for another reason is told as it is, and the slot stays open', async (t) => {
  const { crm, patientid, first } = await prepared(t)
  const error = await refused(create(crm, 'appointment', { appointmentid: first, patientid, reasonid: '1' }))
  t.match(error, { code: 'field_invalid', effect: 'none' })
  const nobody = await refused(create(crm, 'appointment', { appointmentid: first, patientid: '999999999', reasonid: '962' }))
  t.equal(nobody.code, 'record_not_found')
  t.ok((await slotsOf(crm)).includes(first))
})

for (const [status, unreadable] of [
  [400, 500],
  [404, 403],
  [409, 429],
] as const)
  t.test(`a slot refused with ${status} that cannot be looked at (${unreadable}) leaves open what happened`, async (t) => {
    const crm = await openThat(t, ({ method }, path) => {
      if (path !== '/appointments/7') return undefined
      return method === 'PUT' ? refusing(status, 'The appointment is not open.') : { status: unreadable, body: '<html>' }
    })
    const input = { object: 'appointment', fields: { appointmentid: '7', patientid: '1', reasonid: '962' } }
    const ctx = crm.call({ deadlineMs: 2_000 })
    const error = await refused(athenahealth.createRecord(ctx, { ...input, reference: 'r', idempotency_key: 'k' }))
    t.equal(error.effect, 'unknown')
  })

t.test('checked in is booked still, whatever types the ids have', async (t) => {
  for (const held of [
    { appointmentid: 7, patientid: 1, appointmentstatus: 2 },
    { appointmentid: '7', patientid: '1', appointmentstatus: '4' },
  ]) {
    const crm = await openThat(t, ({ method }, path) =>
      path === '/appointments/7' ? (method === 'PUT' ? refusing(409, 'Not open.') : ok([held])) : undefined,
    )
    t.equal(await create(crm, 'appointment', { appointmentid: '7', patientid: '1', reasonid: '962' }), '7')
  }
})

t.test('a booking that lacks its slot, its patient or its reason is not sent', async (t) => {
  const { crm, patientid, first } = await prepared(t)
  const before = crm.sandbox.writes().length
  for (const [fields, missing] of [
    [{ reasonid: '962' }, ['appointmentid', 'patientid']],
    [{ appointmentid: first, reasonid: '962', patientid: null }, ['patientid']],
    [{ appointmentid: first, patientid }, ['reasonid', 'appointmenttypeid']],
    [{ appointmentid: first, patientid, reasonid: 'checkup' }, ['reasonid']],
    [{ appointmentid: first, patientid, reasonid: '962', providerid: '40' }, ['providerid']],
  ] as [Fields, string[]][])
    t.match(await refused(create(crm, 'appointment', fields)), { code: 'field_invalid', fields: missing })
  t.equal(crm.sandbox.writes().length, before)
})

t.test('an appointment is cancelled with a reason, for its own patient, and once', async (t) => {
  const { crm, patientid, first } = await prepared(t)
  await create(crm, 'appointment', { appointmentid: first, patientid, reasonid: '962' })
  await update(crm, 'appointment', first, { appointmentstatus: 'cancelled', cancellationreason: 'Feels better' })
  t.strictSame(bodyOf(crm), { patientid, cancellationreason: 'Feels better', nopatientcase: 'true' })
  t.match(booked(crm), [{ appointmentstatus: 'x' }])
  const before = crm.sandbox.writes().length
  t.match(await update(crm, 'appointment', first, { appointmentstatus: 'x' }), { updated: true })
  t.equal(crm.sandbox.writes().length, before, 'again is done already')
})

t.test('a move takes another slot, whose id is the new one, and is done once', async (t) => {
  const { crm, patientid, first, second, third } = await prepared(t)
  await create(crm, 'appointment', { appointmentid: first, patientid, reasonid: '962' })
  const moved = await update(crm, 'appointment', first, { newappointmentid: second, reschedulereason: 'Train' })
  t.strictSame(moved, { updated: true, record_url: null })
  t.match(bodyOf(crm), { patientid, newappointmentid: second, reschedulereason: 'Train' })
  t.match(booked(crm), [
    { appointmentid: first, appointmentstatus: 'x', rescheduledappointmentid: second },
    { appointmentid: second, appointmentstatus: 'f', patientid },
  ])
  const before = crm.sandbox.writes().length
  await update(crm, 'appointment', first, { newappointmentid: second })
  t.equal(crm.sandbox.writes().length, before, 'again is done already')
  t.equal((await refused(update(crm, 'appointment', first, { newappointmentid: third }))).code, 'record_conflict')
  const { matches } = await athenahealth.searchRecords(crm.call(), { object: 'appointment', query: patientid, limit: 5 })
  t.match(matches.find(({ external_id }) => external_id === second)?.name, /^Office Visit \d{4}-\d\d-\d\d \d\d:00$/)
  t.match(matches.find(({ external_id }) => external_id === first)?.name, /\(cancelled\)$/)
})

t.test('provider, department and type are changed in place; a sentence under 200 is a refusal', async (t) => {
  const { crm, patientid, first } = await prepared(t)
  await create(crm, 'appointment', { appointmentid: first, patientid, reasonid: '962' })
  await update(crm, 'appointment', first, { providerid: '41', appointmenttypeid: '45' })
  t.match(booked(crm), [{ appointmentid: first, providerid: '41', appointmenttypeid: '45', appointmentstatus: 'f' }])
  const error = await refused(update(crm, 'appointment', first, { providerid: '99' }))
  t.match(error, { code: 'field_invalid', fields: ['providerid'] })
})

t.test('each answer to a change in place is read for what it is', async (t) => {
  for (const [body, code] of [
    [1, null],
    ['"1"', null],
    [{ status: '1' }, null],
    [0, 'field_invalid'],
    ['"Ada Lovelace cannot be moved"', 'field_invalid'],
    [[1], 'provider_unavailable'],
  ] as const) {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = { status: 200, headers: { 'content-type': 'application/json' }, body: text }
    const crm = await openThat(t, (_, path) => (path === '/appointments/booked/7' ? answer : undefined))
    const told = await update(crm, 'appointment', '7', { providerid: '41' }).then(
      () => null,
      (error: { code: string }) => error.code,
    )
    t.equal(told, code, text)
  }
})

t.test('what does not go together is refused, and nothing of it is done', async (t) => {
  const { crm, patientid, first, second } = await prepared(t)
  await create(crm, 'appointment', { appointmentid: first, patientid, reasonid: '962' })
  const before = crm.sandbox.writes().length
  for (const [fields, refusedFields] of [
    [{ appointmentstatus: 'x', newappointmentid: second }, ['appointmentstatus']],
    [{ appointmentstatus: 'x', providerid: '41' }, ['providerid']],
    [{ newappointmentid: second, departmentid: '2' }, ['departmentid']],
    [{ cancellationreason: 'Feels better' }, ['cancellationreason']],
    [{ patientid: '1' }, ['patientid']],
    [{ appointmentstatus: 'f' }, ['appointmentstatus']],
    [{ appointmentstatus: null }, ['appointmentstatus']],
    [{ bookingnote: 'later' }, ['bookingnote']],
  ] as [Fields, string[]][])
    t.match(await refused(update(crm, 'appointment', first, fields)), {
      code: 'field_invalid',
      fields: refusedFields,
      message: /Nothing was written/,
    })
  t.equal(crm.sandbox.writes().length, before)
})

t.test("a slot that is open is nobody's, even if it still tells whose it was", async (t) => {
  const slot = { appointmentid: '7', patientid: '1', appointmentstatus: 'o' }
  const crm = await openThat(t, (_, path) => (path === '/appointments/7' ? ok([slot]) : undefined))
  t.equal((await refused(update(crm, 'appointment', '7', { appointmentstatus: 'x' }))).code, 'record_conflict')
})

t.test("an open slot is nobody's to cancel or move, and an unknown one is not found", async (t) => {
  const { crm, first, second } = await prepared(t)
  for (const fields of [{ appointmentstatus: 'x' }, { newappointmentid: second }] as Fields[]) {
    t.equal((await refused(update(crm, 'appointment', first, fields))).code, 'record_conflict')
    for (const id of ['999999999', 'next-week'])
      t.equal((await refused(update(crm, 'appointment', id, fields))).code, 'record_not_found')
  }
})

t.test('open slots are listed by day, department, provider, reason and type', async (t) => {
  const { crm } = await prepared(t)
  const queryOf = async (query: string) => {
    await slotsOf(crm, query, 3)
    return Object.fromEntries(crm.sandbox.requests.at(-1)?.query ?? [])
  }
  t.strictSame(await queryOf('open'), { departmentid: '1', reasonid: '-1', limit: '3' })
  t.strictSame(await queryOf('Open 2026-12-24 reason:962 provider:40 department:2'), {
    departmentid: '2',
    reasonid: '962',
    providerid: '40',
    startdate: '12/24/2026',
    limit: '3',
  })
  t.strictSame(await queryOf('open type:44'), { departmentid: '1', appointmenttypeid: '44', limit: '3' })
  for (const query of ['open sesame', 'Ada', '']) t.equal((await refused(slotsOf(crm, query))).code, 'field_invalid', query)
})
