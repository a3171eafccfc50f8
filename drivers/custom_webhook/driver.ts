import { defineDriver, firstMatch, orNull, readOf, samePhone, VorelError } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import { describe } from './describe.ts'
import { testEndpoint } from './endpoint-test.ts'
import { manifest } from './manifest.ts'
import { Deleted, Matches, Records, recordOf, safeUrl, Written } from './map.ts'
import { change, create, read, wanting } from './message.ts'
import { refusal } from './refusal.ts'
import type { Context } from './request.ts'

const OF_USE = 20

/** Who shows another number comes last and is kept: the endpoint may know more numbers of a person than it shows. */
const withNumberFirst = ({ tenant: { region } }: Context, asked: string, records: CrmRecord[]): CrmRecord[] => {
  const shows = ({ phone }: CrmRecord) => phone !== null && samePhone(phone, asked, region)
  return [...records.filter(shows), ...records.filter((record) => !shows(record))]
}

export default defineDriver({
  manifest,
  refusal,
  testConnection: testEndpoint,

  async lookupCustomer(ctx, input) {
    const { phone, email, external_id } = input
    const fields = readOf(input, 'contact')
    // A key at a time, or nobody could tell which of them found somebody.
    const find = async (key: Record<string, string>) => {
      const found = await orNull(read(ctx, 'crm.customer.lookup', { ...key, ...wanting(fields) }, Matches))
      return (found?.matches ?? []).map(recordOf('contact', fields)).slice(0, OF_USE)
    }
    return firstMatch({
      phone: phone && find({ phone }).then((records) => withNumberFirst(ctx, phone, records)),
      email: email && find({ email }),
      external_id: external_id && find({ external_id }),
    })
  },

  async searchRecords(ctx, input) {
    const { object, query, phone, limit } = input
    const fields = readOf(input, object)
    const { records } = await read(ctx, 'crm.record.search', { object, query, phone, limit, ...wanting(fields) }, Records)
    const matches = records.map(recordOf(object, fields))
    return { matches: (phone ? withNumberFirst(ctx, phone, matches) : matches).slice(0, limit) }
  },

  async createRecord(ctx, { object, fields, idempotency_key, reference }) {
    const { external_id, record_url } = await create(ctx, reference, { object, fields, idempotency_key }, Written)
    return { external_id, record_url: safeUrl(record_url) }
  },

  async updateRecord(ctx, { object, external_id, fields }) {
    const { record_url } = await change(ctx, 'crm.record.update', { object, external_id, fields }, Written)
    return { updated: true, record_url: safeUrl(record_url) }
  },

  async listRecent(ctx, input) {
    const { object, since, limit } = input
    const fields = readOf(input, object)
    const { records } = await read(ctx, 'crm.record.list_recent', { object, since, limit, ...wanting(fields) }, Records)
    return { records: records.slice(0, limit).map(recordOf(object, fields)) }
  },

  async deleteRecord(ctx, { object, external_id }) {
    const { hard_deleted = false } = await change(ctx, 'crm.record.delete', { object, external_id }, Deleted).catch(noDelete)
    return { deleted: true, hard_deleted }
  },

  describeObject: (ctx, { object }) => describe(ctx, object),
})

/** What is refused as unsupported in general is, of a delete, an answer with a code of its own. */
const noDelete = (error: unknown): never => {
  throw error instanceof VorelError && error.code === 'object_unsupported'
    ? new VorelError('delete_unsupported', 'The endpoint does not delete records of this object.')
    : error
}
