import Type from 'typebox'
import { isZone, VorelError } from '../../core/driver.ts'
import type { TestConnectionOutput } from '../../schemas/verbs.ts'
import type { Ctx, Odoo } from './call.ts'
import { typesFact } from './fields.ts'
import { askLeadType } from './lead.ts'
import { askServer, authenticate, openOdoo } from './server.ts'

const Me = Type.Object({ uid: Type.Integer() })
const Users = Type.Array(Type.Object({ login: Type.String(), tz: Type.Union([Type.String(), Type.Literal(false)]) }), {
  minItems: 1,
})

/** Asks the server everything that later calls would otherwise have to ask again. */
const findFacts = async (ctx: Ctx): Promise<TestConnectionOutput> => {
  const server = await askServer(ctx)
  const xmlUid = server.api === 'xmlrpc' ? await authenticate(ctx) : null
  const facts = { ...server, ...(xmlUid !== null && { uid: String(xmlUid) }) }
  const odoo = await openOdoo({ ...ctx, facts })
  const uid = xmlUid ?? (await odoo.run({ model: 'res.users', method: 'context_get', isRead: true }, Me)).uid
  const [user] = await odoo.run(
    { model: 'res.users', method: 'read', ids: [uid], args: { fields: ['login', 'tz'] }, isRead: true },
    Users,
  )
  const sales = await salesFacts(odoo)
  const warning = [
    user?.login === ctx.settings.username ? '' : `The API key belongs to another user than '${ctx.settings.username}'.`,
    sales ? '' : 'The CRM app is not installed there, or this user may not use it: only contacts will work.',
  ].join(' ')
  return {
    ok: true,
    account: `${user?.login} at ${ctx.settings.database}, Odoo ${server.version}`,
    facts: {
      ...facts,
      uid: String(uid),
      ...(user?.tz && isZone(user.tz) && { time_zone: user.tz }),
      'types.res.partner': await typesFact(odoo, 'res.partner'),
      ...sales,
    },
    ...(warning.trim() && { warning: warning.trim() }),
  }
}

const salesFacts = async (odoo: Odoo): Promise<Record<string, string> | null> => {
  try {
    return { lead_type: await askLeadType(odoo), 'types.crm.lead': await typesFact(odoo, 'crm.lead') }
  } catch (error) {
    if (error instanceof VorelError && (error.code === 'object_unsupported' || error.code === 'auth_error')) return null
    throw error
  }
}

/** What an operator has to mend is an answer; what may pass by itself is thrown. */
export const connectionTest = async (ctx: Ctx): Promise<TestConnectionOutput> => {
  try {
    return await findFacts({ ...ctx, facts: {} })
  } catch (error) {
    if (error instanceof VorelError && error.code === 'auth_error') return { ok: false, reason: error.message }
    throw error
  }
}
