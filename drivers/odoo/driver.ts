import { defineDriver, firstMatch, VorelError } from '../../core/driver.ts'
import type { Ctx, Odoo } from './call.ts'
import { connectionTest } from './connection.ts'
import { type Domain, textDomain } from './domain.ts'
import { refusal } from './faults.ts'
import { Done, FieldInfos, toDescriptions, typesOf } from './fields.ts'
import { find, findByEmail, findById, findByPhone, MOST, NEWEST_FIRST, PERSONS_FIRST, toId } from './find.ts'
import { completeLead, leadType } from './lead.ts'
import { externalId, load } from './load.ts'
import { manifest, modelOf } from './manifest.ts'
import { recordUrl } from './map.ts'
import { openOdoo } from './server.ts'
import { hasRelations, refuseEmptyName, refuseOddNames, toCells, toDatetime, toWrite } from './values.ts'
import { type View, viewOf } from './view.ts'

const linker =
  (ctx: Ctx, odoo: Odoo, model: string) =>
  (id: number): string =>
    recordUrl(ctx.settings.url, odoo.version, model, id)

/** The type that tells leads from deals; contacts are a model of their own. */
const ofItsType = async ({ ctx, odoo, object, model }: View): Promise<Domain> =>
  model === 'crm.lead' ? [['type', '=', await leadType(ctx, odoo, object)]] : []

const idOf = (external_id: string): number => {
  const id = toId(external_id)
  if (id === null) throw new VorelError('record_not_found', 'Odoo has no such record: its ids are numbers.')
  return id
}

export default defineDriver({
  manifest,
  refusal,

  testConnection: connectionTest,

  async lookupCustomer(ctx, { phone, email, external_id, ...asked }) {
    const view = await viewOf(ctx, 'contact', asked)
    return firstMatch({
      phone: phone && findByPhone(view, phone, [], PERSONS_FIRST, MOST),
      email: email && findByEmail(view, email),
      external_id: external_id && findById(view, external_id),
    })
  },

  async searchRecords(ctx, { object, query, phone, limit, ...asked }) {
    if (query.trim() === '') return { matches: [] } // would match all
    const view = await viewOf(ctx, object, asked)
    const within = await ofItsType(view)
    if (phone) return { matches: await findByPhone(view, phone, within, NEWEST_FIRST, limit) }
    return { matches: await find(view, [...within, ...textDomain(view.model, query.trim())], NEWEST_FIRST, limit) }
  },

  async createRecord(ctx, { object, fields, reference }) {
    refuseOddNames(fields)
    const odoo = await openOdoo(ctx)
    const model = modelOf(object)
    const complete = model === 'crm.lead' ? completeLead(fields, await leadType(ctx, odoo, object)) : fields
    refuseEmptyName({ name: null, ...complete })
    const { columns, cells } = toCells(await typesOf(ctx, odoo, model, Object.keys(complete)), complete)
    const id = await load(odoo, model, ['id', ...columns], [externalId(model, reference), ...cells])
    return { external_id: String(id), record_url: linker(ctx, odoo, model)(id) }
  },

  async updateRecord(ctx, { object, external_id, fields }) {
    refuseOddNames(fields)
    refuseEmptyName(fields)
    const id = idOf(external_id)
    const odoo = await openOdoo(ctx)
    const model = modelOf(object)
    const types = await typesOf(ctx, odoo, model, Object.keys(fields))
    if (hasRelations(types, fields)) {
      const { columns, cells } = toCells(types, fields)
      await load(odoo, model, ['.id', ...columns], [String(id), ...cells], { active_test: false })
    } else await odoo.run({ model, method: 'write', ids: [id], args: { vals: toWrite(types, fields) } }, Done)
    return { updated: true, record_url: linker(ctx, odoo, model)(id) }
  },

  async listRecent(ctx, { object, since, limit, ...asked }) {
    const view = await viewOf(ctx, object, asked)
    const changed: Domain = [['write_date', '>=', toDatetime(since)]]
    return { records: await find(view, [...(await ofItsType(view)), ...changed], NEWEST_FIRST, limit) }
  },

  async deleteRecord(ctx, { object, external_id }) {
    const id = idOf(external_id)
    const odoo = await openOdoo(ctx)
    await odoo.run({ model: modelOf(object), method: 'unlink', ids: [id] }, Done).catch(explainKept)
    return { deleted: true, hard_deleted: true }
  },

  async describeObject(ctx, { object }) {
    const odoo = await openOdoo(ctx)
    const model = modelOf(object)
    const attributes = ['type', 'string', 'required', 'readonly', 'store', 'selection']
    const call = { model, method: 'fields_get', args: { allfields: [], attributes }, isRead: true }
    return { fields: toDescriptions(model, await odoo.run(call, FieldInfos)) }
  },
})

/** A rule that speaks against deleting speaks of records that depend on it. */
const explainKept = (error: unknown): never => {
  if (!(error instanceof VorelError) || error.code !== 'field_invalid') throw error
  throw new VorelError('delete_unsupported', 'Odoo keeps this record because others depend on it. Archive it there instead.')
}
