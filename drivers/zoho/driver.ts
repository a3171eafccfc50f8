import { defineDriver, firstMatch, path, readOf, VorelError } from '../../core/driver.ts'
import { select, write } from './answer.ts'
import { rowsWith } from './columns.ts'
import { connectionTest } from './connection.ts'
import { create, referenceFieldOf, triggerOf } from './create.ts'
import { refusal } from './faults.ts'
import { askFields, layoutIn, toDescriptions } from './fields.ts'
import { findByEmail, findById, findByPhone, isId, rowsById } from './find.ts'
import { manifest, moduleOf } from './manifest.ts'
import { byId, type Row, Rows, recordUrl, toRecord } from './map.ts'
import { selectFrom, since } from './query.ts'
import { searchRows } from './search.ts'
import { refuseOddNames, toMoment, toWrite } from './values.ts'

const FIRST_CREDIT = 200 // rows that one credit buys, and more than a call may ask

const missing = () => new VorelError('record_not_found', 'Zoho has no such record: its ids are numbers.')

export default defineDriver({
  manifest,
  refusal,

  testConnection: connectionTest,

  lookupCustomer: (ctx, input) =>
    firstMatch({
      phone: input.phone && findByPhone(ctx, input, input.phone),
      email: input.email && findByEmail(ctx, input, input.email),
      external_id: input.external_id && findById(ctx, input, input.external_id),
    }),

  async searchRecords(ctx, input) {
    const of = { object: input.object, read: readOf(input, input.object) }
    const rows = await searchRows(ctx, of, input)
    return { matches: rows.slice(0, input.limit).map(toRecord(ctx, of)) }
  },

  async createRecord(ctx, input) {
    const external_id = await create(ctx, input)
    return { external_id, record_url: recordUrl(ctx, input.object, external_id) }
  },

  async updateRecord(ctx, { object, external_id, fields }) {
    refuseOddNames(fields, referenceFieldOf(ctx))
    if (!isId(external_id)) throw missing()
    const body = { data: [toWrite(layoutIn(ctx, object), fields)], trigger: triggerOf(ctx) }
    await write(ctx, { method: 'PUT', path: path`/${moduleOf(object)}/${external_id}`, body })
    return { updated: true, record_url: recordUrl(ctx, object, external_id) }
  },

  async listRecent(ctx, { object, since: from, limit, read }) {
    const of = { object, read: readOf({ read }, object) }
    // Within a second Zoho keeps no order: more than asked for, and cut after sorting.
    const tail = `order by Modified_Time desc limit ${Math.max(limit, FIRST_CREDIT)}`
    const rows = await rowsWith(ctx, of, async (columns) => {
      const statement = selectFrom(moduleOf(object), columns, since(toMoment(from)), tail)
      return newest((await select(ctx, statement, Rows))?.data ?? [], limit)
    })
    return { records: rows.map(toRecord(ctx, of)) }
  },

  async deleteRecord(ctx, { object, external_id }) {
    if (!isId(external_id)) throw missing()
    const query = triggerOf(ctx).length ? undefined : { wf_trigger: false }
    try {
      await write(ctx, { method: 'DELETE', path: path`/${moduleOf(object)}/${external_id}`, ...(query && { query }) })
    } catch (error) {
      if (!(error instanceof VorelError) || error.code !== 'record_not_found') throw error
      if ((await rowsById(ctx, { object, read: [] }, external_id)).length) throw kept() // Zoho says the same of records that it keeps
      throw error
    }
    return { deleted: true, hard_deleted: false }
  },

  async describeObject(ctx, { object }) {
    const fields = toDescriptions(await askFields(ctx, object))
    return { fields: fields.filter(({ name }) => name !== referenceFieldOf(ctx)) }
  },
})

const newest = (rows: Row[], limit: number): Row[] => {
  const time = ({ Modified_Time }: Row) => Date.parse(Modified_Time ?? '')
  return rows.sort((a, b) => time(b) - time(a) || byId(b, a)).slice(0, limit)
}

const kept = () =>
  new VorelError(
    'delete_unsupported',
    'Zoho does not let this record be deleted. Look there for what holds it: a lock, an approval or a rule.',
  )
