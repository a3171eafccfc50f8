import type { CrmRecord } from '../../schemas/record.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import { appointmentsOf, asRecords, dayOffset, today } from './appointments.ts'
import { knownOf } from './body.ts'
import { clientByUniqueId, clientPage, inOrder } from './clients.ts'
import { clientsByPhone } from './lookup.ts'
import type { Ctx } from './manifest.ts'
import { type Appointment, type Client, nameOf, toContact } from './map.ts'
import { needStaff } from './staff.ts'

export interface Wanted {
  query: string
  phone?: string | undefined
  limit: number
  read: readonly ReadField[]
}

export const searchContacts = async (ctx: Ctx, { query, phone, limit, read }: Wanted): Promise<CrmRecord[]> => {
  needStaff(ctx, 'shows clients')
  const found = phone ? await clientsByPhone(ctx, phone) : await clientsByText(ctx, query)
  return found.slice(0, limit).map(toContact(read, knownOf(ctx)))
}

/** Every word has to be there; whether Mindbody finds several in different fields is not documented, so the longest alone is tried as well. */
const clientsByText = async (ctx: Ctx, query: string): Promise<Client[]> => {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const longest = words.reduce((most, word) => (word.length > most.length ? word : most), '')
  const texts = new Set(words.length ? [query.trim(), longest] : [])
  for (const text of texts) {
    const { clients } = await clientPage(ctx, { 'request.searchText': text })
    const found = clients.filter((client) => words.every((word) => textOf(client).includes(word)))
    if (found.length) return inOrder(found)
  }
  return []
}

const textOf = (client: Client): string => `${nameOf(client)} ${client.Email ?? ''} ${client.Id}`.toLowerCase()

const MOST_CLIENTS = 5
const BEHIND_DAYS = 30
const AHEAD_DAYS = 90

/** Mindbody has no search of appointments: they are found by their id, their day, or whose they are. */
export const searchAppointments = async (ctx: Ctx, wanted: Wanted): Promise<CrmRecord[]> => {
  needStaff(ctx, 'shows appointments')
  const query = wanted.query.trim()
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(query) && !Number.isNaN(Date.parse(query))
  const found = isDay ? await appointmentsOf(ctx, { from: query, to: query }) : await appointmentsBy(ctx, { ...wanted, query })
  return asRecords(ctx, latestFirst(found).slice(0, wanted.limit), wanted.read)
}

const latestFirst = (appointments: Appointment[]): Appointment[] =>
  [...appointments].sort((a, b) => (b.StartDateTime ?? '').localeCompare(a.StartDateTime ?? '') || b.Id - a.Id)

const appointmentsBy = async (ctx: Ctx, { query, phone }: Wanted): Promise<Appointment[]> => {
  const window = { from: dayOffset(today(ctx), -BEHIND_DAYS), to: dayOffset(today(ctx), AHEAD_DAYS) }
  const isId = /^[1-9]\d{0,8}$/.test(query)
  const [byId, clients] = await Promise.all([
    isId && !phone ? appointmentsOf(ctx, { ...window, id: query }) : [],
    clientsMeant(ctx, query, phone),
  ])
  const theirs = await Promise.all(
    clients.slice(0, MOST_CLIENTS).map(({ Id }) => appointmentsOf(ctx, { ...window, clientNumber: Id })),
  )
  return [...new Map([...byId, ...theirs.flat()].map((appointment) => [appointment.Id, appointment])).values()]
}

const clientsMeant = async (ctx: Ctx, query: string, phone: string | undefined): Promise<Client[]> => {
  if (phone) return clientsByPhone(ctx, phone)
  const own = await clientByUniqueId(ctx, query)
  return own ? [own] : clientsByText(ctx, query)
}
