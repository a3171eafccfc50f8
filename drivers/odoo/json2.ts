import { path } from '../../core/driver.ts'
import type { Call, Ctx } from './call.ts'
import { unsendable } from './faults.ts'

/** Half a character, which JSON can spell and Odoo fails at, with a page that leaves open what happened. */
const whole = (_: string, value: unknown): unknown => {
  if (typeof value === 'string' && !value.isWellFormed()) throw unsendable()
  return value
}

/** JSON-2 takes all arguments by name; `ids` and `context` stand among them. */
export const callJson2 = async (ctx: Ctx, { model, method, ids, args, options, isRead }: Call): Promise<unknown> => {
  const { body } = await ctx.http.raw({
    method: 'POST',
    path: path`/json/2/${model}/${method}`,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      // needed where a host serves several databases
      'x-odoo-database': ctx.settings.database,
    },
    body: JSON.stringify({ ...(ids && { ids }), ...args, ...options }, whole),
    isRead: isRead === true,
  })
  return parsed(body)
}

/** Undefined, which no shape takes, where the answer is no JSON. */
export const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
