import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connectTenant } from '../../core/admin/connections.ts'
import { discover } from '../../core/discover.ts'
import { buildRegistry } from '../../core/registry.ts'
import { manifest } from '../../drivers/opentable/manifest.ts'
import { CommandLine, openFolder } from '../cli/command.ts'
import { serve } from '../outbound/listeners.ts'
import { driverFolders } from '../support/driver-folders.ts'
import { operatorToken, startSandbox, startService, token } from '../support/service.ts'
import { ROOT } from '../support/sources.ts'

const OWN = join(ROOT, 'drivers')
const CONNECTION = '/api/tenants/acme/connection'
const FORMS: [name: string, settings: Record<string, string>, credentials: Record<string, string>][] = [
  ['an empty form', {}, {}],
  ['what a partner has', { rid: '1038007' }, { client_id: 'partner', client_secret: 'hush-hush' }],
]

/** The whole service with one tenant, and a listener in the place of every host that two providers have. */
const open = async (t: Test) => {
  let requests = 0
  const endpoint = await serve(t, (_, response) => {
    requests += 1
    response.writeHead(500).end()
  })
  const origin = new URL(endpoint).origin
  const service = await startService(t, { endpoints: { opentable: origin, tekmetric: origin } })
  await service.tenant('acme')
  const { pool } = service.app.database
  const stored = async () => {
    const tables = ['connection', 'tenant_credentials', 'oauth_flow']
    const counts = tables.map((table) => pool.query(`select count(*)::int as rows from ${table}`))
    return (await Promise.all(counts)).map(({ rows }) => rows[0].rows)
  }
  return { service, stored, requests: () => requests, operator: await operatorToken() }
}

t.test('it is listed as reserved, with a reason that says what to do instead', async (t) => {
  const { service } = await open(t)
  const listed = service.app.pipeline
    .registry()
    .list()
    .find(({ slug }) => slug === 'opentable')
  t.match(listed, { state: 'reserved', refusals: [], manifest: { reservedReason: manifest.reservedReason } })
  t.match(manifest.reservedReason, /partner agreement required/)
  t.match(manifest.reservedReason, /custom_webhook/)
})

t.test('it cannot be connected: refused with the reason, nothing stored, nobody called', async (t) => {
  const { service, stored, requests, operator } = await open(t)
  const before = await stored()
  for (const [name, settings, credentials] of FORMS) {
    const answer = await service.post(CONNECTION, operator, { provider: 'opentable', settings, credentials })
    t.match(answer, { status: 409, body: { code: 'provider_reserved', detail: manifest.reservedReason } }, name)
    const { pipeline, database } = service.app
    const actor = { actorType: 'platform_operator', actorId: 'test' } as const
    const asked = { ...actor, tenantId: 'acme', provider: 'opentable', entered: { ...settings, ...credentials } }
    await t.rejects(
      connectTenant(pipeline, database, asked),
      { code: 'provider_reserved', message: manifest.reservedReason },
      name,
    )
  }
  t.strictSame(await stored(), before)
  t.match(await service.get(CONNECTION, operator), { status: 409, body: { code: 'not_connected' } })
  t.equal(requests(), 0)
  const settings = { shop_id: '1', environment: 'sandbox' }
  await service.post(CONNECTION, operator, { provider: 'tekmetric', settings, credentials: { api_key: 'a:b' } })
  t.not(requests(), 0, 'the listener would have told of a request')
})

t.test('a connection that a driver of that name left behind reaches nobody', async (t) => {
  const { service, requests } = await open(t)
  await service.tenant('bistro', { sandbox: await startSandbox(t) })
  for (const table of ['connection', 'tenant_credentials'])
    await service.app.database.pool.query(`update ${table} set provider = 'opentable' where tenant_id = 'bistro'`)
  const agent = await token({ tenant_id: 'bistro', conversation_id: 'c1' })
  const asked = await service.post('/api/tools/crm_lookup_customer', agent, { email: 'ada@example.test' })
  t.match(asked, { status: 409, body: { code: 'provider_reserved', detail: manifest.reservedReason } })
  t.equal(requests(), 0)
})

t.test('a folder of that name elsewhere is refused, in whatever order the folders stand', async (t) => {
  const { root, add } = await driverFolders(t)
  const folder = await add('opentable')
  for (const roots of [
    [OWN, root],
    [root, OWN],
  ]) {
    const registry = await buildRegistry({ found: await discover(roots), providers: {} })
    t.match(
      registry.list().find(({ slug }) => slug === 'opentable'),
      { state: 'reserved', folder: join(OWN, 'opentable') },
    )
    const refusals = registry.refusals().filter(({ slug }) => slug === 'opentable')
    t.match(refusals, [{ folder, field: 'slug', reason: /reserved by/, remedy: /another name/ }])
    t.throws(() => registry.get('opentable'), { code: 'provider_reserved', message: manifest.reservedReason })
  }
})

t.test('the command line lists it with the reason, and starts no sandbox of it', async (t) => {
  const vorel = new CommandLine({ VOREL_DATA_DIR: await openFolder(t) })
  const [text, json, sandbox] = await Promise.all([
    vorel.run(['drivers', 'list']),
    vorel.run(['drivers', 'list', '--json']),
    vorel.run(['sandbox', 'opentable']),
  ])
  t.match(text.stdout, /^opentable +OpenTable +.*reserved/m)
  t.match(text.stdout, manifest.reservedReason)
  const listed = JSON.parse(json.stdout).find(({ slug }: { slug: string }) => slug === 'opentable')
  t.match(listed, { state: 'reserved', objects: [] })
  t.ok(Object.values(listed).includes(manifest.reservedReason))
  t.match(sandbox, { code: 1, stderr: /opentable has no sandbox/ })
})
