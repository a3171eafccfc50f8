import { defineDriver, orNull, VorelError } from '../../core/driver.ts'
import { testEndpoint } from './endpoint-test.ts'
import { manifest } from './manifest.ts'
import { Deleted, Matches, Records, safeUrl, toRecord, Written } from './map.ts'
import { change, create, read } from './message.ts'
import { refusal } from './refusal.ts'

export default defineDriver({
  manifest,
  refusal,
  testConnection: testEndpoint,

  async lookupCustomer(ctx, { phone, email, external_id }) {
    const found = await orNull(read(ctx, 'crm.customer.lookup', { phone, email, external_id }, Matches))
    const [first] = found?.matches ?? []
    return first ? toRecord('contact', first) : null
  },

  async searchRecords(ctx, { object, query, limit }) {
    const { records } = await read(ctx, 'crm.record.search', { object, query, limit }, Records)
    return { matches: records.slice(0, limit).map((record) => toRecord(object, record)) }
  },

  async createRecord(ctx, { object, fields, idempotency_key, reference }) {
    const { external_id, record_url } = await create(ctx, reference, { object, fields, idempotency_key }, Written)
    return { external_id, record_url: safeUrl(record_url) }
  },

  async updateRecord(ctx, { object, external_id, fields }) {
    const { record_url } = await change(ctx, 'crm.record.update', { object, external_id, fields }, Written)
    return { updated: true, record_url: safeUrl(record_url) }
  },

  async listRecent(ctx, { object, since, limit }) {
    const { records } = await read(ctx, 'crm.record.list_recent', { object, since, limit }, Records)
    return { records: records.slice(0, limit).map((record) => toRecord(object, record)) }
  },

  async deleteRecord(ctx, { object, external_id }) {
    const { hard_deleted = false } = await change(ctx, 'crm.record.delete', { object, external_id }, Deleted).catch(noDelete)
    return { deleted: true, hard_deleted }
  },
})

/** What is refused as unsupported in general is, of a delete, an answer with a code of its own. */
const noDelete = (error: unknown): never => {
  throw error instanceof VorelError && error.code === 'object_unsupported'
    ? new VorelError('delete_unsupported', 'The endpoint does not delete records of this object.')
    : error
}
