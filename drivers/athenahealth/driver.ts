import { defineDriver } from '../../core/driver.ts'
import { book } from './booking.ts'
import { connectionTest } from './connection.ts'
import { refusal } from './faults.ts'
import { describe } from './fields.ts'
import { lookup } from './find.ts'
import { manifest } from './manifest.ts'
import { createPatient, updatePatient } from './patient.ts'
import { updateAppointment } from './rebooking.ts'
import { recentAppointments, recentPatients } from './recent.ts'
import { searchAppointments, searchPatients } from './search.ts'

/** Its pages are bound to a session: there is no link that opens a record. */
const record_url = null

export default defineDriver({
  manifest,
  refusal,

  testConnection: connectionTest,

  lookupCustomer: lookup,

  async searchRecords(ctx, input) {
    const search = input.object === 'contact' ? searchPatients : searchAppointments
    return { matches: await search(ctx, input) }
  },

  async createRecord(ctx, { object, fields }) {
    const create = object === 'contact' ? createPatient : book
    return { external_id: await create(ctx, fields), record_url }
  },

  async updateRecord(ctx, { object, external_id, fields }) {
    const update = object === 'contact' ? updatePatient : updateAppointment
    await update(ctx, external_id, fields)
    return { updated: true, record_url }
  },

  async listRecent(ctx, input) {
    const recent = input.object === 'contact' ? recentPatients : recentAppointments
    return { records: await recent(ctx, input) }
  },

  async describeObject(_ctx, { object }) {
    return { fields: describe(object) }
  },
})
