import type { Actor } from '../../core/admin/actor.ts'
import { adminDeps } from '../../core/admin/deps.ts'
import { createKey } from '../../core/admin/keys.ts'
import { ensureTenant } from '../../core/admin/tenants.ts'
import { loadConfig } from '../../core/config.ts'
import { discover } from '../../core/discover.ts'
import type { AnyDriver } from '../../core/driver.ts'
import { buildRegistry } from '../../core/registry.ts'
import { openDatabase } from '../../core/store/database.ts'
import { findEmbedded } from '../../core/store/embedded.ts'
import { Connection } from '../../core/store/entities.ts'
import { postgresDir } from '../../core/store/postgres-dir.ts'
import { idempotencyOf } from '../../core/verbs/idempotency.ts'
import type { Idempotency } from '../../schemas/manifest.ts'
import { connectAs } from '../support/connect-as.ts'

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
  const { deps, close } = await adminDeps(loaded, registry, database)
  return {
    connect: async (wanted) => {
      const { tenant, slug, object } = wanted
      const driver = registry.get(slug)
      await ensureTenant(deps, database, ACTOR, { id: tenant, name: tenant, region: 'US' })
      await connectAs(deps, database, driver, { ...ACTOR, tenantId: tenant, entered: wanted.entered })
      const { facts } = await database.orm.em.fork().findOneOrFail(Connection, { tenant_id: tenant })
      const { key } = await createKey(deps, database, {
        ...ACTOR,
        tenantId: tenant,
        scopes: ['crm:read', 'crm:write', 'leads:write'],
      })
      return { driver, apiKey: key, idempotency: idempotencyOf(driver.manifest, facts, object) }
    },
    close: async () => {
      await close()
      await database.close()
    },
  }
}
