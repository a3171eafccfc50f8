import { defineDriver, firstMatch, path, VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { connectionTest } from './connection.ts'
import { create } from './create.ts'
import { describe } from './describe.ts'
import { findByEmail, findById, findByPhone, findOne, isId, search } from './find.ts'
import { API_VERSION, manifest, type Native, nativeOf } from './manifest.ts'
import { type Ctx, HubSpotRecord, recordUrl, toCustomer, toRecord } from './map.ts'
import { PLACED, resolvePlace } from './pipelines.ts'
import { refusal } from './refusal.ts'
import { remove } from './remove.ts'
import { toProperties, withNameParts } from './values.ts'

/** Moves with every change of any property, our own included. */
const MODIFIED: Record<Native, string> = {
  contacts: 'lastmodifieddate',
  deals: 'hs_lastmodifieddate',
  tickets: 'hs_lastmodifieddate',
}

const changes = async (ctx: Ctx, object: string, id: string, fields: Fields): Promise<Fields> => {
  const native = nativeOf(object)
  if (native === 'contacts') return withNameParts(fields)
  const pipelineNow = async () => (await findOne(ctx, native, id))?.properties[PLACED[native].pipeline] ?? ''
  return resolvePlace(ctx, native, fields, pipelineNow)
}

export default defineDriver({
  manifest,
  refusal,

  testConnection: connectionTest,

  async lookupCustomer(ctx, { phone, email, external_id }) {
    const record = await firstMatch(
      phone && findByPhone(ctx, phone),
      email && findByEmail(ctx, email),
      external_id && findById(ctx, 'contacts', external_id),
    )
    return record && toCustomer(ctx.facts, 'contacts', record)
  },

  async searchRecords(ctx, { object, query, limit }) {
    if (query.trim() === '') return { matches: [] } // would match all
    const native = nativeOf(object)
    const records = await search(ctx, native, { query: query.trim(), limit })
    return { matches: records.map((record) => toRecord(ctx.facts, object, native, record)) }
  },

  async createRecord(ctx, { object, fields, reference }) {
    const record = await create(ctx, object, fields, reference)
    return { external_id: record.id, record_url: recordUrl(ctx.facts, nativeOf(object), record) }
  },

  async updateRecord(ctx, { object, external_id, fields }) {
    refuseOddId(external_id)
    const native = nativeOf(object)
    const properties = toProperties(await changes(ctx, object, external_id, fields))
    const record = await ctx.http.patch(path`/crm/objects/${API_VERSION}/${native}/${external_id}`, HubSpotRecord, { properties })
    return { updated: true, record_url: recordUrl(ctx.facts, native, record) }
  },

  async listRecent(ctx, { object, since, limit }) {
    const native = nativeOf(object)
    const newestBy = MODIFIED[native]
    const filters = [{ propertyName: newestBy, operator: 'GTE' as const, value: String(Date.parse(since)) }]
    const records = await search(ctx, native, { filters, newestBy, limit })
    return { records: records.map((record) => toRecord(ctx.facts, object, native, record)) }
  },

  async deleteRecord(ctx, { object, external_id }) {
    refuseOddId(external_id)
    return { deleted: true, hard_deleted: await remove(ctx, nativeOf(object), external_id) }
  },

  async describeObject(ctx, { object }) {
    return { fields: await describe(ctx, nativeOf(object)) }
  },
})

const refuseOddId = (external_id: string): void => {
  if (!isId(external_id)) throw new VorelError('record_not_found', 'HubSpot has no such record: its ids are numbers.')
}
