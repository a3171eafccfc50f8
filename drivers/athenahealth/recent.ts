import { readOf, VorelError } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { ListRecentInput } from '../../schemas/verbs.ts'
import { easternDate, easternFrom, fromEastern, fromUsDate, toEastern } from './eastern.ts'
import type { Ctx } from './manifest.ts'
import { Appointment, isDeleted, Patient, toAppointment, toContact } from './map.ts'
import { allPages, type Listing, pageAt } from './pages.ts'

const DAY_MS = 86_400_000
const DAYS_BACK = 30
const DAYS_AHEAD = 365
const CLOCKS_APART_MS = 300_000

/** Changes in whole seconds, by the provider's clock. */
const secondOf = (since: string): number => Math.floor(Date.parse(since) / 1000) * 1000

const newestFirst = (records: CrmRecord[]): CrmRecord[] =>
  records.toSorted(
    (a, b) => (b.updated_at ?? '').localeCompare(a.updated_at ?? '') || Number(b.external_id) - Number(a.external_id),
  )

/** Appointments by the time of their last change; the provider also wants to know between which days they are. */
export const recentAppointments = async (ctx: Ctx, input: ListRecentInput): Promise<CrmRecord[]> => {
  const from = secondOf(input.since)
  if (from > Date.now()) return []
  const found = await allPages(ctx, {
    path: '/appointments/booked',
    key: 'appointments',
    item: Appointment,
    query: {
      startdate: easternDate(Math.max(from, Date.UTC(2000, 1, 1)) - DAYS_BACK * DAY_MS),
      enddate: easternDate(Date.now() + DAYS_AHEAD * DAY_MS),
      startlastmodified: easternFrom(from),
      showcancelled: true,
      showcopay: false,
    },
    pageSize: 1000,
    mostPages: 5,
  })
  const changed = found.filter(({ lastmodified }) => (fromEastern(lastmodified ?? '') ?? from) >= from)
  return newestFirst(changed.map(toAppointment(readOf(input, 'appointment')))).slice(0, input.limit)
}

/**
 * Patients whose change the provider has queued for this app. What was read once is marked as read and left out of the queue from then on, but can be had
 * again by the time it was read: both together are every change since, however often somebody asks. Where others read the same queue, nothing is marked.
 */
export const recentPatients = async (ctx: Ctx, input: ListRecentInput): Promise<CrmRecord[]> => {
  const from = secondOf(input.since)
  if (from > Date.now()) return []
  const queued =
    ctx.settings.patient_changes === 'own' ? await takeAll(ctx) : await allPages(ctx, queue({ leaveunprocessed: true }))
  const readBefore = await allPages(
    ctx,
    queue({
      showprocessedstartdatetime: easternFrom(from),
      showprocessedenddatetime: toEastern(Date.now() + CLOCKS_APART_MS),
      leaveunprocessed: true,
    }),
  )
  const found = new Map([...readBefore, ...queued].map((patient) => [String(patient.patientid), patient]))
  const changed = [...found.values()].filter((patient) => !isDeleted(patient) && changedSince(patient, from))
  return newestFirst(changed.map(toContact(readOf(input, 'contact')))).slice(0, input.limit)
}

const queue = (query: Record<string, string | boolean>): Listing<typeof Patient> => ({
  path: '/patients/changed',
  key: 'patients',
  item: Patient,
  query,
  pageSize: 250,
  mostPages: 8,
})

/** Each page leaves the queue as it is read, so that the next one is its beginning again. A page that is lost on the way was read all the same. */
const takeAll = async (ctx: Ctx): Promise<Patient[]> => {
  const listing = queue({})
  const all: Patient[] = []
  for (let page = 0; page < listing.mostPages; page += 1) {
    const { rows, hasMore } = await pageAt(ctx, listing, 0)
    all.push(...rows)
    if (rows.length === 0 || (!hasMore && rows.length < listing.pageSize)) return all
  }
  throw new VorelError(
    'provider_unavailable',
    'Many changed patients were waiting at athenahealth, and some still are. None is lost: ask again.',
  )
}

/** Most answers tell the day of a change and no more: the whole day counts. */
const changedSince = ({ lastupdated }: Patient, from: number): boolean => {
  const moment = fromEastern(lastupdated ?? '')
  if (moment !== null) return moment >= from
  const date = fromUsDate(lastupdated ?? '')
  return date === null || date >= (fromUsDate(easternDate(from)) ?? '')
}
