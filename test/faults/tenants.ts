import { randomUUID } from 'node:crypto'
import type { Actor, AdminDeps } from '../../core/admin/actor.ts'
import { connectTenant } from '../../core/admin/connections.ts'
import { adminDeps } from '../../core/admin/deps.ts'
import { createKey } from '../../core/admin/keys.ts'
import { ensureTenant } from '../../core/admin/tenants.ts'
import { loadConfig } from '../../core/config.ts'
import { discover } from '../../core/discover.ts'
import type { AnyDriver } from '../../core/driver.ts'
import { startSignIn } from '../../core/oauth/flow.ts'
import { finishSignIn } from '../../core/oauth/flow-finish.ts'
import { buildRegistry } from '../../core/registry.ts'
import { type Database, openDatabase } from '../../core/store/database.ts'
import { findEmbedded } from '../../core/store/embedded.ts'
import { Connection } from '../../core/store/entities.ts'
import { postgresDir } from '../../core/store/postgres-dir.ts'
import { idempotencyOf } from '../../core/verbs/idempotency.ts'
import type { Idempotency } from '../../schemas/manifest.ts'

const ACTOR: Actor = { actorType: 'system', actorId: 'faults' }

/** The database of a service that is running on `dataDir`. */
export const databaseUrlOf = async (dataDir: string): Promise<string> => {
  const url = await findEmbedded(postgresDir({ dataDir }))
  if (!url) throw new Error('The embedded database of the service is not running.')
  return url
}

/** A tenant to be, and what is entered for it. */
export interface NewTenant {
  tenant: string
  slug: string
  object: string
  entered: Record<string, string>
}

export interface ConnectedTenant {
  driver: AnyDriver
  apiKey: string
  /** What the connection can do about a lost create of the object. */
  idempotency: Idempotency
}

export interface Operator {
  connect(tenant: NewTenant): Promise<ConnectedTenant>
  close(): Promise<void>
}

/** Connects tenants as an operator would, each through its provider's own sign-in. `env` says where the providers are. */
export const openOperator = async (config: string, dataDir: string, env: Record<string, string>): Promise<Operator> => {
  const loaded = await loadConfig({ VOREL_CONFIG: config, VOREL_DATA_DIR: dataDir, ...env })
  const registry = await buildRegistry({ found: await discover(loaded.driverFolders), providers: loaded.providers })
  const database = await openDatabase({ url: await databaseUrlOf(dataDir), maxConnections: 2 })
  const { deps, close } = adminDeps(loaded, registry, database)
  return {
    connect: async (wanted) => {
      const { tenant, slug, object } = wanted
      const driver = registry.get(slug)
      await ensureTenant(deps, database, ACTOR, { id: tenant, name: tenant, region: 'US' })
      await connectAs(deps, database, driver, wanted)
      const { facts } = await database.orm.em.fork().findOneOrFail(Connection, { tenant_id: tenant })
      const { key } = await createKey(deps, database, { ...ACTOR, tenantId: tenant, scopes: ['crm:read', 'crm:write'] })
      return { driver, apiKey: key, idempotency: idempotencyOf(driver.manifest, facts, object) }
    },
    close: async () => {
      await close()
      await database.close()
    },
  }
}

const connectAs = async (deps: AdminDeps, database: Database, { manifest }: AnyDriver, { tenant, slug, entered }: NewTenant) => {
  const isInBrowser = manifest.auth.kind === 'oauth2' && manifest.auth.grant === 'authorization_code'
  if (!isInBrowser) return void (await connectTenant(deps, database, { ...ACTOR, tenantId: tenant, provider: slug, entered }))
  const { authorizeUrl } = await startSignIn(deps, database, {
    actor: ACTOR,
    tenantId: tenant,
    provider: slug,
    settings: entered,
    publicUrl: 'http://127.0.0.1',
  })
  const { headers } = await fetch(authorizeUrl, { redirect: 'manual' })
  const parameters = new URL(headers.get('location') ?? 'about:blank').searchParams
  const end = await finishSignIn(deps, database, { provider: slug, parameters, cookie: null, requestId: randomUUID() })
  if (end.code !== 'ok') throw new Error(`The sign-in of ${tenant} ended with ${end.code}: ${end.detail}`)
}
