import { createHash } from 'node:crypto'
import { VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { type Body, invalid, isGiven, knownOf, refuseUnknown, toBody } from './body.ts'
import { clientByNumber, clientByUniqueId, noSuchClient } from './clients.ts'
import { CLIENT, fieldOf } from './fields.ts'
import { clientsByEmail } from './lookup.ts'
import type { Ctx } from './manifest.ts'
import { hasFailed, Saved } from './map.ts'
import { hasStaff, needStaff } from './staff.ts'

const ALPHABET = 'ABCDEFGHJKMNPQRSTVWXYZ0123456789'

/** The client's number that stands for a create: a letter first, so that it is never one of the numbers that Mindbody gives. */
export const numberOf = (reference: string): string => {
  const bytes = createHash('sha256').update(reference).digest().subarray(0, 11)
  return `V${[...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')}`
}

/** Whether a repeat of a create finds its client: by a number of ours, which has to be looked up. */
const isKeyed = ({ facts }: Ctx): boolean => facts['idempotency.contact'] !== 'none'

/** What the site asks of every client, as far as it is known: its list is the one for staff. */
export const requiredOf = (ctx: Ctx): string[] => {
  const listed = hasStaff(ctx) ? (ctx.facts.required_client_fields ?? '').split(',') : []
  const own = Object.keys(CLIENT).filter((name) => CLIENT[name]?.isRequired)
  return [...new Set([...own, ...listed.filter((name) => fieldOf(CLIENT, name)?.uses.includes('create'))])]
}

export const createClient = async (ctx: Ctx, fields: Fields, reference: string): Promise<string> => {
  refuseUnknown(fields, CLIENT, 'create', 'A client', true)
  const missing = requiredOf(ctx).filter((name) => !isGiven(fields[name]))
  if (missing.length)
    throw invalid(
      `This site takes no client without ${missing.join(', ')}. If it no longer asks for that, test the connection again.`,
      missing,
    )
  const body = toBody(fields, CLIENT, 'create', knownOf(ctx))
  return isKeyed(ctx) ? createKeyed(ctx, { ...body, NewId: numberOf(reference) }, fields) : createPlain(ctx, body)
}

const createPlain = async (ctx: Ctx, body: Body): Promise<string> => {
  const { Client } = await ctx.http.post('/client/addclient', Saved, body)
  if (Client.UniqueId && !hasFailed(Client)) return String(Client.UniqueId)
  throw notSaid('unknown')
}

/** Mindbody takes no number twice: whatever it refuses, our own client may be there from an earlier try, and is the answer then. */
const createKeyed = async (ctx: Ctx, body: Body & { NewId: string }, fields: Fields): Promise<string> => {
  const refused = await ctx.http.post('/client/addclient', Saved, body).then(
    ({ Client }) => (Client.UniqueId && !hasFailed(Client) ? String(Client.UniqueId) : notSaid('none')),
    (error: unknown) => asRefused(error),
  )
  if (typeof refused === 'string') return refused
  const own = await settled(clientByNumber(ctx, body.NewId))
  if (own) return String(own.UniqueId)
  throw refused.code === 'record_conflict' ? await settled(conflictOf(ctx, fields, refused)) : refused
}

const asRefused = (error: unknown): VorelError => {
  const isRefused = error instanceof VorelError && error.effect === 'none' && /^(field_invalid|record_conflict)$/.test(error.code)
  if (isRefused) return error
  throw error
}

/** Until our own client was looked for, nobody knows whether it is there. */
const settled = <T>(asked: Promise<T>): Promise<T> =>
  asked.catch((error: unknown) => {
    if (!(error instanceof VorelError)) throw error
    const { retryAfterSeconds } = error
    const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds }
    throw new VorelError(error.code, error.message, { effect: 'unknown', cause: error, ...wait })
  })

const notSaid = (effect: 'none' | 'unknown') =>
  new VorelError('field_invalid', 'Mindbody says that the client could not be added, and not why. Check the values.', { effect })

/** The same word is said of a duplicate and of other faults: one of the same names and e-mail address tells them apart. */
const conflictOf = async (ctx: Ctx, fields: Fields, refused: VorelError): Promise<VorelError> => {
  const { FirstName, LastName, Email } = fields
  const isSame = (one: unknown, other: unknown) => String(one ?? '').toLowerCase() === String(other ?? '').toLowerCase()
  const found = isGiven(Email) ? await clientsByEmail(ctx, String(Email)) : []
  const isThere = found.some((client) => isSame(client.FirstName, FirstName) && isSame(client.LastName, LastName))
  return isThere ? refused : invalid('Mindbody refused to add the client, and has none of the same name and e-mail.', [])
}

export const findClient = async (ctx: Ctx, reference: string): Promise<string | null> => {
  needStaff(ctx, 'shows clients')
  const client = await clientByNumber(ctx, numberOf(reference))
  return client && String(client.UniqueId)
}

export const updateClient = async (ctx: Ctx, external_id: string, fields: Fields): Promise<void> => {
  needStaff(ctx, 'shows clients, which have to be looked up before they are changed,')
  refuseUnknown(fields, CLIENT, 'update', 'A client', true)
  const body = toBody(fields, CLIENT, 'update', knownOf(ctx))
  const client = await clientByUniqueId(ctx, external_id)
  if (!client) throw noSuchClient()
  const { Client } = await ctx.http.post('/client/updateclient', Saved, {
    Client: { Id: client.Id, ...(client.Active === false && { Active: false }), ...body }, // else an update wakes it up
    CrossRegionalUpdate: false,
  })
  if (hasFailed(Client)) throw invalid('Mindbody says that the client could not be changed, and not why.', Object.keys(fields))
}
