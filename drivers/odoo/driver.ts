import { defineDriver, firstMatch, VorelError } from '../../core/driver.ts'
import type { Ctx, Odoo } from './call.ts'
import { connectionTest } from './connection.ts'
import { type Leaf, textDomain } from './domain.ts'
import { refusal } from './faults.ts'
import { Done, FieldInfos, toDescriptions, typesOf } from './fields.ts'
import { find, findByEmail, findById, findByPhone, toId } from './find.ts'
import { completeLead, leadType } from './lead.ts'
import { externalId, load } from './load.ts'
import { manifest, modelOf } from './manifest.ts'
import { recordUrl, toCustomer, toRecord } from './map.ts'
import { openOdoo } from './server.ts'
import { hasRelations, refuseEmptyName, refuseOddNames, toCells, toDatetime, toWrite } from './values.ts'

const NEWEST_FIRST = 'write_date desc, id desc'

const linker =
  (ctx: Ctx, odoo: Odoo, model: string) =>
  (id: number): string =>
    recordUrl(ctx.settings.url, odoo.version, model, id)

/** The type that tells leads from deals; contacts are a model of their own. */
const typeLeaves = async (ctx: Ctx, odoo: Odoo, object: string): Promise<Leaf[]> =>
  modelOf(object) === 'crm.lead' ? [['type', '=', await leadType(ctx, odoo, object)]] : []

const idOf = (external_id: string): number => {
  const id = toId(external_id)
  if (id === null) throw new VorelError('record_not_found', 'Odoo has no such record: its ids are numbers.')
  return id
}

export default defineDriver({
  manifest,
  refusal,

  testConnection: connectionTest,

  async lookupCustomer(ctx, { phone, email, external_id }) {
    const odoo = await openOdoo(ctx)
    const row = await firstMatch(
      phone && findByPhone(ctx, odoo, phone),
      email && findByEmail(odoo, email),
      external_id && findById(odoo, external_id),
    )
    return row && toCustomer(linker(ctx, odoo, 'res.partner'), row)
  },

  async searchRecords(ctx, { object, query, limit }) {
    if (query.trim() === '') return { matches: [] } // would match all
    const odoo = await openOdoo(ctx)
    const model = modelOf(object)
    const domain = [...(await typeLeaves(ctx, odoo, object)), ...textDomain(model, query.trim())]
    const rows = await find(odoo, model, domain, NEWEST_FIRST, limit)
    return { matches: rows.map((row) => toRecord(object, linker(ctx, odoo, model), row)) }
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
      await load(odoo, model, ['.id', ...columns], [String(id), ...cells], { context: { active_test: false } })
    } else await odoo.run({ model, method: 'write', ids: [id], args: { vals: toWrite(types, fields) } }, Done)
    return { updated: true, record_url: linker(ctx, odoo, model)(id) }
  },

  async listRecent(ctx, { object, since, limit }) {
    const odoo = await openOdoo(ctx)
    const model = modelOf(object)
    const changed: Leaf = ['write_date', '>=', toDatetime(since)]
    const rows = await find(odoo, model, [...(await typeLeaves(ctx, odoo, object)), changed], NEWEST_FIRST, limit)
    return { records: rows.map((row) => toRecord(object, linker(ctx, odoo, model), row)) }
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
