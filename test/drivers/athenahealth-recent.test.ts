import t from 'tap'
import Type from 'typebox'
import athenahealth from '../../drivers/athenahealth/driver.ts'
import { easternFrom, fromEastern, fromUsDate, toEastern, toIso, toUsDate } from '../../drivers/athenahealth/eastern.ts'
import { ok } from '../../drivers/athenahealth/sandbox-gateway.ts'
import type { Crm } from '../contract/connect.ts'
import { ADA, asked, create, open, openThat, refused } from './athenahealth/practice.ts'

const HOUR_MS = 3_600_000
const hourAgo = () => new Date(Date.now() - HOUR_MS).toISOString()

const recent = async (crm: Crm, object: string, { since = hourAgo(), limit = 10 } = {}) => {
  const { records } = await athenahealth.listRecent(crm.call(), { object, since, limit })
  return records.map(({ external_id }) => external_id)
}

t.test('the Eastern clock is read and written in winter, in summer, and over midnight', async (t) => {
  for (const [utc, eastern] of [
    ['2026-01-15T17:00:00Z', '01/15/2026 12:00:00'],
    ['2026-07-15T16:00:00Z', '07/15/2026 12:00:00'],
    ['2026-01-01T04:59:59Z', '12/31/2025 23:59:59'],
    ['2026-07-01T04:00:00Z', '07/01/2026 00:00:00'],
    ['2026-03-08T06:59:59Z', '03/08/2026 01:59:59'],
    ['2026-03-08T07:00:00Z', '03/08/2026 03:00:00'],
    ['2026-11-01T07:00:00Z', '11/01/2026 02:00:00'],
  ] as const) {
    t.equal(toEastern(Date.parse(utc)), eastern)
    t.equal(fromEastern(eastern), Date.parse(utc), eastern)
  }
})

t.test('the hour that comes twice is the later one when read, and asked for from before the first', async (t) => {
  const [first, second] = [Date.parse('2026-11-01T05:30:00Z'), Date.parse('2026-11-01T06:30:00Z')]
  t.equal(toEastern(first), toEastern(second))
  t.equal(fromEastern('11/01/2026 01:30:00'), second)
  t.equal(easternFrom(first), '11/01/2026 00:30:00')
  t.equal(easternFrom(second), '11/01/2026 00:30:00')
  t.equal(easternFrom(second + HOUR_MS), '11/01/2026 02:30:00')
})

t.test('every hour of a year comes back as it went, but for the one that comes twice', async (t) => {
  const odd: string[] = []
  for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2027, 0, 1); ms += HOUR_MS)
    if (fromEastern(toEastern(ms)) !== ms) odd.push(new Date(ms).toISOString())
  t.strictSame(odd, ['2026-11-01T05:00:00.000Z'])
})

t.test('times that are none are none', async (t) => {
  for (const text of ['', 'soon', '03/08/2026 02:30:00', '13/01/2026 00:00:00', '02/30/2026 10:00:00', '2026-01-01 00:00:00'])
    t.equal(fromEastern(text), null, text)
  t.equal(toUsDate('1990-12-10'), '12/10/1990')
  t.equal(fromUsDate('1/5/2026'), '2026-01-05')
  for (const none of ['00/00/0000', '02/30/2026', '13/01/2026', '2026-01-05', '']) t.equal(fromUsDate(none), null, none)
  t.equal(toIso('01/05/2026'), '2026-01-05')
  t.equal(toIso('01/05/2026 10:00'), '2026-01-05T15:00:00.000Z')
  t.equal(toIso('yesterday'), null)
})

t.test('changed patients are told again, although the first answer took them from the queue', async (t) => {
  const crm = await open(t)
  const ids = [await create(crm, 'contact', ADA), await create(crm, 'contact', { ...ADA, firstname: 'Byron' })]
  t.strictSame(await recent(crm, 'contact'), ids.toReversed())
  t.strictSame(await recent(crm, 'contact'), ids.toReversed(), 'from those that were read')
  const later = await create(crm, 'contact', { ...ADA, firstname: 'Clara' })
  t.strictSame(await recent(crm, 'contact'), [later, ...ids.toReversed()], 'and both together')
  t.equal((await queued(crm)).length, 0)
})

/** What another program with the same app would be given. */
const queued = async (crm: Crm, query: Record<string, string> = { leaveunprocessed: 'true' }) => {
  const Page = Type.Object({ patients: Type.Array(Type.Object({ patientid: Type.String() })) })
  return (await crm.call().http.get('/patients/changed', Page, query)).patients.map(({ patientid }) => patientid)
}

for (const fault of ['reset_after', 'truncated_json'] as const)
  t.test(`patients whose answer was lost on the way (${fault}) are not lost`, async (t) => {
    const crm = await open(t)
    const id = await create(crm, 'contact', ADA)
    crm.sandbox.play(fault)
    await athenahealth.listRecent(crm.call(), { object: 'contact', since: hourAgo(), limit: 5 }).catch(() => undefined)
    t.equal((await queued(crm)).length, 0, 'the provider holds it for read')
    t.strictSame(await recent(crm, 'contact'), [id])
  })

t.test('where others read the queue, nothing is taken from it, and what they took is told too', async (t) => {
  const crm = await open(t, 'shared')
  const first = await create(crm, 'contact', ADA)
  const before = crm.sandbox.requests.length
  t.strictSame(await recent(crm, 'contact'), [first])
  t.ok(asked(crm, before).every(({ query }) => query.get('leaveunprocessed') === 'true'))
  t.strictSame(await queued(crm), [first], 'it is there for them still')
  t.strictSame(await queued(crm, {}), [first], 'they take it')
  const second = await create(crm, 'contact', { ...ADA, firstname: 'Byron' })
  t.strictSame(await recent(crm, 'contact'), [second, first])
  t.strictSame(await queued(crm), [second])
})

t.test('without a subscription an error says what to do, and only own makes one', async (t) => {
  const crm = await open(t, 'unsubscribed+shared')
  t.match(await athenahealth.testConnection(crm.call()), { ok: true, warning: /patient_changes=own/ })
  t.match(await refused(recent(crm, 'contact')), { code: 'auth_error', isExpired: false, message: /patient_changes=own/ })
  t.equal(crm.sandbox.writes().length, 0)
  const own = await open(t, 'unsubscribed')
  t.strictSame(
    own.sandbox.writes().map(({ path }) => path),
    ['/v1/195900/patients/changed/subscription'],
  )
  const id = await create(own, 'contact', ADA)
  t.strictSame(await recent(own, 'contact'), [id])
})

t.test('a queue of many pages is taken page by page, each from its beginning', async (t) => {
  let left = Array.from({ length: 600 }, (_, n) => ({ patientid: n + 1, lastupdated: toEastern(Date.now()).slice(0, 10) }))
  const crm = await openThat(t, ({ query }, path) => {
    if (path !== '/patients/changed') return undefined
    if (query.has('showprocessedstartdatetime')) return ok({ totalcount: 0, patients: [] })
    const patients = left.slice(0, Number(query.get('limit')))
    left = left.slice(patients.length)
    return ok({ totalcount: patients.length, patients })
  })
  t.strictSame(await recent(crm, 'contact', { limit: 2 }), ['600', '599'])
  t.ok(asked(crm).every(({ query }) => !query.has('offset')))
})

t.test('a queue that does not end asks for patience, and nothing is lost', async (t) => {
  const page = Array.from({ length: 250 }, (_, n) => ({ patientid: n + 1 }))
  const crm = await openThat(t, (_, path) => (path === '/patients/changed' ? ok({ totalcount: 999, patients: page }) : undefined))
  t.match(await refused(recent(crm, 'contact')), { code: 'provider_unavailable', retryable: true, message: /None is lost/ })
})

t.test('patients who changed on an earlier day or were deleted are left out', async (t) => {
  const patients = [
    { patientid: 1, lastupdated: '01/01/2020' },
    { patientid: 2, lastupdated: toEastern(Date.now()).slice(0, 10) },
    { patientid: 3, lastupdated: toEastern(Date.now()) },
    { patientid: 4, lastupdated: toEastern(Date.now() - 2 * HOUR_MS) },
    { patientid: 5, lastupdated: toEastern(Date.now()), status: 'deleted' },
    { patientid: 6 },
  ]
  const crm = await openThat(t, (_, path) => (path === '/patients/changed' ? ok({ totalcount: 6, patients }) : undefined))
  const found = await recent(crm, 'contact', { since: new Date(Date.now() - 60_000).toISOString() })
  t.strictSame(found.toSorted(), ['2', '3', '6'])
})

t.test('of what is to come nothing has changed, and nothing is asked', async (t) => {
  const crm = await open(t)
  const before = crm.sandbox.requests.length
  for (const object of ['contact', 'appointment'])
    t.strictSame(await recent(crm, object, { since: new Date(Date.now() + HOUR_MS).toISOString() }), [])
  t.equal(crm.sandbox.requests.length, before)
})

const appointment = (appointmentid: number, lastmodified: string) => ({ appointmentid, lastmodified, appointmentstatus: 'f' })

t.test('appointments are asked for by Eastern time, cancelled ones among them, and compared by the second', async (t) => {
  const appointments = [
    appointment(1, '07/15/2026 11:59:59'),
    appointment(2, '07/15/2026 12:00:00'),
    appointment(3, '07/16/2026 09:00:00'),
  ]
  const crm = await openThat(t, (_, path) => (path === '/appointments/booked' ? ok({ totalcount: 3, appointments }) : undefined))
  t.strictSame(await recent(crm, 'appointment', { since: '2026-07-15T16:00:00.900Z' }), ['3', '2'])
  t.match(Object.fromEntries(asked(crm).at(-1)?.query ?? []), {
    startdate: '06/15/2026',
    startlastmodified: '07/15/2026 12:00:00',
    showcancelled: 'true',
  })
})

t.test('in the hour that comes twice no appointment is left out', async (t) => {
  const appointments = [appointment(1, '11/01/2026 01:10:00'), appointment(2, '11/01/2026 00:59:00')]
  const crm = await openThat(t, (_, path) => (path === '/appointments/booked' ? ok({ totalcount: 2, appointments }) : undefined))
  t.strictSame(await recent(crm, 'appointment', { since: '2026-11-01T05:05:00Z' }), ['1'])
  t.equal(asked(crm).at(-1)?.query.get('startlastmodified'), '11/01/2026 00:05:00')
})

t.test('more appointments than can be ordered are an error, not a part of them', async (t) => {
  const appointments = Array.from({ length: 1000 }, (_, n) => appointment(n + 1, toEastern(Date.now())))
  const body = { totalcount: 9000, next: '/v1/195900/appointments/booked?offset=1000', appointments }
  const crm = await openThat(t, (_, path) => (path === '/appointments/booked' ? ok(body) : undefined))
  t.match(await refused(recent(crm, 'appointment')), { code: 'field_invalid', message: /later moment/ })
})
