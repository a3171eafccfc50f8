import type Type from 'typebox'
import type { Static } from 'typebox'
import { type DriverContext, type RawAnswer, type RawRequest, VorelError } from '../../core/driver.ts'
import type { manifest } from './manifest.ts'
import { derivedMessageId, randomMessageId } from './message-id.ts'
import { secretFault, signatureHeaders } from './signature.ts'

export type Context = DriverContext<typeof manifest>

/** What is said to the endpoint; `data` of a read holds plain values only, so that it fits a query string. */
export interface Message {
  type: string
  id: string
  data: Record<string, unknown>
}

// beyond this the address guard refuses the whole URL, and with a reason that would mislead
const LONGEST_URL = 2048

/** Asks for something that changes nothing, the way the tenant chose. */
export const read = <S extends Type.TSchema>(ctx: Context, type: string, data: Message['data'], shape: S): Promise<Static<S>> =>
  send(
    ctx,
    (ctx.settings.reads === 'GET' ? asQuery : asBody)(ctx, { type, id: randomMessageId(), data }, secretsOf(ctx)),
    shape,
    true,
  )

/** Creates under the reference, so that every repeat from every process has the same `webhook-id`. */
export const create = <S extends Type.TSchema>(
  ctx: Context,
  reference: string,
  data: Message['data'],
  shape: S,
): Promise<Static<S>> =>
  send(ctx, asBody(ctx, { type: 'crm.record.create', id: `msg_${reference}`, data }, secretsOf(ctx)), shape, false)

/** Changes or deletes: the id stands for this call and for what it does. */
export const change = <S extends Type.TSchema>(
  ctx: Context,
  type: string,
  data: Message['data'],
  shape: S,
): Promise<Static<S>> => {
  const id = derivedMessageId(ctx.tenant.id, ctx.requestId, type, JSON.stringify(data))
  return send(ctx, asBody(ctx, { type, id, data: { ...data, idempotency_key: id } }, secretsOf(ctx)), shape, false)
}

/** The secrets to sign with, the present one first. */
export const secretsOf = ({ credentials: { secret, previous_secret } }: Pick<Context, 'credentials'>): string[] => {
  const secrets = [secret, ...(previous_secret ? [previous_secret] : [])]
  const faults = secrets.map(secretFault)
  const at = faults.findIndex((fault) => fault !== null)
  if (at !== -1)
    throw new VorelError('auth_error', `The ${at ? 'previous' : 'signing'} secret ${faults[at]}. Connect the CRM again.`)
  return secrets
}

/** The message as a POST: serialised once, and those characters are signed and sent. */
export const asBody = (ctx: Context, { type, id, data }: Message, secrets: string[]): RawRequest => {
  const at = new Date()
  const body = JSON.stringify({ type, timestamp: at.toISOString(), data: { ...common(ctx), ...data } })
  const headers = { accept: 'application/json', 'content-type': 'application/json', ...signatureHeaders(secrets, id, at, body) }
  return { method: 'POST', path: slashesOf(ctx.settings.url), headers, body }
}

/** The message as a GET: everything in the query string, and the signature over that. */
export const asQuery = (ctx: Context, { type, id, data }: Message, secrets: string[]): RawRequest => {
  const at = new Date()
  const { url } = ctx.settings
  const values = Object.entries({ type, timestamp: at.toISOString(), ...common(ctx), ...data })
  const query = new URLSearchParams()
  for (const [name, value] of values) if (value !== undefined) query.set(name, String(value))
  const tail = `${url.includes('?') ? '&' : '?'}${query}`
  const target = new URL(url + tail) // as it goes out: the parser may escape what the tenant's own query holds
  if (target.href.length > LONGEST_URL)
    throw new VorelError(
      'invalid_request',
      'The values asked for are too long for a query string. Ask for less, or let the connection read by POST.',
    )
  const headers = {
    accept: 'application/json',
    'cache-control': 'no-store',
    ...signatureHeaders(secrets, id, at, target.search.slice(1)),
  }
  return { method: 'GET', path: slashesOf(url) + tail, headers }
}

const common = ({ tenant }: Context) => ({ version: 1, tenant_id: tenant.id })

/** The base of all paths comes without the slashes it ends in, which here are part of the tenant's address. */
const slashesOf = (url: string): string => /\/*$/.exec(url)?.[0] ?? ''

export const send = async <S extends Type.TSchema>(
  { http }: Context,
  request: RawRequest,
  shape: S,
  isRead: boolean,
): Promise<Static<S>> => http.decode(shape, jsonOf(await http.raw({ ...request, isRead })))

/** The answer's body, or undefined where it does not call itself JSON or is none: no shape takes that. */
const jsonOf = ({ headers, body }: RawAnswer): unknown => {
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(headers['content-type'] ?? '')) return undefined
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
