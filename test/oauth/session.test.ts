import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connectTenant } from '../../core/admin/connections.ts'
import { createKey } from '../../core/admin/keys.ts'
import { createTenant } from '../../core/admin/tenants.ts'
import { isVorelError } from '../../core/errors.ts'
import type { Sandbox } from '../../core/sandbox.ts'
import keeperSandbox, { API_KEY, PASSWORD } from '../support/drivers/keeper/sandbox.ts'
import { operatorToken, type Service, startService } from '../support/service.ts'
import { ROOT } from '../support/sources.ts'

const OPERATOR = { actorType: 'platform_operator', actorId: 'test' } as const
const DRIVERS = { driverFolders: [join(ROOT, 'test/support/drivers')] }

const stage = async (t: Test, variant?: string): Promise<{ sandbox: Sandbox; service: Service; key: string }> => {
  const sandbox = await keeperSandbox({ variant })
  t.teardown(() => sandbox.close())
  const service = await startService(t, DRIVERS)
  await createTenant(service.app.pipeline, service.app.database, OPERATOR, { id: 'acme', name: 'Acme', region: 'US' })
  const scopes = ['crm:read', 'crm:write']
  const { key } = await createKey(service.app.pipeline, service.app.database, { ...OPERATOR, tenantId: 'acme', scopes })
  return { sandbox, service, key }
}

const connect = ({ app }: Service, { settings, credentials }: Pick<Sandbox, 'settings' | 'credentials'>) => {
  const entered = { ...settings, ...credentials }
  return connectTenant(app.pipeline, app.database, { ...OPERATOR, tenantId: 'acme', provider: 'keeper', entered })
}

const lookUp = (service: Service, key: string) => service.post('/v1/crm/lookup-customer', key, { email: 'a@example.test' })
const opened = ({ requests }: Sandbox) => requests.filter(({ method, path }) => method === 'POST' && path === '/session').length

t.test('what was entered is exchanged once for a token that signs all further requests in', async (t) => {
  const { sandbox, service, key } = await stage(t)
  t.equal((await connect(service, sandbox)).account, 'member')
  for (let call = 0; call < 5; call += 1) t.equal((await lookUp(service, key)).status, 200)
  t.equal(opened(sandbox), 1)
  t.strictSame(
    [...new Set(sandbox.requests.filter(({ path }) => path === '/account').map(({ headers }) => headers.authorization))],
    ['Bearer session-1'],
  )
  t.ok(
    sandbox.requests.every(({ headers }) => headers['x-api-key'] === API_KEY),
    'the other header stays',
  )
})

t.test('the token is stored sealed, beside what was entered', async (t) => {
  const { sandbox, service } = await stage(t)
  await connect(service, sandbox)
  const { rows } = await service.app.database.pool.query(
    "select encode(sealed, 'escape') as sealed, key_id from tenant_credentials",
  )
  t.equal(rows.length, 1)
  t.notMatch(rows[0].sealed, /session-1|open sesame|keeper-api-key/)
})

t.test('a token that the provider ended is asked for once more, by one of all the calls that meet it', async (t) => {
  const { sandbox, service, key } = await stage(t)
  await connect(service, sandbox)
  await fetch(`${sandbox.url}/session`, {
    method: 'DELETE',
    headers: { 'x-api-key': API_KEY, authorization: 'Bearer session-1' },
  })
  await passTime(service)
  const answers = await Promise.all(Array.from({ length: 20 }, () => lookUp(service, key)))
  t.ok(answers.every(({ status }) => status === 200))
  t.equal(opened(sandbox), 2)
})

t.test('a token that has run out is asked for before the provider has to say so', async (t) => {
  const { sandbox, service, key } = await stage(t, '1')
  await connect(service, sandbox)
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  t.equal((await lookUp(service, key)).status, 200)
  const refused = sandbox.exchanges.filter(({ answer }) => answer.status === 401)
  t.equal(refused.length, 0)
  t.equal(opened(sandbox), 2)
})

t.test('without what is exchanged there is no session, and the other header signs in', async (t) => {
  const { sandbox, service, key } = await stage(t)
  const { user: _, ...settings } = sandbox.settings
  t.equal((await connect(service, { settings, credentials: { api_key: API_KEY } })).account, 'guest')
  t.equal((await lookUp(service, key)).status, 200)
  t.equal(opened(sandbox), 0)
  t.ok(sandbox.requests.every(({ headers }) => headers.authorization === undefined))
})

t.test('what the provider does not exchange is not stored', async (t) => {
  const { sandbox, service } = await stage(t)
  const refused = await connect(service, {
    settings: sandbox.settings,
    credentials: { api_key: API_KEY, password: 'wrong' },
  }).then(
    () => null,
    (error: unknown) => error,
  )
  t.ok(isVorelError(refused) && refused.code === 'auth_error')
  t.match(String(refused), /Nothing was stored/)
  t.notMatch(String(refused), /wrong/)
  t.equal((await service.app.database.pool.query('select from tenant_credentials')).rowCount, 0)
})

t.test('a password that no longer counts ends the connection once, with a word to the operator', async (t) => {
  const { sandbox, service, key } = await stage(t)
  await connect(service, sandbox)
  sandbox.play('unauthorized', { times: 1_000 })
  await passTime(service)
  t.match((await lookUp(service, key)).body, { code: 'auth_error' })
  const before = sandbox.requests.length
  t.match((await lookUp(service, key)).body, { code: 'connection_not_active' })
  t.equal(sandbox.requests.length, before, 'and nobody asks again')
  const shown = await service.get('/api/tenants/acme/connection', await operatorToken())
  t.match(shown.body, { status: 'reauth_required' })
  t.notMatch(JSON.stringify(shown.body), new RegExp(PASSWORD))
})

t.test('disconnecting ends the token there', async (t) => {
  const { sandbox, service } = await stage(t)
  await connect(service, sandbox)
  t.match((await service.delete('/api/tenants/acme/connection', await operatorToken())).body, { revocation: 'done' })
  t.strictSame(sandbox.records('session'), [{ token: 'session-1', until: 0 }])
})

/** Tokens given a moment ago are not renewed: this makes the stored one an older one. */
const passTime = async ({ app }: Service): Promise<void> => {
  const { pool } = app.database
  const { keyring } = app.pipeline
  const { rows } = await pool.query('select sealed, token_version from tenant_credentials')
  const belongsTo = ['credentials', 'acme', 'keeper', String(rows[0].token_version)]
  const credentials = await keyring.open<Record<string, unknown>>(rows[0].sealed, belongsTo)
  const older = await keyring.seal({ ...credentials, issued_at: Date.now() - 60_000 }, belongsTo)
  await pool.query('update tenant_credentials set sealed = $1', [older])
}
