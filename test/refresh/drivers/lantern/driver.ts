import Type from 'typebox'
import { defineDriver, VorelError } from '../../../../core/driver.ts'
import { manifest } from './manifest.ts'

const People = Type.Object({ people: Type.Array(Type.Object({ id: Type.String() })) })
const unused = () => Promise.reject(new VorelError('object_unsupported', 'Lantern is only looked up.'))

export default defineDriver({
  manifest,
  testConnection: async () => ({ ok: true }),
  lookupCustomer: async ({ http }, { email }) => {
    const { people } = await http.get('/people', People, { email })
    const [person] = people
    if (!person) return null
    const nothing = { name: null, email: null, phone: null, record_url: null, created_at: null, updated_at: null }
    return { matched_by: 'email', customers: [{ object: 'contact', external_id: person.id, ...nothing }] }
  },
  searchRecords: unused,
  createRecord: unused,
  updateRecord: unused,
  listRecent: unused,
})
