import pg from 'pg'
import type { Actor, AdminDeps } from '../admin/actor.ts'
import { adminDeps } from '../admin/deps.ts'
import { Sealer } from '../audit/sealer.ts'
import { sinkAt } from '../audit/sink.ts'
import { type Config, loadConfig } from '../config.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { migrateDatabase } from '../store/migrate.ts'
import { readSwitches } from '../switches/store.ts'
import { SigningKey } from '../vault/signing-key.ts'
import { cliActor } from './actor.ts'
import { type DatabaseServer, databaseServer } from './database-server.ts'
import { CliError } from './fail.ts'
import { progress, telling } from './progress.ts'
import { readRegistry } from './registry.ts'

const CONNECT_MS = 5_000

/** What the commands act with; the same as the running service has, whether one runs or not. */
export interface Session {
  config: Config
  database: Database
  deps: AdminDeps
  actor: Actor
}

/** What a command works with: one tenant and its provider, a provider that it is to have, or no provider at all. */
export interface Scope {
  tenantId?: string
  provider?: string
}

/** Opens the database with its schema up to date, runs, and closes all that it opened, also when a signal ends it. */
export const withSession = async <T>(scope: Scope, run: (session: Session) => Promise<T>): Promise<T> => {
  const config = await loadConfig()
  return withDatabase(config, async (database) => {
    await migrateDatabase(database)
    const needed = await providersOf(database, scope)
    const registry = await readRegistry(config, (slug) => needed.includes(slug), await readSwitches(database.pool))
    const { deps, close } = await adminDeps(config, registry, database)
    try {
      return await run({ config, database, deps, actor: cliActor() })
    } finally {
      await sealed(config, database)
      await close()
    }
  })
}

/** What the command wrote is sealed also where no service runs; one that does may be at it already. */
const sealed = async ({ signingKey, auditSink }: Config, { pool }: Database): Promise<void> => {
  const sink = auditSink === 'stdout' ? null : sinkAt(auditSink) // stdout is the command's own
  const sealer = new Sealer({ pool, key: new SigningKey(signingKey), sink, log: { error: (_, message) => progress(message) } })
  await sealer.drain().catch(() => undefined) // the service's next second does it
}

/** Drivers are imported only where they are needed: most of what a command takes is their code. */
const providersOf = async ({ pool }: Database, { tenantId, provider }: Scope): Promise<string[]> => {
  if (tenantId === undefined) return provider === undefined ? [] : [provider]
  const { rows } = await pool.query<{ provider: string }>('select provider from connection where tenant_id = $1', [tenantId])
  return [...rows.map((row) => row.provider), ...(provider === undefined ? [] : [provider])]
}

/** The configured or embedded database, its schema as it is. */
export const withDatabase = async <T>(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  run: (database: Database) => Promise<T>,
): Promise<T> => {
  const server = await databaseServer(config)
  let database: Database | undefined
  let closing: Promise<void> | undefined
  const close = () => (closing ??= closeAll(database, server))
  const release = onSignal(close)
  try {
    database = await opened(server.url)
    return await run(database)
  } finally {
    release()
    await close()
  }
}

const closeAll = async (database: Database | undefined, server: DatabaseServer): Promise<void> => {
  await database?.close()
  await server.leave()
}

/** What ends a command early closes the same things. */
const onSignal = (close: () => Promise<void>): (() => void) => {
  const end = (_: NodeJS.Signals, number: number) => void close().finally(() => process.exit(128 + number))
  process.once('SIGINT', end).once('SIGTERM', end)
  return () => void process.off('SIGINT', end).off('SIGTERM', end)
}

const opened = async (url: string): Promise<Database> => {
  await telling('Connecting to the database.', assertReachable(url))
  const database = await openDatabase({ url, maxConnections: 3 })
  database.pool.on('error', () => undefined) // the statement that meets it tells
  return database
}

const assertReachable = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    throw new CliError(unreachable(url, error), 'database_unavailable')
  } finally {
    await client.end().catch(() => undefined)
  }
}

const unreachable = (url: string, error: unknown): string => {
  const { hostname, port, pathname } = new URL(url)
  const { code = '', message = '' } = error as { code?: string; message?: string }
  return `The database ${pathname.slice(1)} at ${hostname}:${port || 5432} cannot be used (${code || message}). Start it, or correct DATABASE_URL.`
}
