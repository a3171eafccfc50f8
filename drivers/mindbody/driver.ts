import { defineDriver, readOf } from '../../core/driver.ts'
import { book, findBooking, updateAppointment } from './booking.ts'
import { createClient, findClient, updateClient } from './client.ts'
import { connectionTest } from './connection.ts'
import { describe } from './describe.ts'
import { refusal } from './faults.ts'
import { lookup } from './lookup.ts'
import { manifest } from './manifest.ts'
import { record_url } from './map.ts'
import { recentAppointments, recentContacts } from './recent.ts'
import { searchAppointments, searchContacts } from './search.ts'
import { closeSession, openSession } from './staff.ts'

export default defineDriver({
  manifest,
  refusal,
  openSession,
  closeSession,

  testConnection: connectionTest,
  lookupCustomer: lookup,

  async searchRecords(ctx, { object, query, phone, limit, read }) {
    const search = object === 'contact' ? searchContacts : searchAppointments
    return { matches: await search(ctx, { query, phone, limit, read: readOf({ ...(read && { read }) }, object) }) }
  },

  async createRecord(ctx, { object, fields, reference }) {
    const create = object === 'contact' ? createClient : book
    return { external_id: await create(ctx, fields, reference), record_url }
  },

  async updateRecord(ctx, { object, external_id, fields }) {
    const update = object === 'contact' ? updateClient : updateAppointment
    await update(ctx, external_id, fields)
    return { updated: true, record_url }
  },

  async listRecent(ctx, { object, since, limit, read }) {
    const recent = object === 'contact' ? recentContacts : recentAppointments
    return { records: await recent(ctx, { since, limit, read: readOf({ ...(read && { read }) }, object) }) }
  },

  async findByReference(ctx, { object, reference }) {
    const find = object === 'contact' ? findClient : findBooking
    const external_id = await find(ctx, reference)
    return external_id === null ? null : { external_id, record_url }
  },

  async describeObject(ctx, { object }) {
    return describe(ctx, object)
  },
})
