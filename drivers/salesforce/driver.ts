import { defineDriver, firstMatch, path } from '../../core/driver.ts'
import type { ListRecentInput } from '../../schemas/verbs.ts'
import { toBody } from './body.ts'
import { DATA, query } from './call.ts'
import { type Columns, withColumns } from './columns.ts'
import { connectionTest } from './connection.ts'
import { create, findCreated } from './create.ts'
import { refusal } from './faults.ts'
import { describe, toDescriptions } from './fields.ts'
import { findByEmail, findById, personsIn } from './lookup.ts'
import { manifest, nativeOf, type ObjectName } from './manifest.ts'
import { idOf, Row, recordUrl } from './map.ts'
import { findByPhone } from './phone.ts'
import { toRecord } from './record.ts'
import { searchFor } from './search.ts'
import { names, soql } from './soql.ts'

const rowPath = (object: string, external_id: string): string =>
  `${DATA}${path`/sobjects/${nativeOf(object)}/${idOf(object, external_id)}`}`

const recent = (columns: Columns, { object, since, limit }: ListRecentInput): string =>
  soql`SELECT ${names(columns(object as ObjectName))} FROM ${names([nativeOf(object)])} WHERE SystemModstamp >= ${new Date(since)} ORDER BY SystemModstamp DESC, Id DESC LIMIT ${limit}`

export default defineDriver({
  manifest,
  refusal,

  testConnection: connectionTest,

  async lookupCustomer(ctx, input) {
    const { phone, email, external_id } = input
    const records = async (found: Promise<Row[]>) => (await found).map(toRecord(ctx, input))
    return firstMatch({
      phone: phone && records(findByPhone(ctx, personsIn(ctx), phone, input)),
      email: email && records(findByEmail(ctx, email, input)),
      external_id: external_id && records(findById(ctx, external_id, input)),
    })
  },

  async searchRecords(ctx, input) {
    const rows = await searchFor(ctx, { ...input, object: input.object as ObjectName })
    return { matches: rows.map(toRecord(ctx, input)) }
  },

  createRecord: create,

  findByReference: (ctx, { object, reference }) => findCreated(ctx, object, reference),

  async updateRecord(ctx, { object, external_id, fields }) {
    const body = JSON.stringify(toBody(object, fields))
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    await ctx.http.raw({ method: 'PATCH', path: rowPath(object, external_id), headers, body })
    return { updated: true, record_url: recordUrl(ctx, object, external_id) }
  },

  async listRecent(ctx, input) {
    const rows = await withColumns(ctx, input, (columns) => query(ctx, recent(columns, input), Row))
    return { records: rows.map(toRecord(ctx, input)) }
  },

  async deleteRecord(ctx, { object, external_id }) {
    await ctx.http.delete(rowPath(object, external_id))
    return { deleted: true, hard_deleted: false }
  },

  async describeObject(ctx, { object }) {
    return { fields: toDescriptions(object, await describe(ctx, object), ctx.settings.reference_field) }
  },
})
