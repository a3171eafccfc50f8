import { type Query, VorelError } from '../../core/driver.ts'
import type { Ctx } from './manifest.ts'
import { type Client, Clients } from './map.ts'

const PAGE_SIZE = 200
/** Of one call; the rest would take longer than a conversation waits. */
const MOST_PAGES = 5
const MOST_IDS = 20

interface Page {
  clients: Client[]
  total: number
}

/** Inactive ones as well: one that looks absent would be created again. */
export const clientPage = async ({ http }: Ctx, query: Query, offset = 0): Promise<Page> => {
  const { Clients: clients, PaginationResponse: pages } = await http.get('/client/clients', Clients, {
    ...query,
    'request.includeInactive': true,
    'request.limit': PAGE_SIZE,
    ...(offset > 0 && { 'request.offset': offset }),
  })
  const total = pages?.TotalResults ?? (clients.length < PAGE_SIZE ? offset + clients.length : Number.POSITIVE_INFINITY)
  return { clients, total }
}

/** All that a query finds; null where that is more than can be gone through. */
export const allClients = async (ctx: Ctx, query: Query): Promise<Client[] | null> => {
  const all = new Map<number, Client>()
  for (let offset = 0; ; offset += PAGE_SIZE) {
    const { clients, total } = await clientPage(ctx, query, offset)
    if (total > PAGE_SIZE * MOST_PAGES) return null
    for (const client of clients) all.set(client.UniqueId, client)
    if (clients.length === 0 || offset + clients.length >= total) return [...all.values()]
  }
}

/** The number that never changes; anything else is nobody's. */
export const clientByUniqueId = async (ctx: Ctx, id: string): Promise<Client | null> => {
  if (!/^[1-9]\d{0,14}$/.test(id)) return null
  const { clients } = await clientPage(ctx, { 'request.uniqueIds': id })
  return clients.find(({ UniqueId }) => UniqueId === Number(id)) ?? null
}

/** By the client's number (RSSID), which may hold letters and may be changed by the business. */
export const clientByNumber = async (ctx: Ctx, number: string): Promise<Client | null> => {
  const { clients } = await clientPage(ctx, { 'request.clientIDs': number })
  return clients.find(({ Id }) => Id.toLowerCase() === number.toLowerCase()) ?? null
}

/** The unchanging ids of clients by their numbers. */
export const uniqueIdsOf = async ({ http }: Ctx, numbers: Iterable<string>): Promise<Map<string, number>> => {
  const left = [...new Set(numbers)]
  const ids = new Map<string, number>()
  while (left.length) {
    const query = new URLSearchParams({ 'request.includeInactive': 'true', 'request.limit': `${MOST_IDS}` })
    for (const number of left.splice(0, MOST_IDS)) query.append('request.clientIDs', number)
    const { Clients: clients } = await http.get(`/client/clients?${query}`, Clients)
    for (const { Id, UniqueId } of clients) ids.set(Id, UniqueId)
  }
  return ids
}

/** Active ones first, of equals the oldest. */
export const inOrder = (clients: readonly Client[]): Client[] =>
  [...clients].sort(
    (a, b) =>
      Number(a.Active === false) - Number(b.Active === false) ||
      (a.CreationDate ?? '').localeCompare(b.CreationDate ?? '') ||
      a.UniqueId - b.UniqueId,
  )

export const noSuchClient = (): VorelError =>
  new VorelError('record_not_found', 'Mindbody has no client with this id at this site. Nothing was written.')
