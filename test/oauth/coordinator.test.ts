import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import t, { type Test } from 'tap'
import { discover } from '../../core/discover.ts'
import type { AnyDriver } from '../../core/driver.ts'
import { isVorelError, type VorelError } from '../../core/errors.ts'
import { OAuthClient } from '../../core/oauth/client.ts'
import { Coordinator } from '../../core/oauth/coordinator.ts'
import { keepFresh } from '../../core/oauth/keep-fresh.ts'
import type { Renewed } from '../../core/oauth/sign-in.ts'
import type { Tokens } from '../../core/oauth/tokens.ts'
import { createSessions } from '../../core/outbound/session.ts'
import { createTransport } from '../../core/outbound/transport.ts'
import { buildRegistry } from '../../core/registry.ts'
import { AccessReader } from '../../core/store/access.ts'
import { TokenStore } from '../../core/store/tokens.ts'
import { credentialsOf, Keyring } from '../../core/vault/keyring.ts'
import lantern from '../refresh/drivers/lantern/driver.ts'
import { freshDatabase } from '../support/database.ts'

const keyring = new Keyring(Buffer.alloc(32, 'coordinator'))
const driver: AnyDriver = lantern
const OLD = Date.now() - 60_000
const tokens = (changes: Partial<Tokens> = {}): Tokens => ({
  access_token: 'first',
  refresh_token: 'refresh-1',
  expires_at: null,
  issued_at: OLD,
  ...changes,
})

interface Reply {
  status?: number
  body: unknown
}

/** One connected tenant, and a token endpoint that answers as told. */
const stage = async (t: Test, reply: (call: number) => Reply | Promise<Reply>, stored = tokens()) => {
  const pool = new pg.Pool({ connectionString: await freshDatabase(t), max: 6 })
  pool.on('error', () => undefined)
  const asked: URLSearchParams[] = []
  const server = createServer(async (request, response) => {
    asked.push(new URLSearchParams(await text(request)))
    const { status = 200, body } = await reply(asked.length)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const transport = createTransport({ allowAddresses: [] })
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    await transport.close()
    await pool.end()
  })
  const client = new OAuthClient({
    transport,
    endpoints: { lantern: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    apps: { lantern: { clientId: 'id', clientSecret: 'secret', variants: {} } },
  })
  let statements = 0
  const counting = Object.create(pool, {
    query: {
      value: (...args: Parameters<typeof pool.query>) => {
        statements += 1
        return pool.query(...args)
      },
    },
  }) as pg.Pool
  const store = new TokenStore(counting)
  const seen: string[] = []
  /** As another process has it. */
  const sessions = createSessions({ transport, endpoints: {} })
  const coordinator = () => new Coordinator({ store, keyring, client, sessions, observe: (_, outcome) => seen.push(outcome) })
  const seal = (value: Tokens, version: number) => keyring.seal(value, credentialsOf('acme', 'lantern', version))
  await pool.query("insert into tenant (id, name, region) values ('acme', 'Acme', 'US')")
  await pool.query(
    "insert into connection (id, tenant_id, provider, status, facts) values ($1, 'acme', 'lantern', 'active', '{\"kept\":\"yes\"}')",
    [randomUUID()],
  )
  await pool.query("insert into tenant_credentials (tenant_id, provider, key_id, sealed) values ('acme', 'lantern', $1, $2)", [
    keyring.currentId,
    await seal(stored, 1),
  ])
  const connection = (version = 1) => ({
    id: 'c',
    provider: 'lantern',
    version,
    tenant: { id: 'acme', region: 'US' },
    settings: {},
    credentials: { ...stored },
    facts: {},
  })
  const one = async (sql: string) => (await pool.query(sql)).rows[0]
  return { pool, statements: () => statements, store, seen, asked, coordinator, connection, seal, one }
}

const good = (call: number): Reply => ({
  body: { token_type: 'bearer', access_token: `access-${call + 1}`, refresh_token: `refresh-${call + 1}` },
})
const refused = async (asked: Promise<Renewed>): Promise<VorelError> => {
  const error = await asked.then(
    () => null,
    (error: unknown) => error,
  )
  if (isVorelError(error)) return error
  throw new Error(`not refused by an error of ours: ${error}`)
}

t.test('a renewal stores the new tokens, moves the version, and leaves one audit row without any token in it', async (t) => {
  const { coordinator, connection, asked, one, seen } = await stage(t, good)
  const renewed = await coordinator().renew(driver, connection())
  t.match(renewed, { version: 2, credentials: { access_token: 'access-2', refresh_token: 'refresh-2' } })
  t.match(Object.fromEntries(asked[0] ?? []), { grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'id' })
  const row = await one('select token_version, refresh_claim, refresh_until, sealed from tenant_credentials')
  t.match(row, { token_version: 2, refresh_claim: null, refresh_until: null })
  t.match(await keyring.open(row.sealed, credentialsOf('acme', 'lantern', 2)), {
    access_token: 'access-2',
    refresh_token: 'refresh-2',
  })
  const audit = await one(
    "select array_agg(a.action || ' ' || a.code) as rows, string_agg(a::text, ' ') as text from audit_log a",
  )
  t.strictSame(audit.rows, ['token.refreshed ok'])
  t.notMatch(audit.text, /access-|refresh-/)
  t.strictSame(seen, ['ok'])
})

t.test('an answer without a refresh token leaves the old one', async (t) => {
  const { coordinator, connection } = await stage(t, () => ({ body: { token_type: 'bearer', access_token: 'access-2' } }))
  t.match((await coordinator().renew(driver, connection())).credentials, { access_token: 'access-2', refresh_token: 'refresh-1' })
})

t.test('of many that ask at once in several processes one asks the provider, and all get its tokens', async (t) => {
  const { coordinator, connection, asked } = await stage(t, good)
  const processes = [coordinator(), coordinator(), coordinator()]
  const all = await Promise.all(processes.flatMap((one) => [1, 2, 3, 4].map(() => one.renew(driver, connection()))))
  t.equal(asked.length, 1)
  t.ok(all.every(({ version, credentials }) => version === 2 && credentials.access_token === 'access-2'))
})

t.test('a crowd within one process costs three statements', async (t) => {
  const { coordinator, connection, statements } = await stage(t, good)
  const one = coordinator()
  await Promise.all(Array.from({ length: 50 }, () => one.renew(driver, connection())))
  t.equal(statements(), 3, 'read, claim, replace')
})

t.test('what another has renewed is taken, however fresh', async (t) => {
  const { coordinator, connection, asked, pool, seal } = await stage(t, good)
  await pool.query('update tenant_credentials set token_version = 2, sealed = $1', [
    await seal(tokens({ access_token: 'theirs', issued_at: Date.now() }), 2),
  ])
  t.match(await coordinator().renew(driver, connection(1)), { version: 2, credentials: { access_token: 'theirs' } })
  t.equal(asked.length, 0)
})

t.test('a token refused right after it was given is not renewed again', async (t) => {
  const { coordinator, connection, asked } = await stage(t, good, tokens({ issued_at: Date.now() }))
  t.equal((await refused(coordinator().renew(driver, connection()))).code, 'auth_error')
  t.equal((await refused(coordinator().renew(driver, connection(0)))).code, 'auth_error', 'nor one not stored yet')
  t.equal(asked.length, 0)
})

t.test('one that has run out by the clock is renewed, however young', async (t) => {
  const { coordinator, connection } = await stage(t, good, tokens({ issued_at: Date.now() - 2, expires_at: Date.now() - 1 }))
  t.equal((await coordinator().renew(driver, connection())).version, 2)
})

t.test('a dead grant ends the connection once, with the reason, and is not asked about again', async (t) => {
  const { coordinator, connection, asked, one } = await stage(t, () => ({
    status: 400,
    body: { error: 'invalid_grant', error_description: 'inactive user' },
  }))
  const processes = [coordinator(), coordinator()]
  const errors = await Promise.all(processes.map((one) => refused(one.renew(driver, connection()))))
  for (const error of errors) t.equal(error.code, 'auth_error')
  await refused(coordinator().renew(driver, connection()))
  t.equal(asked.length, 1)
  t.match(await one('select status, status_reason from connection'), {
    status: 'reauth_required',
    status_reason: 'invalid_grant: inactive user',
  })
  t.match(await one('select count(*)::int as rows, min(action) as action, min(code) as code from audit_log'), {
    rows: 1,
    action: 'connection.reauth_required',
    code: 'invalid_grant',
  })
})

t.test('a grant that died because somebody else connected anew meanwhile ends nothing', async (t) => {
  const { coordinator, connection, pool, seal, one } = await stage(t, async () => {
    await pool.query('update tenant_credentials set token_version = 2, sealed = $1', [
      await seal(tokens({ access_token: 'anew' }), 2),
    ])
    return { status: 400, body: { error: 'invalid_grant' } }
  })
  t.match(await coordinator().renew(driver, connection()), { version: 2, credentials: { access_token: 'anew' } })
  t.match(await one('select status from connection'), { status: 'active' })
})

for (const [title, reply, code] of [
  ['asked too often', { status: 429, body: {} }, 'provider_rate_limited'],
  ["the platform's own app refused", { status: 401, body: { error: 'invalid_client' } }, 'auth_error'],
  ['a token endpoint that is down', { status: 503, body: {} }, 'provider_unavailable'],
] as const)
  t.test(`${title}: ${code}, the connection stays, and nobody asks again at once`, async (t) => {
    const { coordinator, connection, asked, one } = await stage(t, () => reply)
    t.equal((await refused(coordinator().renew(driver, connection()))).code, code)
    t.equal((await refused(coordinator().renew(driver, connection()))).code, 'provider_rate_limited', 'a pause, not a verdict')
    t.equal(asked.length, 1)
    t.match(await one('select c.status, s.refresh_claim, s.token_version from connection c, tenant_credentials s'), {
      status: 'active',
      refresh_claim: null,
      token_version: 1,
    })
    t.equal((await one('select count(*)::int as rows from audit_log')).rows, 0)
  })

t.test('a pause that is over is over, and a claim that ran out is taken over', async (t) => {
  const { coordinator, connection, pool, asked } = await stage(t, good)
  await pool.query("update tenant_credentials set refresh_claim = $1, refresh_until = now() + interval '300 ms'", [randomUUID()])
  t.equal((await coordinator().renew(driver, connection())).version, 2)
  t.equal(asked.length, 1)
})

t.test('tokens that were given are kept although the claim went to another meanwhile', async (t) => {
  const { coordinator, connection, pool, one } = await stage(t, async (call) => {
    await pool.query('update tenant_credentials set refresh_claim = $1', [randomUUID()])
    return good(call)
  })
  t.equal((await coordinator().renew(driver, connection())).version, 2)
  t.match(await one('select token_version from tenant_credentials'), { token_version: 2 })
})

t.test('tokens that are due are renewed unasked, others are not', async (t) => {
  const { coordinator, pool, store, asked, one } = await stage(t, good)
  const registry = await buildRegistry({
    found: await discover([join(import.meta.dirname, '../refresh/drivers')]),
    providers: { lantern: true },
  })
  const off = await buildRegistry({
    found: await discover([join(import.meta.dirname, '../refresh/drivers')]),
    providers: { lantern: false },
  })
  const log = { debug: () => undefined, warn: () => undefined }
  const deps = { keyring, access: new AccessReader(pool), tokens: store, coordinator: coordinator() }
  const fresh = () => keepFresh({ ...deps, registry: () => registry }, log)
  t.equal(await fresh(), 0, 'no time is set')
  await pool.query("update tenant_credentials set refresh_at = now() + interval '1 hour'")
  t.equal(await fresh(), 0, 'not due yet')
  await pool.query("update tenant_credentials set refresh_at = now() - interval '1 s'")
  await keepFresh({ ...deps, registry: () => off }, log)
  t.equal(asked.length, 0, 'its provider is off')
  t.ok(
    (await one('select refresh_at > now() as later from tenant_credentials')).later,
    'looked at later, so that it holds nobody up',
  )
  await pool.query("update tenant_credentials set refresh_at = now() - interval '1 s'")
  t.equal(await fresh(), 1)
  t.equal(asked.length, 1)
  t.match(await one('select token_version from tenant_credentials'), { token_version: 2 })
})
