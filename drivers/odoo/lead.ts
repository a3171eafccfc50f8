import Type from 'typebox'
import type { Fields } from '../../schemas/verbs.ts'
import type { Ctx, Odoo } from './call.ts'
import { withTitle } from './values.ts'

const Defaults = Type.Object({ type: Type.Enum(['lead', 'opportunity']) })

/** Where the Leads setting is off, nobody at the tenant would ever see a record of type `lead`. */
export const askLeadType = async (odoo: Odoo): Promise<string> => {
  const call = { model: 'crm.lead', method: 'default_get', args: { fields: ['type'] }, isRead: true }
  const { type } = await odoo.run(call, Defaults)
  return type
}

/** What `lead` and `deal` are at this tenant: two types of one model. */
export const leadType = async (ctx: Ctx, odoo: Odoo, object: string): Promise<string> =>
  object === 'deal' ? 'opportunity' : (ctx.facts.lead_type ?? (await askLeadType(odoo)))

/** Always with a type, for Odoo's default depends on its settings; a tenant's own mapping wins. */
export const completeLead = (fields: Fields, type: string): Fields => ({ type, ...withTitle(fields) })
