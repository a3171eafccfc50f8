import { defineDriver, firstMatch, path, readOf, VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { associate } from './associate.ts'
import { connectionTest } from './connection.ts'
import { create } from './create.ts'
import { describe } from './describe.ts'
import { findByEmail, findById, findByPhone, findOne, isId, search } from './find.ts'
import { API_VERSION, manifest, type Native, nativeOf } from './manifest.ts'
import { type Ctx, HubSpotRecord, recordOf, recordUrl } from './map.ts'
import { PLACED, resolvePlace } from './pipelines.ts'
import { refusal } from './refusal.ts'
import { remove } from './remove.ts'
import { toProperties, withNameParts, zoneOf } from './values.ts'

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

  async lookupCustomer(ctx, input) {
    const { phone, email, external_id } = input
    const read = readOf(input, 'contact')
    const told = (asked: Promise<HubSpotRecord[]>) => asked.then((found) => found.map(recordOf(ctx.facts, 'contact', read)))
    const byId = async (id: string) => [await findById(ctx, 'contacts', id, read)].filter((record) => record !== null)
    return firstMatch({
      phone: phone && told(findByPhone(ctx, phone, read)),
      email: email && told(findByEmail(ctx, email, read)),
      external_id: external_id && told(byId(external_id)),
    })
  },

  async searchRecords(ctx, input) {
    const { object, query, phone, limit } = input
    if (query.trim() === '') return { matches: [] } // would match all
    const [native, read] = [nativeOf(object), readOf(input, object)]
    const found =
      phone && native === 'contacts'
        ? await findByPhone(ctx, phone, read)
        : await search(ctx, native, { query: query.trim(), limit, read })
    return { matches: found.slice(0, limit).map(recordOf(ctx.facts, object, read)) }
  },

  async createRecord(ctx, { object, fields, reference }) {
    const record = await create(ctx, object, fields, reference)
    return { external_id: record.id, record_url: recordUrl(ctx.facts, nativeOf(object), record) }
  },

  async updateRecord(ctx, { object, external_id, fields }) {
    refuseOddId(external_id)
    const native = nativeOf(object)
    const properties = toProperties(await changes(ctx, object, external_id, fields), zoneOf(ctx.facts))
    const record = await ctx.http.patch(path`/crm/objects/${API_VERSION}/${native}/${external_id}`, HubSpotRecord, { properties })
    return { updated: true, record_url: recordUrl(ctx.facts, native, record) }
  },

  async listRecent(ctx, input) {
    const { object, since, limit } = input
    const [native, read] = [nativeOf(object), readOf(input, object)]
    const newestBy = MODIFIED[native]
    const filters = [{ propertyName: newestBy, operator: 'GTE' as const, value: String(Date.parse(since)) }]
    const records = await search(ctx, native, { filters, newestBy, limit, read })
    return { records: records.map(recordOf(ctx.facts, object, read)) }
  },

  async deleteRecord(ctx, { object, external_id }) {
    refuseOddId(external_id)
    return { deleted: true, hard_deleted: await remove(ctx, nativeOf(object), external_id) }
  },

  async associate(ctx, { from, to }) {
    for (const { external_id } of [from, to]) refuseOddId(external_id)
    await associate(ctx, from, to)
    return { associated: true }
  },

  async describeObject(ctx, { object }) {
    return { fields: await describe(ctx, nativeOf(object)) }
  },
})

const refuseOddId = (external_id: string): void => {
  if (!isId(external_id)) throw new VorelError('record_not_found', 'HubSpot has no such record: its ids are numbers.')
}
