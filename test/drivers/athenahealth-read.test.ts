import t from 'tap'
import athenahealth from '../../drivers/athenahealth/driver.ts'
import { describe } from '../../drivers/athenahealth/fields.ts'
import { ok } from '../../drivers/athenahealth/sandbox-gateway.ts'
import type { Fields, FieldType } from '../../schemas/field.ts'
import type { ReadFields } from '../../schemas/verbs.ts'
import { bestOf, type Crm } from '../contract/connect.ts'
import { ADA, asked, create, open, openThat } from './athenahealth/practice.ts'

const PROFILE = {
  ...ADA,
  middlename: 'Augusta',
  preferredname: 'Ada',
  altfirstname: 'Addie',
  sex: 'F',
  zip: '02110',
  homephone: '+14155550101',
  status: 'p',
  notes: 'Prefers mornings',
  consenttotext: true,
  consenttocall: false,
  primaryproviderid: '40',
  referralsourceother: 'A friend',
} satisfies Fields

const typeOf = (object: string, name: string): FieldType =>
  describe(object).find((field) => field.name === name)?.type ?? 'string'
const reading = (object: string, names: string[]): ReadFields => ({
  [object]: names.map((field) => ({ field, type: typeOf(object, field) })),
})
const PROFILE_READ = reading('contact', Object.keys(PROFILE))

/** Every way by which a patient comes back. */
const waysTo = (crm: Crm, external_id: string, read: ReadFields): [string, () => Promise<Fields | undefined>][] => {
  const lookup = async (key: object) => bestOf(await athenahealth.lookupCustomer(crm.call(), { ...key, read }))?.fields
  const search = async (query: string, more: object = {}) =>
    (await athenahealth.searchRecords(crm.call(), { object: 'contact', query, limit: 5, read, ...more })).matches[0]?.fields
  const since = new Date(Date.now() - 3_600_000).toISOString()
  return [
    ['phone', () => lookup({ phone: ADA.mobilephone })],
    ['e-mail', () => lookup({ email: ADA.email })],
    ['id', () => lookup({ external_id })],
    ['name', () => search('lovel')],
    ['number', () => search('415-555-0100', { phone: ADA.mobilephone })],
    [
      'recent',
      async () => (await athenahealth.listRecent(crm.call(), { object: 'contact', since, limit: 5, read })).records[0]?.fields,
    ],
  ]
}

for (const variant of ['', 'strict+ids+email'])
  t.test(`what was written of a patient comes back as it was, by every way (${variant || 'loose types'})`, async (t) => {
    const crm = await open(t, variant)
    const id = await create(crm, 'contact', PROFILE)
    for (const [way, fields] of waysTo(crm, id, PROFILE_READ)) t.strictSame(await fields(), PROFILE, way)
  })

t.test('each patient is read by itself where an answer lacks what is asked for, and only there', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', PROFILE)
  await create(crm, 'contact', { ...PROFILE, firstname: 'Byron' })
  const pathsOf = async (names: string[], run: (read: ReadFields) => Promise<unknown>) => {
    const before = crm.sandbox.requests.length
    await run(reading('contact', names))
    return asked(crm, before).map(({ path }) => path.replace('/v1/195900', ''))
  }
  const lookup = (read: ReadFields) => athenahealth.lookupCustomer(crm.call(), { phone: ADA.mobilephone, read })
  const search = (read: ReadFields) =>
    athenahealth.searchRecords(crm.call(), { object: 'contact', query: 'lovelace', limit: 5, read })
  const alone = ['/patients/100', '/patients/101']
  t.strictSame(await pathsOf(['zip', 'sex'], lookup), ['/patients'])
  t.strictSame(await pathsOf(['altfirstname'], lookup), ['/patients', ...alone])
  t.strictSame(await pathsOf(['ssn', 'nothing'], lookup), ['/patients'], 'for what is never told nothing is asked')
  t.strictSame(await pathsOf(['preferredname'], search), ['/patients/search', '/patients'])
  t.strictSame(await pathsOf(['zip'], search), ['/patients/search', '/patients', ...alone])
})

t.test('a zip from a search, where it is a number, keeps its zero', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', PROFILE)
  const input = { object: 'contact', query: 'lovelace', limit: 5, read: reading('contact', ['zip']) }
  t.match(await athenahealth.searchRecords(crm.call(), input), { matches: [{ fields: { zip: '02110' } }] })
})

t.test('what cannot be mapped is not told, though an answer holds it', async (t) => {
  const patient = {
    patientid: 7,
    firstname: 'Ada',
    ssn: '*****1234',
    guarantorssn: '123456789',
    race: 'declined',
    constructor: 'x',
    balances: [{ balance: 5 }],
  }
  const crm = await openThat(t, (_, path) => (path === '/patients/7' ? ok([patient]) : undefined))
  const names = ['ssn', 'guarantorssn', 'race', 'balances', 'constructor', '__proto__', 'patientid', "x' or 1", 'firstname']
  const found = await athenahealth.lookupCustomer(crm.call(), { external_id: '7', read: reading('contact', names) })
  const told = Object.fromEntries(names.map((name) => [name, name === 'firstname' ? 'Ada' : null]))
  t.strictSame(bestOf(found)?.fields, told)
  t.notHas(bestOf(await athenahealth.lookupCustomer(crm.call(), { external_id: '7' })), { fields: {} })
})

t.test('days of a patient’s history are days, numbers are whole ones, and what was declined is told as it is', async (t) => {
  const patient = {
    patientid: '7',
    registrationdate: '1/5/2026',
    lastappointment: '11/20/2026 16:30',
    firstappointment: '',
    homephone: 'declined',
    workphone: '(415) 555-0102',
    status: 'inactive',
    consenttocall: '',
    notes: null,
  }
  const crm = await openThat(t, (_, path) => (path === '/patients/7' ? ok([patient]) : undefined))
  const { patientid: _, ...names } = patient
  const read = reading('contact', Object.keys(names))
  t.strictSame(bestOf(await athenahealth.lookupCustomer(crm.call(), { external_id: '7', read }))?.fields, {
    registrationdate: '2026-01-05',
    lastappointment: '2026-11-20',
    firstappointment: null,
    homephone: 'declined',
    workphone: '+14155550102',
    status: 'i',
    consenttocall: null,
    notes: null,
  })
})

const OF_APPOINTMENT = [
  'appointmentid',
  'patientid',
  'departmentid',
  'providerid',
  'appointmenttypeid',
  'appointmentstatus',
  'date',
  'starttime',
  'duration',
  'appointmenttype',
  'urgentyn',
  'bookingnote',
]

for (const variant of ['', 'strict'])
  t.test(
    `an appointment is read by its id, of its patient, of late, and while it is open (${variant || 'loose types'})`,
    async (t) => {
      const crm = await open(t, variant)
      const read = reading('appointment', OF_APPOINTMENT)
      const search = async (query: string) =>
        (await athenahealth.searchRecords(crm.call(), { object: 'appointment', query, limit: 1, read })).matches[0]
      const slot = await search('open')
      const appointmentid = slot?.external_id ?? ''
      const day = new Date(Date.now() + 2 * 86_400_000).toLocaleDateString('en-CA', { timeZone: 'America/New_York' })
      const wanted = {
        appointmentid,
        departmentid: '1',
        providerid: '40',
        appointmenttypeid: '44',
        date: day,
        starttime: '09:00',
        duration: 15,
        appointmenttype: 'Office Visit',
        bookingnote: null,
      }
      t.strictSame(slot?.fields, { ...wanted, patientid: null, appointmentstatus: 'o', urgentyn: null })
      const patientid = await create(crm, 'contact', ADA)
      await create(crm, 'appointment', { appointmentid, patientid, reasonid: '962', urgentyn: true, bookingnote: 'Back pain' })
      const booked = { ...wanted, patientid, appointmentstatus: 'f', urgentyn: true }
      t.strictSame((await search(appointmentid))?.fields, booked, 'by its id')
      t.strictSame((await search(patientid))?.fields, booked, 'of its patient')
      const since = new Date(Date.now() - 3_600_000).toISOString()
      const { records } = await athenahealth.listRecent(crm.call(), { object: 'appointment', since, limit: 1, read })
      t.strictSame(records[0]?.fields, booked, 'of late')
    },
  )

t.test('a patient’s appointments are read one by one only for what their list lacks', async (t) => {
  const crm = await open(t)
  const patientid = await create(crm, 'contact', ADA)
  const { matches } = await athenahealth.searchRecords(crm.call(), { object: 'appointment', query: 'open', limit: 1 })
  const appointmentid = matches[0]?.external_id ?? ''
  await create(crm, 'appointment', { appointmentid, patientid, reasonid: '962' })
  const count = async (names: string[]) => {
    const before = crm.sandbox.requests.length
    const input = { object: 'appointment', query: patientid, limit: 5, read: reading('appointment', names) }
    const { matches } = await athenahealth.searchRecords(crm.call(), input)
    t.match(matches, [{ external_id: appointmentid, fields: { patientid } }], 'whose it is, though the list does not say')
    return asked(crm, before).length
  }
  t.equal(await count(['date', 'patientid', 'bookingnote']), 2)
  t.equal(await count(['urgentyn', 'patientid']), 3)
})

t.test('what answers alone hold can be mapped to be read, and not to be written', async (t) => {
  const crm = await open(t)
  const { fields = [] } = (await athenahealth.describeObject?.(crm.call(), { object: 'appointment' })) ?? {}
  const field = (name: string) => fields.find((field) => field.name === name)
  t.match(field('date'), { type: 'date', writable: false, required: false })
  t.match(field('duration'), { type: 'integer', writable: false })
  t.match(field('appointmentid'), { type: 'string', writable: true, required: true })
  t.match(field('bookingnote'), { type: 'text', writable: true })
  t.ok(field('appointmentstatus')?.options?.some(({ value, label }) => value === 'f' && label === 'booked'))
})
