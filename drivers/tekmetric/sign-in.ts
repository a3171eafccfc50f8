import Type from 'typebox'
import { VorelError } from '../../core/driver.ts'
import type { OpenSessionOutput } from '../../schemas/verbs.ts'
import type { Ctx } from './manifest.ts'

const Token = Type.Object({
  access_token: Type.String({ minLength: 1 }),
  expires_in: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
})

/** Ten years: a date has its limits. */
const MOST_SECONDS = 315_360_000

/** Client id and secret are exchanged; anything else is the token that they would be exchanged for. */
export const openSession = async (ctx: Ctx): Promise<OpenSessionOutput> => {
  const key = ctx.credentials.api_key.trim()
  const [id, secret, ...rest] = key.split(':')
  if (secret === undefined || rest.length) return { access_token: key, expires_at: null }
  if (!id || !secret)
    throw new VorelError('auth_error', 'A part of api_key is empty: it is client id and secret, with a colon between.')
  return exchange(ctx, `${id}:${secret}`)
}

const exchange = async ({ http }: Ctx, pair: string): Promise<OpenSessionOutput> => {
  const { body } = await http.raw({
    method: 'POST',
    path: '/oauth/token',
    headers: {
      authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
      accept: 'application/json',
    },
    body: 'grant_type=client_credentials',
  })
  const { access_token, expires_in } = http.decode(Token, parsed(body))
  return { access_token, expires_at: endOf(expires_in) }
}

/** By its documentation a token lives until it is revoked, and the answer does not say otherwise. */
const endOf = (seconds: number | null | undefined): string | null =>
  seconds && seconds > 0 ? new Date(Date.now() + Math.min(seconds, MOST_SECONDS) * 1000).toISOString() : null

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
