import { VorelError } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import { appointmentsOf, asRecords, dayOf, dayOffset, today } from './appointments.ts'
import { knownOf } from './body.ts'
import { allClients } from './clients.ts'
import type { Ctx } from './manifest.ts'
import { type Client, toContact } from './map.ts'
import { needStaff } from './staff.ts'
import { fromSite, fromUtc, zoneOf } from './zone.ts'

interface Wanted {
  since: string
  limit: number
  read: readonly ReadField[]
}

const HOUR_MS = 3_600_000
/** Whether the provider reads the moment as UTC or by the site's clocks is not documented: no clock is further from UTC. */
const SLACK_MS = 14 * HOUR_MS
/** Newer changes are asked for first: the answer has no order, and all of it has to be read to know the newest. */
const REACHES_MS = [24 * HOUR_MS, 8 * 24 * HOUR_MS, 64 * 24 * HOUR_MS, Number.POSITIVE_INFINITY]

export const recentContacts = async (ctx: Ctx, { since, limit, read }: Wanted): Promise<CrmRecord[]> => {
  needStaff(ctx, 'shows clients')
  const { zone } = knownOf(ctx)
  const changedMs = (client: Client) =>
    Date.parse(fromUtc(client.LastModifiedDateTime) ?? fromSite(client.CreationDate, zone) ?? '') || 0
  const sinceMs = Math.floor(Date.parse(since) / 1000) * 1000 // its own times have no parts of seconds
  for (const reachMs of REACHES_MS) {
    const fromMs = Math.max(sinceMs, Date.now() - reachMs)
    const changed = await clientsChangedSince(ctx, fromMs)
    const found = changed.filter((client) => changedMs(client) >= fromMs)
    if (found.length < limit && fromMs > sinceMs) continue
    const newest = found.sort((a, b) => changedMs(b) - changedMs(a) || b.UniqueId - a.UniqueId)
    return newest.slice(0, limit).map(toContact(read, knownOf(ctx)))
  }
  return []
}

const clientsChangedSince = async (ctx: Ctx, fromMs: number): Promise<Client[]> => {
  const from = new Date(fromMs - SLACK_MS).toISOString().slice(0, 19)
  const found = await allClients(ctx, { 'request.lastModifiedDate': from })
  if (found) return found
  throw new VorelError(
    'field_invalid',
    'More clients were changed at Mindbody since then than can be gone through. Ask again with a later moment.',
    { fields: ['since'] },
  )
}

const AHEAD_DAYS = 90

/** Appointments tell no time of their making: what starts from the moment on, the last booked first, by their ids. */
export const recentAppointments = async (ctx: Ctx, { since, limit, read }: Wanted): Promise<CrmRecord[]> => {
  needStaff(ctx, 'shows appointments')
  const [from, now] = [dayOf(ctx, since), today(ctx)]
  const found = await appointmentsOf(ctx, { from, to: dayOffset(from > now ? from : now, AHEAD_DAYS) })
  const sinceMs = Math.floor(Date.parse(since) / 1000) * 1000
  const startMs = (local: string | null | undefined) => Date.parse(fromSite(local, zoneOf(ctx)) ?? '')
  const recent = found.filter(({ StartDateTime }) => startMs(StartDateTime) >= sinceMs).sort((a, b) => b.Id - a.Id)
  return asRecords(ctx, recent.slice(0, limit), read)
}
