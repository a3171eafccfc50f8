import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import type { DriverContext } from '../../core/driver.ts'
import type { SandboxAnswer } from '../../core/sandbox.ts'
import athenahealth from '../../drivers/athenahealth/driver.ts'
import type { ReadFields } from '../../schemas/verbs.ts'
import type { Crm } from '../contract/connect.ts'
import { ADA, openThat } from './athenahealth/practice.ts'

const PATIENT = { ...ADA, firstname: 'Adelheid', lastname: 'Lovelace-King', mobilephone: '+14155550187', dob: '1987-06-05' }
const QUOTED = 'Adelheid Lovelace-King, born 06/05/1987, reached at 4155550187 or ada@example.test, patient 4711'
const SECRETS = /adelheid|lovelace|06\/05\/1987|1987-06-05|4155550187|ada@example|ada%40|4711/i

const answer = (status: number, body: unknown, type = 'application/json'): SandboxAnswer => ({
  status,
  headers: { 'content-type': type },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

/** Every way in which a provider could quote what it was sent. */
const HOSTILE: [string, SandboxAnswer][] = [
  ['400 with texts', answer(400, { error: QUOTED, detailedmessage: QUOTED })],
  ['400 with names', answer(400, { error: 'Additional fields are required.', missingfields: [QUOTED, 'dob'] })],
  ['400 without a criterion', answer(400, { error: QUOTED, fields: [QUOTED, 'email'] })],
  ['400 as a bare string', answer(400, JSON.stringify(QUOTED))],
  ['400 as a page', answer(400, `<html>${QUOTED}`, 'text/html')],
  ['400 too broad', answer(400, { error: `${QUOTED}: a total data set larger than 1000 records` })],
  ['401', answer(401, { error: QUOTED, detailedmessage: QUOTED })],
  ['401 of the gateway', answer(401, `<h1>Developer Inactive</h1> ${QUOTED}`, 'text/xml')],
  ['403', answer(403, { error: QUOTED })],
  ['403 of a subscription', answer(403, { error: `subscription: ${QUOTED}` })],
  ['404', answer(404, { error: QUOTED })],
  ['404 of the practice', answer(404, { error: 'Invalid practice.', detailedmessage: QUOTED })],
  ['404 as a bare string', answer(404, JSON.stringify(`Service not registered with API gateway. ${QUOTED}`))],
  ['409', answer(409, { error: QUOTED })],
  ['429', answer(429, { error: QUOTED })],
  ['500', answer(500, `<html>${QUOTED}`, 'text/html')],
  ['503', answer(503, { error: QUOTED })],
  ['302', { ...answer(302, QUOTED), headers: { location: `https://elsewhere.example/?q=${encodeURIComponent(QUOTED)}` } }],
  ['200 with a sentence', answer(200, JSON.stringify(QUOTED))],
  ['200 with other shapes', answer(200, { patients: QUOTED, appointments: QUOTED, next: QUOTED })],
  ['200 with a match', answer(200, [{ patientid: '4711', waspatientcreated: 'false', errormessage: QUOTED }])],
  ['200 that is no JSON', answer(200, QUOTED, 'text/html')],
]

type Call = (ctx: DriverContext) => Promise<unknown>
const created =
  (object: string, fields: Record<string, string>): Call =>
  (ctx) =>
    athenahealth.createRecord(ctx, { object, fields, reference: 'r', idempotency_key: 'k' })
const updated =
  (object: string, fields: Record<string, string>): Call =>
  (ctx) =>
    athenahealth.updateRecord(ctx, { object, external_id: '4711', fields })
const since = new Date(Date.now() - 3_600_000).toISOString()

/** Some that each answer has, and some for which patients and appointments are read one by one. */
const READ: ReadFields = {
  contact: ['firstname', 'dob', 'altfirstname'].map((field) => ({ field, type: 'string' })),
  appointment: ['date', 'urgentyn'].map((field) => ({ field, type: 'string' })),
}

const CALLS: [string, Call][] = [
  ['lookup by phone', (ctx) => athenahealth.lookupCustomer(ctx, { phone: PATIENT.mobilephone })],
  ['lookup by e-mail', (ctx) => athenahealth.lookupCustomer(ctx, { email: PATIENT.email })],
  ['lookup by id', (ctx) => athenahealth.lookupCustomer(ctx, { external_id: '4711' })],
  ['lookup with fields to read', (ctx) => athenahealth.lookupCustomer(ctx, { phone: PATIENT.mobilephone, read: READ })],
  [
    'search with fields to read',
    (ctx) => athenahealth.searchRecords(ctx, { object: 'contact', query: 'Adelheid', limit: 5, read: READ }),
  ],
  [
    'search of appointments with fields to read',
    (ctx) => athenahealth.searchRecords(ctx, { object: 'appointment', query: '4711', limit: 5, read: READ }),
  ],
  ['search of patients', (ctx) => athenahealth.searchRecords(ctx, { object: 'contact', query: 'Adelheid', limit: 5 })],
  ['search of appointments', (ctx) => athenahealth.searchRecords(ctx, { object: 'appointment', query: '4711', limit: 5 })],
  ['a new patient', created('contact', PATIENT)],
  [
    'a patient refused by the driver',
    created('contact', { ...PATIENT, mobilephone: `${PATIENT.mobilephone}0000000`, sex: 'Adelheid', zip: '' }),
  ],
  ['a booking', created('appointment', { appointmentid: '1', patientid: '4711', reasonid: '962', bookingnote: 'Adelheid' })],
  ['a changed patient', updated('contact', { lastname: PATIENT.lastname, email: PATIENT.email })],
  ['a cancellation', updated('appointment', { appointmentstatus: 'x', cancellationreason: 'Adelheid' })],
  ['a move', updated('appointment', { newappointmentid: '2' })],
  ['a change', updated('appointment', { providerid: '40' })],
  ['recent patients', (ctx) => athenahealth.listRecent(ctx, { object: 'contact', since, limit: 5 })],
  ['recent appointments', (ctx) => athenahealth.listRecent(ctx, { object: 'appointment', since, limit: 5 })],
  ['the connection test', (ctx) => athenahealth.testConnection(ctx)],
]

/** All that an error holds, its causes and hidden members too. */
const printed = (error: unknown): string => inspect(error, { depth: 20, showHidden: true, getters: true })

/** Whether the call failed; what it told and logged is searched. */
const isRefused = async (t: Test, crm: Crm, [what, call]: [string, Call]): Promise<boolean> => {
  const logged: unknown[] = []
  const note = (...line: unknown[]) => logged.push(line)
  const error = await call({ ...crm.call({ deadlineMs: 1_500 }), log: { debug: note, warn: note } }).then(
    () => null,
    (error: unknown) => error,
  )
  const told = printed([error, logged])
  if (SECRETS.test(told)) t.fail(`${what}: ${told}`)
  return error !== null
}

t.test('nothing of a patient gets into an error or a log', async (t) => {
  let hostile: SandboxAnswer | undefined
  const crm = await openThat(t, () => hostile)
  for (const [name, answer] of HOSTILE)
    await t.test(name, async (t) => {
      hostile = answer
      const outcomes = await Promise.all(CALLS.map((call) => isRefused(t, crm, call)))
      const failures = outcomes.filter(Boolean).length
      t.ok(failures > CALLS.length / 2, `${failures} of ${CALLS.length} calls failed`)
    })
})

t.test('nor where whoever was found is read once more by themselves', async (t) => {
  let hostile: SandboxAnswer | undefined
  const found = { ...PATIENT, patientid: 4711, dob: '06/05/1987', mobilephone: '4155550187' }
  const lists = new Map<string, unknown>([
    ['/patients', { patients: [found] }],
    ['/patients/search', { patients: [found] }],
    ['/patients/4711/appointments', { appointments: [{ appointmentid: 12, patient: found }] }],
  ])
  const crm = await openThat(t, (_, path) => (lists.has(path) ? answer(200, lists.get(path)) : hostile))
  const calls = CALLS.filter(([what]) => what.endsWith('fields to read'))
  t.equal(calls.length, 3)
  for (const [, refused] of HOSTILE) {
    hostile = refused
    await Promise.all(calls.map((call) => isRefused(t, crm, call)))
  }
  t.ok(crm.sandbox.requests.some(({ path }) => path.endsWith('/patients/4711')))
  t.ok(crm.sandbox.requests.some(({ path }) => path.endsWith('/appointments/12')))
})

t.test('the search for secrets finds them', async (t) => {
  const cause = new Error('inner')
  t.match(printed(new Error('outer', { cause: Object.assign(cause, { hidden: { deep: QUOTED } }) })), SECRETS)
})

t.test('a warning at connect names no person', async (t) => {
  const crm = await openThat(t, (_, path) =>
    path === '/patients/changed/subscription' ? answer(403, { error: `subscription: ${QUOTED}` }) : undefined,
  )
  t.notMatch(JSON.stringify(await athenahealth.testConnection(crm.call())), SECRETS)
})
