import { fromLocal, orNull, type Query } from '../../core/driver.ts'
import type { SearchRecordsInput } from '../../schemas/verbs.ts'
import { customersByPhone } from './find.ts'
import type { Ctx } from './manifest.ts'
import { type Appointment, type Customer, knownIn, type Row } from './map.ts'
import { APPOINTMENTS, CUSTOMERS, listed, REPAIR_ORDERS, rowById } from './pages.ts'
import { toIso } from './values.ts'

type Search = (ctx: Ctx, input: Pick<SearchRecordsInput, 'query' | 'phone' | 'limit'>) => Promise<Row[]>

/** Customers who are asked about, where orders or appointments are looked for by whose they are. */
const MOST_CUSTOMERS = 5
const DAY_MS = 86_400_000
const DAYS_BACK = 30
const DAYS_AHEAD = 180

const isId = (text: string): boolean => /^\d{1,15}$/.test(text)

const byName = { sort: 'lastName,firstName', sortDirection: 'ASC' }

const searchCustomers: Search = (ctx, { query, phone, limit }) =>
  phone ? customersByPhone(ctx, phone) : listed(ctx, CUSTOMERS, { search: query, ...byName }, { enough: limit })

/** By number, name or vehicle, as Tekmetric finds them; by whose they are, with a phone number or a customer's id. */
const searchOrders: Search = async (ctx, { query, phone, limit }) => {
  const newest = { sort: 'createdDate', sortDirection: 'DESC' }
  const by = (criterion: Query) => listed(ctx, REPAIR_ORDERS, { ...criterion, ...newest }, { enough: limit })
  if (phone) return ofCustomers(await customersByPhone(ctx, phone), by)
  const found = await Promise.all([by({ search: query }), isId(query) ? by({ customerId: query }) : []])
  return unique(found.flat())
}

/** Tekmetric has no search for appointments: by day, by id, by whose they are, or by words of those around now. */
const searchAppointments: Search = async (ctx, { query, phone, limit }) => {
  const by = (criterion: Query) => listed(ctx, APPOINTMENTS, { ...criterion, includeDeleted: false })
  if (phone) return latestFirst(ctx, await ofCustomers(await customersByPhone(ctx, phone), by))
  const day = /^\d{4}-\d{2}-\d{2}$/.test(query) ? dayOf(ctx, query) : null
  if (day) return inside(ctx, await by({ start: day.from, end: day.to }), day)
  if (isId(query)) {
    const [own, ofCustomer] = await Promise.all([orNull(rowById(ctx, APPOINTMENTS, query)), by({ customerId: query })])
    return latestFirst(ctx, unique([...(own ? [own] : []), ...ofCustomer]))
  }
  const [around, customers] = await Promise.all([
    by({ start: daysFromNow(-DAYS_BACK), end: daysFromNow(DAYS_AHEAD) }),
    listed(ctx, CUSTOMERS, { search: query, ...byName }, { enough: Math.min(limit, MOST_CUSTOMERS) }),
  ])
  const named = around.filter((appointment) => holds(appointment, query))
  return latestFirst(ctx, unique([...named, ...(await ofCustomers(customers, by))]))
}

const SEARCHES: Record<string, Search> = {
  contact: searchCustomers,
  repair_order: searchOrders,
  appointment: searchAppointments,
}

export const search = async (ctx: Ctx, { object, query, phone, limit }: SearchRecordsInput): Promise<Row[]> => {
  const text = query.trim()
  if (text === '') return [] // Tekmetric would list everybody
  const found = await SEARCHES[object]?.(ctx, { query: text, ...(phone && { phone }), limit })
  return (found ?? []).slice(0, limit)
}

const ofCustomers = async <T extends Row>(customers: Customer[], by: (criterion: Query) => Promise<T[]>): Promise<T[]> => {
  const asked = customers.slice(0, MOST_CUSTOMERS).map(({ id }) => by({ customerId: String(id) }))
  return unique((await Promise.all(asked)).flat())
}

const unique = <T extends Row>(rows: T[]): T[] => [...new Map(rows.map((row) => [String(row.id), row])).values()]

const holds = ({ title, description }: Appointment, words: string): boolean =>
  [title, description].some((text) => text?.toLowerCase().includes(words.toLowerCase()))

const startOf = (ctx: Ctx, { startTime }: Appointment): string => toIso(startTime, knownIn(ctx).zone) ?? ''

const latestFirst = (ctx: Ctx, found: Appointment[]): Appointment[] =>
  found.toSorted((a, b) => startOf(ctx, b).localeCompare(startOf(ctx, a)))

const daysFromNow = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString()

interface Day {
  from: string
  to: string
}

/** A day of the shop's calendar. */
const dayOf = (ctx: Ctx, date: string): Day | null => {
  const { zone } = knownIn(ctx)
  const from = fromLocal(`${date}T00:00:00`, zone)
  const next = from && new Date(Date.parse(`${date}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)
  const to = next && fromLocal(`${next}T00:00:00`, zone)
  return from && to ? { from, to } : null
}

/** In the order of the day, whether or not Tekmetric counts its bounds as within. */
const inside = (ctx: Ctx, found: Appointment[], { from, to }: Day): Appointment[] =>
  latestFirst(ctx, found)
    .filter((appointment) => startOf(ctx, appointment) >= from && startOf(ctx, appointment) < to)
    .toReversed()
