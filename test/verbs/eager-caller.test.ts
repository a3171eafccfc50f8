import t from 'tap'
import memorySandbox from '../../drivers/memory/sandbox.ts'
import { driverFolders } from '../support/driver-folders.ts'
import { startSandbox, startService } from '../support/service.ts'

const PATH = '/v1/crm/create-record'
const CREATE = { object: 'lead', fields: { name: 'Ada Lovelace' }, idempotency_key: 'k1' }
/** Longer than any of the calls. */
const LAG_MS = 1_500
const SHORT = { 'x-deadline-ms': '1000' }

const FIND = `  async findByReference({ http, settings: { url } }, { object, reference }) {
    const { rows } = await http.get(path\`/\${nativeOf(object)}\`, Type.Object({ rows: Type.Array(Type.Any()) }))
    const row = rows.find((row) => row.reference === reference)
    return row ? { external_id: String(row.id), record_url: recordUrl(url, nativeOf(object), row.id) } : null
  },

  async updateRecord(`

t.test('a caller whose calls are shorter than the search lag does not keep a lost create from being settled', async (t) => {
  const { root, add } = await driverFolders(t)
  await add(
    'slow_index',
    ['manifest.ts', "idempotency: 'native'", `idempotency: 'search',\n  searchLagMs: ${LAG_MS}`],
    ['driver.ts', '  async updateRecord(', FIND],
  )
  const sandbox = await startSandbox(t, memorySandbox)
  const service = await startService(t, { driverFolders: [root] })
  const key = await service.tenant('acme', { provider: 'slow_index', sandbox })
  sandbox.play('reset_after', { on: 'write' })
  t.match(await service.post(PATH, key, CREATE, SHORT), { status: 504, body: { code: 'outcome_unknown' } })

  let answer = await service.post(PATH, key, CREATE, SHORT)
  for (const begun = Date.now(); answer.status !== 201 && Date.now() - begun < 20_000; ) {
    t.match(answer, { status: 409, body: { code: 'idempotency_in_progress' } }, 'nobody takes it over in vain')
    await new Promise((resolve) => setTimeout(resolve, 50))
    answer = await service.post(PATH, key, CREATE, SHORT)
  }
  t.match(answer, { status: 201, body: { external_id: '1' } })
  t.equal(sandbox.writes().length, 1, 'found, and not sent again')
})
