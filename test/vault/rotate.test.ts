import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import t, { type Test } from 'tap'
import { AuditLog } from '../../core/store/audit.ts'
import { assertKeys } from '../../core/vault/inventory.ts'
import { MasterKey, type VaultKey } from '../../core/vault/key.ts'
import { credentialsOf, Keyring, payloadOf, responseOf, signInOf } from '../../core/vault/keyring.ts'
import { type Rotation, rotate } from '../../core/vault/rotate.ts'
import { SEALED } from '../../core/vault/sealed-columns.ts'
import { keyStatus } from '../../core/vault/status.ts'
import { freshDatabase } from '../support/database.ts'
import { startSandbox, startService } from '../support/service.ts'

const [first, second] = [randomBytes(32), randomBytes(32)]
const before = new Keyring(first)
const after = new Keyring(second, [first])
const actor = { actorType: 'platform_operator', actorId: 'test' } as const

/** A database with values of the first key. */
const stage = async (t: Test, url?: string) => {
  const pool = new pg.Pool({ connectionString: url ?? (await freshDatabase(t)), max: 3 })
  t.teardown(() => pool.end())
  pool.on('error', () => undefined)
  const run = (keyring = after, patienceMs = 0): Promise<Rotation> =>
    rotate({ pool, keyring, audit: new AuditLog(pool) }, actor, { patienceMs, onProgress: () => undefined })
  const one = async (text: string) => (await pool.query(text)).rows[0]
  return { pool, run, one }
}

const credentials = async (pool: pg.Pool, tenants: number) => {
  for (let n = 0; n < tenants; n += 1) {
    const id = `t${n}`
    await pool.query("insert into tenant (id, name, region) values ($1, $1, 'US')", [id])
    const sealed = await before.seal({ api_key: id }, credentialsOf(id, 'memory', 1))
    await pool.query("insert into tenant_credentials (tenant_id, provider, key_id, sealed) values ($1, 'memory', $2, $3)", [
      id,
      before.currentId,
      sealed,
    ])
  }
}

const operation = async (pool: pg.Pool, key: string, state: string, updated: string) => {
  const payload = await before.seal({ key }, payloadOf('t0', key))
  await pool.query(
    `insert into crm_operation (tenant_id, idempotency_key, fingerprint, reference, provider, object, state, lease_until, payload, updated_at)
     values ('t0', $1, 'f', 'r', 'memory', 'lead', $2, now() + interval '1 hour', $3, now() - $4::interval)`,
    [key, state, payload, updated],
  )
}

t.test('every value of every table comes under the new key, opens as before, and the old key may be removed', async (t) => {
  const { pool, run, one } = await stage(t)
  await credentials(pool, 450)
  await operation(pool, 'waits', 'sent', '1 hour')
  const id = randomUUID()
  await pool.query(
    `insert into oauth_flow (id, tenant_id, provider, state_hash, sealed, actor_type, actor_id, expires_at)
     values ($1, 't0', 'memory', decode(repeat('ab', 32), 'hex'), $2, 'system', 'x', now())`,
    [id, await before.seal({ verifier: 'v' }, signInOf('t0', 'memory', id))],
  )
  const status = () => keyStatus(pool, after).then((keys) => keys.find(({ id }) => id === before.currentId))
  t.match(await status(), { role: 'opens', values: 452, mayBeRemoved: false, tables: { 'tenant_credentials.sealed': 450 } })
  await t.rejects(assertKeys(pool, new Keyring(second)), {
    message: new RegExp(`${before.currentId} is not configured.*450 in tenant_credentials.sealed`),
  })
  t.match(await run(), { resealed: 452, left: [], failed: null, keyId: after.currentId })
  t.match(await status(), { values: 0, mayBeRemoved: true })
  await assertKeys(pool, new Keyring(second))
  const alone = new Keyring(second)
  const { rows } = await pool.query('select tenant_id, key_id, sealed from tenant_credentials')
  t.equal(rows.length, 450)
  for (const { tenant_id, key_id, sealed } of rows) {
    const opened = await alone.open<{ api_key: string }>(sealed, credentialsOf(tenant_id, 'memory', 1))
    if (opened.api_key !== tenant_id || key_id !== alone.currentId) t.fail(`${tenant_id} is not as it was`)
  }
  t.same(await alone.open((await one('select payload from crm_operation')).payload, payloadOf('t0', 'waits')), { key: 'waits' })
  t.same(await alone.open((await one('select sealed from oauth_flow')).sealed, signInOf('t0', 'memory', id)), { verifier: 'v' })
  const audit = await pool.query(
    "select phase, code, fields, actor_id from audit_log where action = 'vault.rotated' order by seq",
  )
  t.match(audit.rows, [{ phase: 'intent' }, { phase: 'outcome', code: 'ok', fields: ['resealed:452', 'left:0'] }])
  t.match(await run(), { resealed: 0, left: [] }, 'again: nothing to do')
})

t.test('a token that is renewed while its row is sealed anew stays renewed', async (t) => {
  const { pool, run, one } = await stage(t)
  await credentials(pool, 1)
  const renewed = await before.seal({ access_token: 'renewed' }, credentialsOf('t0', 'memory', 2))
  let isRenewed = false
  const slow = new MasterKey(second)
  const meanwhile: VaultKey = {
    id: slow.id,
    mode: 'master',
    open: (sealed, belongsTo) => slow.open(sealed, belongsTo),
    seal: async (plain, belongsTo) => {
      if (!isRenewed) await pool.query('update tenant_credentials set sealed = $1, token_version = 2', [renewed])
      isRenewed = true
      return slow.seal(plain, belongsTo)
    },
  }
  t.match(await run(new Keyring(meanwhile, [first])), { left: [{ count: 1 }] }, 'the walk passed it over')
  t.ok((await one('select sealed from tenant_credentials')).sealed.equals(renewed))
  t.match(await run(), { resealed: 1, left: [] })
  const { sealed } = await one('select sealed from tenant_credentials')
  t.same(await after.open(sealed, credentialsOf('t0', 'memory', 2)), { access_token: 'renewed' })
})

t.test('creates under way, and rows that somebody has locked, are left to a later walk', async (t) => {
  const { pool, run, one } = await stage(t)
  await credentials(pool, 2)
  await operation(pool, 'under-way', 'claimed', '1 second')
  const locker = await pool.connect()
  await locker.query('begin')
  await locker.query("select from tenant_credentials where tenant_id = 't0' for update")
  t.match(await run(), {
    resealed: 1,
    left: [
      { table: 'tenant_credentials', count: 1 },
      { column: 'payload', count: 1 },
    ],
  })
  await locker.query('rollback')
  locker.release()
  const done = run(after, 20_000)
  await pool.query("update crm_operation set state = 'done', payload = null, response = $1", [
    await before.seal({ external_id: '1' }, responseOf('t0', 'under-way')),
  ])
  t.match(await done, { left: [] })
  t.same(await after.open((await one('select response from crm_operation')).response, responseOf('t0', 'under-way')), {
    external_id: '1',
  })
})

t.test('a damaged value is told, is left as it is, and does not go round for ever', async (t) => {
  const { pool, run, one } = await stage(t)
  await credentials(pool, 3)
  await pool.query("update tenant_credentials set sealed = sealed || 'x'::bytea where tenant_id = 't1'")
  const was = (await one("select sealed from tenant_credentials where tenant_id = 't1'")).sealed
  t.match(await run(after, 60_000), { resealed: 2, left: [{ count: 1 }], failed: { count: 1 } })
  t.ok((await one("select sealed from tenant_credentials where tenant_id = 't1'")).sealed.equals(was))
})

t.test('a process that seals with the old key is named, and keeps the key; without a key in use none starts', async (t) => {
  const databaseUrl = await freshDatabase(t)
  const { pool, run } = await stage(t, databaseUrl)
  const service = await startService(t, { databaseUrl, encryptionKey: first, olderEncryptionKeys: [second] })
  const key = await service.tenant('acme', { sandbox: await startSandbox(t) })
  const create = { object: 'lead', fields: { name: 'Ada' }, idempotency_key: 'one' }
  t.equal((await service.post('/v1/crm/create-record', key, create)).status, 201)
  const done = await run()
  t.match(done, { left: [], behind: [{ keyId: before.currentId, processes: [new RegExp(`^${process.pid}@`)] }] })
  t.match(await keyStatus(pool, after), [{ role: 'current' }, { mayBeRemoved: false, advice: /processes/ }])
  t.match((await service.post('/v1/crm/create-record', key, create)).headers.get('idempotent-replayed'), 'true')
  await t.rejects(startService(t, { databaseUrl, encryptionKey: randomBytes(32) }), {
    message: new RegExp(`${after.currentId} is not configured.*tenant_credentials.sealed`),
  })
})

t.test('every column of a name that is used for sealed values is in the list, with an index on its keys', async (t) => {
  const { pool } = await stage(t)
  const listed = SEALED.flatMap(({ table, columns }) => columns.map(({ name }) => `${table}.${name}`))
  const names = [...new Set(SEALED.flatMap(({ columns }) => columns.map(({ name }) => name)))]
  const { rows } = await pool.query(
    `select table_name || '.' || column_name as name from information_schema.columns
     where table_schema = 'public' and data_type = 'bytea' and column_name = any($1)`,
    [names],
  )
  t.same(rows.map(({ name }) => name).sort(), listed.sort())
  const indexes = await pool.query("select indexname from pg_indexes where schemaname = 'public'")
  const known = indexes.rows.map(({ indexname }) => indexname)
  const large = SEALED.filter(({ table }) => table !== 'service_secret')
  for (const { table, columns } of large) for (const { name } of columns) t.ok(known.includes(`${table}_${name}_key`), table)
})
