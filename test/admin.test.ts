import t from 'tap'
import { connectTenant } from '../core/admin/connections.ts'
import { startSandbox, startService } from './support/service.ts'

const OPERATOR = { actorType: 'platform_operator', actorId: 'test', tenantId: 'acme', provider: 'memory' } as const

t.test('a connection is stored only where its test passes', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  await service.tenant('acme')
  const connect = (entered: Record<string, string>) =>
    connectTenant(service.app.pipeline, service.app.database, { ...OPERATOR, entered })
  const good = { ...sandbox.settings, ...sandbox.credentials }

  await t.rejects(connect({ ...good, api_key: 'wrong' }), { code: 'auth_error' })
  await t.rejects(connect({ ...good, colour: 'red' }), { code: 'invalid_request', message: /colour.*url, api_key/ })
  await t.rejects(connect(sandbox.settings), { code: 'invalid_request', message: /api_key/ })
  await t.rejects(connect({ ...good, url: 'ftp://crm.example.com' }), { code: 'invalid_request', message: /https/ })
  await t.rejects(connect({ ...good, url: 'https://me:secret@crm.example.com' }), {
    code: 'invalid_request',
    message: /user name or password/,
  })
  await t.rejects(connect({ ...good, url: 'https://169.254.169.254/' }), { code: 'invalid_request' })
  await t.rejects(connect({ ...good, url: 'nowhere' }), { code: 'invalid_request', message: /URL/ })
  const { pool } = service.app.database
  t.equal((await pool.query('select 1 from connection')).rowCount, 0)
  t.equal((await pool.query('select 1 from tenant_credentials')).rowCount, 0)

  t.match(await connect(good), { ok: true, account: 'In-memory sandbox' })
  t.match((await pool.query('select status, settings from connection')).rows, [{ status: 'active', settings: sandbox.settings }])
  const before = (await pool.query('select sealed, token_version from tenant_credentials')).rows[0]
  await connect(good)
  const after = (await pool.query('select sealed, token_version from tenant_credentials')).rows[0]
  t.equal(after.token_version, before.token_version + 1)
  t.notOk(after.sealed.equals(before.sealed), 'sealed anew')
  const { rows } = await pool.query("select phase, code from audit_log where action = 'connection.activated' order by seq")
  t.match(rows, [
    { phase: 'intent' },
    { code: 'auth_error' },
    { phase: 'intent' },
    { code: 'ok' },
    { phase: 'intent' },
    { code: 'ok' },
  ])
})
