import Type from 'typebox'
import { defineDriver, firstMatch, orNull, path, type Query, readOf, samePhone } from '../../core/driver.ts'
import { manifest } from './manifest.ts'
import { Columns, Row, Rows, recordOf, recordUrl } from './map.ts'

const nativeOf = (object: string): string => manifest.objects[object as keyof typeof manifest.objects].native

export default defineDriver({
  manifest,

  async testConnection({ http }) {
    const { account } = await http.get('/account', Type.Object({ account: Type.String() }))
    return { ok: true, account }
  },

  async lookupCustomer({ http, settings: { url }, tenant: { region } }, input) {
    const { phone, email, external_id } = input
    const toRecord = recordOf(url, 'contact', 'contacts', readOf(input, 'contact'))
    const find = async (query: Query) => (await http.get('/contacts', Rows, query)).rows.sort((a, b) => a.id - b.id).map(toRecord)
    const byPhone = async (e164: string) =>
      (await find({ phone: e164 })).filter((record) => samePhone(record.phone ?? '', e164, region))
    return firstMatch({
      phone: phone && byPhone(phone),
      email: email && find({ email }),
      external_id: external_id && orNull(http.get(path`/contacts/${external_id}`, Row).then(toRecord)),
    })
  },

  async searchRecords({ http, settings: { url } }, { object, query, phone, limit, read }) {
    const { rows } = await http.get(path`/${nativeOf(object)}`, Rows, phone ? { phone, limit } : { q: query, limit })
    return { matches: rows.map(recordOf(url, object, nativeOf(object), readOf({ read }, object))) }
  },

  async createRecord({ http, settings: { url } }, { object, fields, reference }) {
    const { id } = await http.put(path`/${nativeOf(object)}/by-reference/${reference}`, Row, fields)
    return { external_id: String(id), record_url: recordUrl(url, nativeOf(object), id) }
  },

  async updateRecord({ http, settings: { url } }, { object, external_id, fields }) {
    const { id } = await http.patch(path`/${nativeOf(object)}/${external_id}`, Row, fields)
    return { updated: true, record_url: recordUrl(url, nativeOf(object), id) }
  },

  async listRecent({ http, settings: { url } }, { object, since, limit, read }) {
    const { rows } = await http.get(path`/${nativeOf(object)}`, Rows, { since: Math.floor(Date.parse(since) / 1000), limit })
    return { records: rows.map(recordOf(url, object, nativeOf(object), readOf({ read }, object))) }
  },

  async deleteRecord({ http }, { object, external_id }) {
    await http.delete(path`/${nativeOf(object)}/${external_id}`)
    return { deleted: true, hard_deleted: true }
  },

  async describeObject({ http }, { object }) {
    const { columns } = await http.get(path`/${nativeOf(object)}/columns`, Columns)
    return {
      fields: columns.map(({ name, title, type, required, read_only, custom, choices }) => ({
        name,
        label: title,
        type,
        required,
        writable: !read_only,
        custom,
        ...(choices && { options: choices.map(({ value, title }) => ({ value, label: title })) }),
      })),
    }
  },
})
