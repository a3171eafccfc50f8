import Type from 'typebox'
import { type DriverContext, type Manifest, path } from '../../core/driver.ts'
import type { CreateRecordInput, FindByReferenceInput } from '../../schemas/verbs.ts'

/** How long the provider of these tests keeps a new record from its search, and how long the manifest says. */
export const SEARCH_HIDES_MS = 300
const SEARCH_LAG_MS = 500

const Row = Type.Object({ id: Type.Integer() })
const Rows = Type.Object({ rows: Type.Array(Row) })

/** Three drivers of one provider: they differ in what they can do about a lost answer, and in nothing else. */
type Of<C> = Omit<Manifest, 'idempotency' | 'capabilities'> & {
  idempotency: C
  capabilities: { supportsDelete: false; deletesPermanently: false; supportsDescribe: false; supportsAssociate: false }
}

export const manifestOf = <const C extends Manifest['idempotency']>(idempotency: C): Of<C> => ({
  slug: `${idempotency}_class`,
  name: `Provider of class ${idempotency}`,
  docsUrl: 'https://example.com/',
  contractVersion: 1,
  status: 'available',
  auth: { kind: 'form', fields: Type.Object({ url: Type.String() }) },
  baseUrl: '{url}',
  capabilities: { supportsDelete: false, deletesPermanently: false, supportsDescribe: false, supportsAssociate: false },
  objects: { lead: { native: 'leads', fields: { name: { field: 'name', type: 'string' } } } },
  hosts: 'tenant',
  limits: {},
  idempotency,
  ...(idempotency === 'search' && { searchLagMs: SEARCH_LAG_MS }),
})

type Context = Pick<DriverContext, 'http'>

const created = ({ id }: { id: number }) => ({ external_id: String(id), record_url: `https://provider.example/leads/${id}` })

export const createNamed = async ({ http }: Context, { fields, reference }: CreateRecordInput) =>
  created(await http.put(path`/leads/by-reference/${reference}`, Row, fields))

export const createAgain = async ({ http }: Context, { fields, reference }: CreateRecordInput) =>
  created(await http.post('/leads', Row, { ...fields, reference }))

export const findByReference = async ({ http }: Context, { reference }: FindByReferenceInput) => {
  const [row] = (await http.get('/leads', Rows, { reference })).rows
  return row ? created(row) : null
}

const nothing = async () => {
  throw new Error('These drivers create, and no more.')
}

export const otherVerbs = {
  testConnection: async () => ({ ok: true }) as const,
  lookupCustomer: nothing,
  searchRecords: nothing,
  updateRecord: nothing,
  listRecent: nothing,
}
