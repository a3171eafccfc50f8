import { createHash, randomUUID } from 'node:crypto'
import t from 'tap'
import { AccessReader } from '../../core/store/access.ts'
import { stored } from './rows.ts'

const hashOf = (key: string) => createHash('sha256').update(key).digest()

const prepared = async (t: Parameters<typeof stored>[0]) => {
  const [pool] = await stored(t)
  const addKey = (id: string, tenant: string, scopes: string[]) =>
    pool.query('insert into api_key (id, tenant_id, prefix, hash, scopes) values ($1, $2, $3, $4, $5)', [
      id,
      tenant,
      'vk_',
      hashOf(id),
      scopes,
    ])
  await addKey('key_acme', 'acme', ['crm:read', 'crm:write'])
  await addKey('key_other', 'other', ['leads:write'])
  const id = randomUUID()
  await pool.query(
    `insert into connection (id, tenant_id, provider, status, settings, facts, on_unmapped, mapping_version)
     values ($1, 'acme', 'memory', 'active', '{"url":"https://crm.example"}', '{"version":"19"}', 'skip', 3)`,
    [id],
  )
  await pool.query(
    "insert into tenant_credentials (tenant_id, provider, key_id, sealed, token_version) values ('acme', 'memory', 'k', '\\x0102ff', 7)",
  )
  return { pool, id, reader: new AccessReader(pool) }
}

t.test('a key gives its tenant, scopes and the whole connection in one read', async (t) => {
  const { id, reader } = await prepared(t)
  t.same(await reader.byKeyHash(hashOf('key_acme')), {
    tenant: { id: 'acme', region: 'US' },
    apiKey: { id: 'key_acme', scopes: ['crm:read', 'crm:write'] },
    connection: {
      id,
      provider: 'memory',
      status: 'active',
      settings: { url: 'https://crm.example' },
      facts: { version: '19' },
      onUnmapped: 'skip',
      mappingVersion: 3,
      sealed: Buffer.from([1, 2, 255]),
      tokenVersion: 7,
    },
  })
})

t.test('a tenant is found by its id, with no key and perhaps no connection', async (t) => {
  const { reader } = await prepared(t)
  t.match(await reader.byTenant('acme'), { apiKey: null, connection: { provider: 'memory' } })
  t.same(await reader.byTenant('other'), { tenant: { id: 'other', region: 'AE' }, apiKey: null, connection: null })
  t.equal(await reader.byTenant('nobody'), null)
})

t.test('unknown keys are nobody, and so are keys of odd length', async (t) => {
  const { reader } = await prepared(t)
  for (const hash of [hashOf('nope'), Buffer.alloc(0), Buffer.alloc(32), hashOf('key_acme').subarray(0, 31)])
    t.equal(await reader.byKeyHash(hash), null)
})

t.test('a hundred askers at once get each their own answer', async (t) => {
  const { reader } = await prepared(t)
  const wanted = Array.from({ length: 100 }, (_, n) => ['key_acme', 'key_other', `none_${n}`][n % 3] ?? '')
  const answers = await Promise.all(wanted.map((key) => reader.byKeyHash(hashOf(key))))
  t.same(
    answers.map((answer) => answer?.apiKey?.id ?? null),
    wanted.map((key) => (key.startsWith('key_') ? key : null)),
  )
})

t.test('a revoked key, a replaced credential and a changed status count from the next request on', async (t) => {
  const { pool, reader } = await prepared(t)
  const ask = () => reader.byKeyHash(hashOf('key_acme'))
  t.equal((await ask())?.connection?.tokenVersion, 7)
  await pool.query("update tenant_credentials set sealed = '\\x03', token_version = 8")
  t.match(await ask(), { connection: { tokenVersion: 8, sealed: Buffer.of(3) } })
  await pool.query("update connection set status = 'disconnected'")
  t.equal((await ask())?.connection?.status, 'disconnected')
  await pool.query("update api_key set revoked_at = now() where id = 'key_acme'")
  t.equal(await ask(), null)
  t.equal((await reader.byKeyHash(hashOf('key_other')))?.apiKey?.id, 'key_other')
})

t.test("the credentials are those of the connection's provider", async (t) => {
  const { pool, reader } = await prepared(t)
  await pool.query(
    "insert into tenant_credentials (tenant_id, provider, key_id, sealed, token_version) values ('acme', 'odoo', 'k', '\\xaa', 1)",
  )
  t.match(await reader.byTenant('acme'), { connection: { sealed: Buffer.from([1, 2, 255]), tokenVersion: 7 } })
  await pool.query("update connection set provider = 'zoho'")
  t.match(await reader.byTenant('acme'), { connection: { sealed: null, tokenVersion: 0 } })
})
