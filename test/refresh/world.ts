import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { AdminDeps } from '../../core/admin/actor.ts'
import { adminDeps } from '../../core/admin/deps.ts'
import { createKey } from '../../core/admin/keys.ts'
import { createTenant } from '../../core/admin/tenants.ts'
import { loadConfig } from '../../core/config.ts'
import { discover } from '../../core/discover.ts'
import { buildRegistry } from '../../core/registry.ts'
import { type Database, openDatabase } from '../../core/store/database.ts'
import { startEmbedded } from '../../core/store/embedded.ts'
import { migrateDatabase } from '../../core/store/migrate.ts'
import { postgresDir } from '../../core/store/postgres-dir.ts'
import { runningServer } from '../../core/store/postmaster.ts'
import { credentialsOf } from '../../core/vault/keyring.ts'
import { freePort, type Service, startService } from '../faults/service.ts'
import { signInAt } from '../support/sign-in.ts'
import { type Provider, startProvider } from './provider.ts'

const CONFIG = join(import.meta.dirname, 'vorel.config.ts')
const ACTOR = { actorType: 'system', actorId: 'refresh' } as const
/** Tokens that are not fresh any more: one refused is renewed at once. */
const AGE_MS = 60_000

export interface WorldOptions {
  processes: number
  rotates?: boolean
  redisUrl?: string
}

export interface Stored {
  status: string
  reason: string | null
  version: number
  sealed: Buffer
  rotatedAt: Date
  refreshed: number
  reauths: number
}

export interface Answer {
  status: number
  code: string
  ms: number
}

/** Processes of the service on one database, a provider, and tenants connected to it. */
export interface World {
  provider: Provider
  services: Service[]
  db: pg.Client
  /** Holds a tenant's tokens against the service, until released or the database ends. */
  holdTokens(tenantId: string): Promise<() => Promise<void>>
  /** A connected tenant; gives its API key. */
  tenant(id: string): Promise<string>
  /** A lookup; status 0 where the line dropped. */
  call(service: Service, key: string): Promise<Answer>
  stored(tenantId: string): Promise<Stored>
  restart(index: number): Promise<Service>
  /** The database ends as in a crash and starts again. */
  crashDatabase(): Promise<void>
  end(): Promise<void>
}

const STORED = `select c.status, c.status_reason as reason, s.token_version as version, s.sealed, s.rotated_at as "rotatedAt",
    (select count(*)::int from audit_log where tenant_id = $1 and action = 'token.refreshed') as refreshed,
    (select count(*)::int from audit_log where tenant_id = $1 and action = 'connection.reauth_required') as reauths
  from connection c join tenant_credentials s on s.tenant_id = c.tenant_id and s.provider = c.provider where c.tenant_id = $1`

export const openWorld = async ({ processes, rotates = true, redisUrl }: WorldOptions): Promise<World> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'vorel-refresh-'))
  await chmod(dataDir, 0o755) // PostgreSQL runs as another user where we are root
  const provider = await startProvider({ rotates })
  const embedded = await startEmbedded(postgresDir({ dataDir }), { settings: { fsync: 'on', max_connections: '200' } })
  const env = {
    VOREL_ENDPOINT_LANTERN: provider.sandbox.url,
    VOREL_OAUTH_LANTERN_CLIENT_ID: provider.server.client.id,
    VOREL_OAUTH_LANTERN_CLIENT_SECRET: provider.server.client.secret,
    LOG_LEVEL: 'error',
    ...(redisUrl && { REDIS_URL: redisUrl }),
  }
  const config = await loadConfig({ VOREL_CONFIG: CONFIG, VOREL_DATA_DIR: dataDir, ...env })
  const registry = await buildRegistry({ found: await discover(config.driverFolders), providers: config.providers })
  const database = await openDatabase({ url: embedded.url, maxConnections: 3 })
  database.pool.on('error', () => undefined)
  await migrateDatabase(database)
  const { deps, close } = await adminDeps(config, registry, database)
  const start = async () => startService({ config: CONFIG, dataDir, port: await freePort(), env })
  const services = await Promise.all(Array.from({ length: processes }, start)).catch(async (error: unknown) => {
    await embedded.stop()
    throw error
  })
  let db = await client(embedded.url)
  return {
    provider,
    services,
    get db() {
      return db
    },
    holdTokens: async (tenantId) => {
      const holder = await client(embedded.url)
      await holder.query('begin')
      await holder.query('select from tenant_credentials where tenant_id = $1 for update', [tenantId])
      return () => holder.end().catch(() => undefined)
    },
    tenant: (id) => connectedTenant(deps, database, id),
    call,
    stored: async (tenantId) => {
      const { rows } = await db.query<Stored>(STORED, [tenantId])
      return rows[0] as Stored
    },
    restart: async (index) => {
      services[index] = await start()
      return services[index]
    },
    crashDatabase: async () => {
      const server = await runningServer(postgresDir({ dataDir }))
      if (server) process.kill(server.pid, 'SIGQUIT')
      await db.end().catch(() => undefined)
      await startEmbedded(postgresDir({ dataDir }), { settings: { max_connections: '200' } })
      db = await client(embedded.url)
    },
    end: async () => {
      provider.open()
      await Promise.all(services.map((service) => service.stop()))
      await db.end().catch(() => undefined)
      await close()
      await database.close()
      await provider.sandbox.close()
      await embedded.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

const client = async (connectionString: string): Promise<pg.Client> => {
  const connected = new pg.Client({ connectionString, application_name: 'refresh-test' })
  connected.on('error', () => undefined)
  await connected.connect()
  return connected
}

const connectedTenant = async (deps: AdminDeps, database: Database, id: string): Promise<string> => {
  await createTenant(deps, database, ACTOR, { id, name: id, region: 'US' })
  const { tokens } = await signInAt(deps.oauth, deps.registry().get('lantern'), {})
  const sealed = await deps.keyring.seal({ ...tokens, issued_at: tokens.issued_at - AGE_MS }, credentialsOf(id, 'lantern', 1))
  await database.pool.query("insert into connection (id, tenant_id, provider, status) values ($1, $2, 'lantern', 'active')", [
    randomUUID(),
    id,
  ])
  await database.pool.query(
    "insert into tenant_credentials (tenant_id, provider, key_id, sealed, rotated_at) values ($1, 'lantern', $2, $3, now() - interval '1 minute')",
    [id, deps.keyring.currentId, sealed],
  )
  return (await createKey(deps, database, { ...ACTOR, tenantId: id, scopes: ['crm:read'] })).key
}

const call: World['call'] = async ({ url }, key) => {
  const begun = performance.now()
  try {
    const answer = await fetch(`${url}/v1/crm/lookup-customer`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.test' }),
      signal: AbortSignal.timeout(30_000),
    })
    const body = (await answer.json()) as { code?: string }
    return { status: answer.status, code: body.code ?? 'ok', ms: performance.now() - begun }
  } catch {
    return { status: 0, code: 'no answer', ms: performance.now() - begun }
  }
}
