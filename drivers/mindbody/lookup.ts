import { firstMatch, readOf, samePhone, VorelError } from '../../core/driver.ts'
import type { LookupCustomerInput, LookupCustomerOutput } from '../../schemas/verbs.ts'
import { knownOf } from './body.ts'
import { allClients, clientByUniqueId, inOrder } from './clients.ts'
import type { Ctx } from './manifest.ts'
import { type Client, phonesOf, toContact } from './map.ts'
import { needStaff } from './staff.ts'
import { phoneDigits } from './values.ts'

const SHOWS_CLIENTS = 'shows clients'

export const lookup = async (ctx: Ctx, input: LookupCustomerInput): Promise<LookupCustomerOutput> => {
  needStaff(ctx, SHOWS_CLIENTS)
  const { phone, email, external_id } = input
  const toRecord = toContact(readOf(input, 'contact'), knownOf(ctx))
  const asRecords = async (clients: Promise<Client[]>) => (await clients).map(toRecord)
  let unanswered: unknown
  const orLater = (error: unknown): never[] => {
    if (!isUnsearchable(error)) throw error
    unanswered = error
    return []
  }
  const found = await firstMatch({
    phone: phone && asRecords(clientsByPhone(ctx, phone)).catch(orLater),
    email: email && asRecords(clientsByEmail(ctx, email)),
    external_id: external_id && clientByUniqueId(ctx, external_id).then((client) => client && toRecord(client)),
  })
  if (!found && unanswered) throw unanswered
  return found
}

export const clientsByEmail = async (ctx: Ctx, email: string): Promise<Client[]> => {
  const found = await allClients(ctx, { 'request.searchText': email })
  if (found === null) throw tooMany('email')
  return inOrder(found.filter((client) => client.Email?.toLowerCase() === email.toLowerCase()))
}

/** Whether Mindbody looks for phones is not documented, so the connection test tries: fact `phone_search`. Where it does not, everybody is looked at. */
export const clientsByPhone = async (ctx: Ctx, phone: string): Promise<Client[]> => {
  const { region } = ctx.tenant
  const isTheirs = (client: Client) => phonesOf(client).some((own) => samePhone(own, phone, region))
  const { phone_search } = ctx.facts
  if (phone_search !== 'no') {
    const found = await withPhone(ctx, phone, isTheirs)
    if (found.length || phone_search === 'yes') return inOrder(found)
  }
  const everybody = await allClients(ctx, {})
  if (everybody === null) throw tooMany('phone')
  return inOrder(everybody.filter(isTheirs))
}

/** By the whole number, and by its last digits, which stand together however staff have typed it. */
const withPhone = async (ctx: Ctx, phone: string, isTheirs: (client: Client) => boolean): Promise<Client[]> => {
  const digits = phoneDigits(phone, ctx.tenant.region)
  const texts = [...new Set([digits, digits.slice(-4)])]
  const pages = await Promise.all(texts.map((text) => allClients(ctx, { 'request.searchText': text })))
  if (pages.includes(null)) throw tooMany('phone')
  const found = pages.flatMap((clients) => clients ?? []).filter(isTheirs)
  return [...new Map(found.map((client) => [client.UniqueId, client])).values()]
}

const TOO_MANY =
  'Mindbody finds more clients than can be gone through, or does not search phone numbers at this site. Look the client up by e-mail or id, or search by name.'
const tooMany = (key: string) => new VorelError('field_invalid', TOO_MANY, { fields: [key] })
const isUnsearchable = (error: unknown): boolean => error instanceof VorelError && error.message === TOO_MANY
