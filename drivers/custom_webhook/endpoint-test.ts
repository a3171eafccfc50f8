import { randomBytes } from 'node:crypto'
import type { TestConnectionOutput } from '../../schemas/verbs.ts'
import { Tested } from './map.ts'
import { send } from './message.ts'
import { randomMessageId } from './message-id.ts'
import { asBody, asQuery, type Context, type Message } from './request.ts'

type Form = typeof asBody

const probe = (): Message & { data: { challenge: string } } => ({
  type: 'crm.connection.test',
  id: randomMessageId(),
  data: { challenge: randomBytes(18).toString('base64url') },
})

/** Whether the endpoint reads what we send and answers in kind. */
const answersChallenge = async (ctx: Context, form: Form): Promise<boolean> => {
  const message = probe()
  const { challenge } = await send(ctx, { ...form(ctx, message), isRead: true }, Tested)
  return challenge === message.data.challenge
}

/** Whether it takes a request that somebody else could have signed. */
const acceptsForgery = (ctx: Context, form: Form): Promise<boolean> =>
  ctx.http.raw(form(ctx, probe(), [`whsec_${randomBytes(32).toString('base64')}`])).then(
    () => true,
    () => false, // refused, or no answer at all: not taken
  )

/** Tries each form of request that the connection will use, rightly and wrongly signed. */
export const testEndpoint = async (ctx: Context): Promise<TestConnectionOutput> => {
  const forms = ctx.settings.reads === 'GET' ? [asBody, asQuery] : [asBody]
  const answered = await Promise.all(forms.map((form) => answersChallenge(ctx, form)))
  if (answered.includes(false))
    return { ok: false, reason: 'The endpoint answered, but did not give back the challenge it was sent.' }
  const accepted = await Promise.all(forms.map((form) => acceptsForgery(ctx, form)))
  return accepted.includes(true)
    ? {
        ok: true,
        warning:
          'The endpoint accepts requests with a wrong signature: anybody who knows its address can act as this service. Let it verify.',
      }
    : { ok: true }
}
