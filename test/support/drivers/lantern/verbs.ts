import Type from 'typebox'
import { type DriverContext, path } from '../../../../core/driver.ts'
import type { TestConnectionOutput } from '../../../../schemas/verbs.ts'

const Shop = Type.Object({ name: Type.String(), is_open: Type.Boolean() })
const uncalled = () => Promise.reject(new Error('No other verb is called here'))

export const verbs = {
  async testConnection({
    http,
    settings,
  }: Pick<DriverContext, 'http'> & { settings: { shop: string } }): Promise<TestConnectionOutput> {
    const { name, is_open } = await http.get(path`/shops/${settings.shop}`, Shop)
    return is_open ? { ok: true, account: name, facts: { plan: 'gold' } } : { ok: false, reason: 'The shop is closed.' }
  },
  lookupCustomer: async () => null,
  searchRecords: uncalled,
  createRecord: uncalled,
  updateRecord: uncalled,
  listRecent: uncalled,
}
