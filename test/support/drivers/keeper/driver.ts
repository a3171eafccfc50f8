import Type from 'typebox'
import { defineDriver } from '../../../../core/driver.ts'
import { manifest } from './manifest.ts'

const Session = Type.Object({ token: Type.String(), until: Type.Union([Type.String(), Type.Null()]) })
const Account = Type.Object({ as: Type.String() })
const uncalled = () => Promise.reject(new Error('No other verb is called here'))

export default defineDriver({
  manifest,
  async openSession({ http, settings, credentials }) {
    const { token, until } = await http.post('/session', Session, { user: settings.user, password: credentials.password })
    return { access_token: token, expires_at: until }
  },
  async closeSession({ http }) {
    await http.delete('/session')
  },
  async testConnection({ http, credentials }) {
    if ('access_token' in credentials) return { ok: false, reason: 'A driver was given a token.' }
    return { ok: true, account: (await http.get('/account', Account)).as }
  },
  lookupCustomer: async ({ http }) => {
    await http.get('/account', Account)
    return null
  },
  searchRecords: uncalled,
  createRecord: uncalled,
  updateRecord: uncalled,
  listRecent: uncalled,
})
