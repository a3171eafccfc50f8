import type Type from 'typebox'
import type { Static } from 'typebox'
import type { RawAnswer, RawRequest } from '../../core/driver.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import { derivedMessageId, randomMessageId } from './message-id.ts'
import { asBody, asQuery, type Context, type Message } from './request.ts'

type Data = Message['data']

/** Asks for something that changes nothing, the way the tenant chose. */
export const read = <S extends Type.TSchema>(ctx: Context, type: string, data: Data, shape: S): Promise<Static<S>> => {
  const form = ctx.settings.reads === 'GET' ? asQuery : asBody
  return send(ctx, { ...form(ctx, { type, id: randomMessageId(), data }), isRead: true }, shape)
}

/** Names what is wanted of each record, where anything is; an endpoint may give more, or never have heard of it. */
export const wanting = (read: readonly ReadField[]): { fields?: string[] } =>
  read.length ? { fields: [...new Set(read.map(({ field }) => field))] } : {}

/** Creates under the reference, so that every repeat from every process has the same `webhook-id`. */
export const create = <S extends Type.TSchema>(ctx: Context, reference: string, data: Data, shape: S): Promise<Static<S>> =>
  send(ctx, asBody(ctx, { type: 'crm.record.create', id: `msg_${reference}`, data }), shape)

/** Changes or deletes: the id stands for this call and for what it does. */
export const change = <S extends Type.TSchema>(ctx: Context, type: string, data: Data, shape: S): Promise<Static<S>> => {
  const id = derivedMessageId(ctx.tenant.id, ctx.callId, type, JSON.stringify(data))
  return send(ctx, asBody(ctx, { type, id, data: { ...data, idempotency_key: id } }), shape)
}

export const send = async <S extends Type.TSchema>({ http }: Context, request: RawRequest, shape: S): Promise<Static<S>> =>
  http.decode(shape, jsonOf(await http.raw(request)))

/** The answer's body, or undefined where it does not call itself JSON or is none: no shape takes that. */
const jsonOf = ({ headers, body }: RawAnswer): unknown => {
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(headers['content-type'] ?? '')) return undefined
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
