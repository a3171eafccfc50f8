import { type Query, toLocal, VorelError } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import { knownOf } from './body.ts'
import { uniqueIdsOf } from './clients.ts'
import type { Ctx } from './manifest.ts'
import { type Appointment, Appointments, toAppointment } from './map.ts'
import { zoneOf } from './zone.ts'

const PAGE_SIZE = 200
const MOST_PAGES = 10

/** Days by the site's own calendar, both included. */
export interface Window {
  from: string
  to: string
  clientNumber?: string
  id?: string
}

/** Without dates only today would come. */
export const appointmentsOf = async (ctx: Ctx, { from, to, clientNumber, id }: Window): Promise<Appointment[]> => {
  const query: Query = {
    'request.startDate': `${from}T00:00:00`,
    'request.endDate': `${to}T00:00:00`,
    'request.limit': PAGE_SIZE,
    'request.clientId': clientNumber,
    'request.appointmentIds': id,
  }
  const all = new Map<number, Appointment>()
  for (let offset = 0; offset < PAGE_SIZE * MOST_PAGES; offset += PAGE_SIZE) {
    const page = { ...query, ...(offset > 0 && { 'request.offset': offset }) }
    const { Appointments: found, PaginationResponse: pages } = await ctx.http.get(
      '/appointment/staffappointments',
      Appointments,
      page,
    )
    for (const appointment of found) all.set(appointment.Id, appointment)
    const total = pages?.TotalResults ?? (found.length < PAGE_SIZE ? 0 : Number.POSITIVE_INFINITY)
    if (found.length === 0 || offset + found.length >= total) return only([...all.values()], clientNumber, id)
  }
  throw new VorelError(
    'field_invalid',
    `Mindbody has more than ${PAGE_SIZE * MOST_PAGES} appointments in that time. Narrow what is asked for, such as by a later moment.`,
  )
}

const only = (found: Appointment[], clientNumber: string | undefined, id: string | undefined): Appointment[] =>
  found.filter(
    ({ ClientId, Id }) => (clientNumber === undefined || ClientId === clientNumber) && (id === undefined || String(Id) === id),
  )

export const today = (ctx: Ctx): string => dayOf(ctx, new Date().toISOString())
/** The day of a moment by the site's calendar. */
export const dayOf = (ctx: Ctx, iso: string): string => toLocal(iso, zoneOf(ctx)).slice(0, 10)

const DAY_MS = 86_400_000
export const dayOffset = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

/** An appointment names its client by the number that may change: the one that does not is asked for where it is wanted. */
export const asRecords = async (ctx: Ctx, found: Appointment[], read: readonly ReadField[]): Promise<CrmRecord[]> => {
  const isWanted = read.some(({ field }) => field === 'ClientUniqueId')
  const numbers = isWanted ? found.flatMap(({ ClientId }) => ClientId || []) : []
  return found.map(toAppointment(read, knownOf(ctx), await uniqueIdsOf(ctx, numbers)))
}
