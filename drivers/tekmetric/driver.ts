import { defineDriver, readOf, VorelError } from '../../core/driver.ts'
import { book, findBooked, updateAppointment } from './appointment.ts'
import { connectionTest } from './connection.ts'
import { createCustomer, updateCustomer } from './customer.ts'
import { describe } from './fields.ts'
import { lookup } from './find.ts'
import { manifest } from './manifest.ts'
import { recordOf, urlOf } from './map.ts'
import { notCreatable, updateOrder } from './order.ts'
import { recent } from './recent.ts'
import { refusal } from './refusal.ts'
import { search } from './search.ts'
import { openSession } from './sign-in.ts'

export default defineDriver({
  manifest,
  refusal,
  openSession,

  testConnection: connectionTest,
  lookupCustomer: lookup,

  async searchRecords(ctx, input) {
    return { matches: (await search(ctx, input)).map(recordOf(ctx, input.object, readOf(input, input.object))) }
  },

  async createRecord(ctx, { object, fields, reference }) {
    if (object === 'repair_order') throw notCreatable()
    const external_id = await (object === 'contact' ? createCustomer(ctx, fields) : book(ctx, fields, reference))
    return { external_id, record_url: urlOf(ctx, object, external_id) }
  },

  async updateRecord(ctx, { object, external_id, fields }) {
    const update = { contact: updateCustomer, repair_order: updateOrder, appointment: updateAppointment }[object]
    await update?.(ctx, external_id, fields)
    return { updated: true, record_url: urlOf(ctx, object, external_id) }
  },

  async listRecent(ctx, input) {
    return { records: (await recent(ctx, input)).map(recordOf(ctx, input.object, readOf(input, input.object))) }
  },

  async describeObject(_ctx, { object }) {
    return { fields: describe(object) }
  },

  async findByReference(ctx, { object, reference }) {
    if (object !== 'appointment') throw new VorelError('internal', 'Only appointments are marked by what they were made for.')
    const external_id = await findBooked(ctx, reference)
    return external_id === null ? null : { external_id, record_url: urlOf(ctx, object, external_id) }
  },
})
