import { defineDriver, firstMatch, path } from '../../core/driver.ts'
import { toBody } from './body.ts'
import { DATA, query } from './call.ts'
import { connectionTest } from './connection.ts'
import { create, findCreated } from './create.ts'
import { refusal } from './faults.ts'
import { describe, toDescriptions } from './fields.ts'
import { findByEmail, findById, findByPhone } from './lookup.ts'
import { manifest, nativeOf, type ObjectName } from './manifest.ts'
import { idOf, Row, readableFields, recordUrl, toCustomer, toRecord } from './map.ts'
import { searchByText } from './search.ts'
import { names, soql } from './soql.ts'

const rowPath = (object: string, external_id: string): string =>
  `${DATA}${path`/sobjects/${nativeOf(object)}/${idOf(object, external_id)}`}`

export default defineDriver({
  manifest,
  refusal,

  testConnection: connectionTest,

  async lookupCustomer(ctx, { phone, email, external_id }) {
    const row = await firstMatch(
      phone && findByPhone(ctx, phone),
      email && findByEmail(ctx, email),
      external_id && findById(ctx, external_id),
    )
    return row && toCustomer(ctx, row)
  },

  async searchRecords(ctx, { object, query: text, limit }) {
    const rows = await searchByText(ctx, object as ObjectName, text, limit)
    return { matches: rows.map((row) => toRecord(ctx, object, row)) }
  },

  createRecord: create,

  findByReference: (ctx, { object, reference }) => findCreated(ctx, object, reference),

  async updateRecord(ctx, { object, external_id, fields }) {
    const body = JSON.stringify(toBody(object, fields))
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    await ctx.http.raw({ method: 'PATCH', path: rowPath(object, external_id), headers, body })
    return { updated: true, record_url: recordUrl(ctx, object, external_id) }
  },

  async listRecent(ctx, { object, since, limit }) {
    const fields = names(readableFields(ctx, object as ObjectName))
    const statement = soql`SELECT ${fields} FROM ${names([nativeOf(object)])} WHERE SystemModstamp >= ${new Date(since)} ORDER BY SystemModstamp DESC, Id DESC LIMIT ${limit}`
    return { records: (await query(ctx, statement, Row)).map((row) => toRecord(ctx, object, row)) }
  },

  async deleteRecord(ctx, { object, external_id }) {
    await ctx.http.delete(rowPath(object, external_id))
    return { deleted: true, hard_deleted: false }
  },

  async describeObject(ctx, { object }) {
    return { fields: toDescriptions(object, await describe(ctx, object), ctx.settings.reference_field) }
  },
})
