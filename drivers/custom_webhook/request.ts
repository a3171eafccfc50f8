import { type DriverContext, type RawRequest, VorelError } from '../../core/driver.ts'
import type { manifest } from './manifest.ts'
import { secretFault, signatureHeaders } from './signature.ts'

export type Context = DriverContext<typeof manifest>

/** What is said to the endpoint; `data` of a read holds plain values and lists of texts only, so that it fits a query string. */
export interface Message {
  type: string
  id: string
  data: Record<string, unknown>
}

// beyond this the address guard refuses the whole URL, and with a reason that would mislead
const LONGEST_URL = 2048

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
export const asBody = (ctx: Context, { type, id, data }: Message, secrets = secretsOf(ctx)): RawRequest => {
  const at = new Date()
  const body = JSON.stringify({ type, timestamp: at.toISOString(), data: { ...common(ctx), ...data } })
  const headers = { accept: 'application/json', 'content-type': 'application/json', ...signatureHeaders(secrets, id, at, body) }
  return { method: 'POST', path: slashesOf(ctx.settings.url), headers, body }
}

/** The message as a GET: everything in the query string, and the signature over that. */
export const asQuery = (ctx: Context, { type, id, data }: Message, secrets = secretsOf(ctx)): RawRequest => {
  const at = new Date()
  const { url } = ctx.settings
  const values = Object.entries({ type, timestamp: at.toISOString(), ...common(ctx), ...data })
  const query = new URLSearchParams()
  for (const [name, value] of values)
    if (value !== undefined) query.set(name, Array.isArray(value) ? JSON.stringify(value) : String(value))
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
