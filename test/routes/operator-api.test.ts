import t from 'tap'
import { operatorToken, type Service, startSandbox, startService } from '../support/service.ts'

const service = await startService(t)
const sandbox = await startSandbox(t)
const operator = await operatorToken()
const key = await service.tenant('acme', { sandbox })
const send = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
  const type = body && { 'content-type': 'application/json' }
  const options = { method, headers: { authorization: `Bearer ${operator}`, ...type, ...headers } }
  const response = await fetch(service.url + path, { ...options, ...(body && { body: JSON.stringify(body) }) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text.startsWith('{') ? JSON.parse(text) : text }
}
const lastAudit = async (action: string) =>
  (
    await service.app.database.pool.query(
      "select actor_type, actor_id, tenant_id, provider, code from audit_log where action = $1 and phase = 'outcome' order by seq desc limit 1",
      [action],
    )
  ).rows[0]
const lookup = ({ post }: Service) => post('/v1/crm/lookup-customer', key, { email: 'ada@example.test' })
const by = { actor_type: 'platform_operator', actor_id: 'ada' }

t.test('each route is for operators alone', async (t) => {
  const paths = [
    '/api/providers',
    '/api/providers/memory/plan?on=false',
    '/api/tenants',
    '/api/tenants/acme',
    '/api/tenants/acme/keys',
    '/api/audit',
  ]
  for (const path of paths) {
    t.equal((await service.get(path)).status, 401, path)
    t.equal((await service.get(path, key)).status, 401, `${path} with an API key`)
    t.equal((await send('GET', path)).status, 200, `${path} with an operator's token`)
  }
  const writes: [string, string, object?][] = [
    ['POST', '/api/providers/memory/switch', { on: false }],
    ['POST', '/api/tenants', { id: 'beta' }],
    ['PATCH', '/api/tenants/acme', { name: 'A' }],
    ['POST', '/api/tenants/acme/keys', { scopes: ['crm:read'] }],
    ['DELETE', '/api/tenants/acme/keys/key_00'],
    ['POST', '/api/tenants/acme/connection/test', {}],
  ]
  for (const [method, path, body] of writes)
    t.equal((await send(method, path, body, { authorization: `Bearer ${key}` })).status, 401, `${method} ${path}`)
})

t.test('providers are listed with their form, planned, and switched off and on', async (t) => {
  const { body } = await send('GET', '/api/providers')
  const memory = body.providers.find(({ provider }: { provider: string }) => provider === 'memory')
  t.match(memory, { state: 'on', status: 'example', in_file: null, switched: null, tenant_count: 1, version: /^[0-9a-f]{16}$/ })
  t.match(memory, { objects: ['contact'], capabilities: { supportsDelete: true }, auth: { kind: 'form', secrets: ['api_key'] } })
  t.match(memory.auth.form, { type: 'object', properties: { api_key: { type: 'string' } } })
  t.match(await send('GET', '/api/providers/memory/plan?on=false'), {
    body: { now: 'on', after: 'off', tenants: [{ id: 'acme' }], tenant_count: 1, in_flight: 0 },
  })
  t.match((await send('GET', '/api/providers/memory/plan?on=maybe')).status, 400)
  t.match(await send('POST', '/api/providers/memory/switch', { on: false }), { status: 200, body: { state: 'off' } })
  t.match(await lookup(service), { status: 409, body: { code: 'provider_disabled' } })
  const off = (await send('GET', '/api/providers')).body.providers
  t.match(
    off.find(({ provider }: { provider: string }) => provider === 'memory'),
    { state: 'off', switched: { is_on: false, changed_by: 'ada' } },
  )
  t.match(await lastAudit('provider.switched_off'), { ...by, provider: 'memory', code: 'ok' })
  t.match(await send('POST', '/api/providers/memory/switch', { on: true }), { status: 200, body: { state: 'on' } })
  t.equal((await lookup(service)).status, 200)
  t.match(await send('POST', '/api/providers/nobody/switch', { on: true }), { status: 404, body: { code: 'not_found' } })
})

t.test('tenants are made, renamed, filtered and read by pages', async (t) => {
  t.match(await send('POST', '/api/tenants', { id: 'beta', name: 'Beta 100%_', region: 'AE' }), {
    status: 201,
    body: { region: 'AE' },
  })
  t.match(await lastAudit('tenant.created'), { ...by, tenant_id: 'beta', code: 'ok' })
  t.equal((await send('POST', '/api/tenants', { id: 'beta' })).status, 400, 'not twice')
  t.match(await send('PATCH', '/api/tenants/beta', { name: 'Gamma' }), { status: 200, body: { id: 'beta', name: 'Gamma' } })
  t.match(await lastAudit('tenant.renamed'), { ...by, tenant_id: 'beta', code: 'ok' })
  t.match(await send('GET', '/api/tenants/beta'), { body: { id: 'beta', name: 'Gamma', region: 'AE' } })
  t.equal((await send('GET', '/api/tenants/nobody')).status, 400)
  const found = async (query: string) =>
    (await send('GET', `/api/tenants?${query}`)).body.tenants.map(({ id }: { id: string }) => id)
  t.same(await found('search=GAMM'), ['beta'])
  t.same(await found('search=%25'), [], 'a percent sign is no pattern')
  t.same(await found('status=none'), ['beta'])
  t.same(await found('status=active&provider=memory'), ['acme'])
  t.same(await found('provider=other'), [])
  const first = (await send('GET', '/api/tenants?limit=1')).body
  t.match(first, { tenants: [{ id: 'acme', provider: 'memory', status: 'active' }], next: 'acme' })
  t.match((await send('GET', `/api/tenants?limit=1&after=${first.next}`)).body, { tenants: [{ id: 'beta' }], next: null })
})

t.test('API keys are made, shown once, listed without it, and revoked', async (t) => {
  const made = await send('POST', '/api/tenants/acme/keys', { scopes: ['crm:read'] })
  t.match(made, { status: 201, body: { key: /^vk_/, scopes: ['crm:read'] } })
  t.equal(made.headers.get('cache-control'), 'no-store')
  t.match(await lastAudit('api_key.created'), { ...by, tenant_id: 'acme' })
  const listed = await send('GET', '/api/tenants/acme/keys')
  t.match(listed.body.keys.at(-1), { id: made.body.id, created_at: /Z$/, revoked_at: null })
  t.notOk(listed.text.includes(made.body.key))
  t.equal((await send('POST', '/api/tenants/acme/keys', { scopes: ['all'] })).status, 400)
  await send('POST', '/api/tenants', { id: 'other' })
  t.equal((await send('DELETE', `/api/tenants/other/keys/${made.body.id}`)).status, 400, "not by another tenant's path")
  t.equal((await send('DELETE', `/api/tenants/acme/keys/${made.body.id}`)).status, 200)
  t.equal((await service.post('/v1/crm/lookup-customer', made.body.key, { email: 'a@b.test' })).status, 401)
  t.match(await lastAudit('api_key.revoked'), { ...by, tenant_id: 'acme' })
})

t.test('a connection is tested as stored and as a form, and neither changes what is stored', async (t) => {
  const stored = async () =>
    (await service.app.database.pool.query('select * from connection natural join tenant_credentials order by tenant_id')).rows
  const before = await stored()
  const test = (body: object) => send('POST', '/api/tenants/acme/connection/test', body)
  t.match(await test({}), { status: 200, body: { ok: true } })
  t.match(await lastAudit('connection.tested'), { ...by, tenant_id: 'acme', provider: 'memory', code: 'ok' })
  const form = { provider: 'memory', settings: sandbox.settings, credentials: sandbox.credentials }
  t.match(await test(form), { status: 200, body: { ok: true } })
  const refused = await test({ ...form, credentials: { api_key: 'a-wrong-key-canary' } })
  t.match(refused, { status: 200, body: { ok: false, reason: /.+/ } })
  t.notOk(refused.text.includes('canary'))
  t.match(await lastAudit('connection.tested'), { code: 'auth_error' })
  t.match(await test({ provider: 'memory' }), { status: 400, body: { code: 'invalid_request' } })
  t.match(await test({ settings: {} }), { status: 400, body: { detail: /needs its provider/ } })
  t.match(await test({ provider: 'hubspot' }), { status: 400, body: { detail: /sign-in/ } })
  sandbox.play('unauthorized', { times: 3 })
  t.match(await test({}), { status: 200, body: { ok: false } })
  sandbox.calm()
  t.same(await stored(), before)
})

t.test('a connection tells the age of its credentials, what failed lately, and what is left of its budget here', async (t) => {
  sandbox.play('unauthorized', { times: 3 })
  const failed = await lookup(service)
  t.equal(failed.status, 424)
  sandbox.calm()
  const { body } = await send('GET', '/api/tenants/acme/connection')
  t.match(body, { provider: 'memory', token: { rotated_at: /Z$/, expires_at: null, refresh_due_at: null } })
  const requestId = failed.headers.get('x-request-id')
  t.match(body.recent_errors[0], { verb: 'lookup_customer', code: 'auth_error', request_id: requestId, at: /Z$/ })
  t.ok(body.recent_errors.every(({ code }: { code: string }) => code !== 'ok'))
  t.match(body.budget_left, { process: service.app.drivers.processId, running: 0, waiting: 0, concurrency: Number })
})

t.test('the audit log is filtered, paged, and streamed as CSV', async (t) => {
  const all = (await send('GET', '/api/audit?tenant=acme&action=connection.tested')).body
  t.ok(all.rows.length > 4)
  t.ok(
    all.rows.every(
      (row: { tenant_id: string; action: string }) => row.tenant_id === 'acme' && row.action === 'connection.tested',
    ),
  )
  const first = (await send('GET', '/api/audit?tenant=acme&action=connection.tested&limit=2')).body
  const second = (await send('GET', `/api/audit?tenant=acme&action=connection.tested&limit=2&before=${first.next}`)).body
  t.same([...first.rows, ...second.rows], all.rows.slice(0, 4), 'page by page, nothing twice and nothing left out')
  t.match((await send('GET', '/api/audit?code=auth_error&actor_type=api_key')).body.rows, [{ action: 'lookup_customer' }])
  t.same((await send('GET', '/api/audit?to=2020-01-01T00:00:00Z')).body, { rows: [], next: null })
  t.equal((await send('GET', '/api/audit?from=yesterday')).status, 400)
  const csv = await send('GET', '/api/audit?tenant=acme&action=connection.tested', undefined, { accept: 'text/csv' })
  t.match(csv.headers.get('content-type'), /^text\/csv/)
  const lines = csv.text.trimEnd().split('\r\n')
  t.equal(lines.length, all.rows.length + 1)
  t.match(lines[1], new RegExp(`^${all.rows[0].seq},`))
})
