import { connectTenant } from '../../core/admin/connections.ts'
import { adminDeps } from '../../core/admin/deps.ts'
import { createKey } from '../../core/admin/keys.ts'
import { ensureTenant } from '../../core/admin/tenants.ts'
import { loadConfig } from '../../core/config.ts'
import { discover } from '../../core/discover.ts'
import { buildRegistry } from '../../core/registry.ts'
import { openDatabase } from '../../core/store/database.ts'
import { findEmbedded } from '../../core/store/embedded.ts'
import { postgresDir } from '../../core/store/postgres-dir.ts'

export const CLASSES = ['native', 'search', 'none'] as const
export type IdempotencyClass = (typeof CLASSES)[number]

/** The database of a service that is running on `dataDir`. */
export const databaseUrlOf = async (dataDir: string): Promise<string> => {
  const url = await findEmbedded(postgresDir({ dataDir }))
  if (!url) throw new Error('The embedded database of the service is not running.')
  return url
}

/** One tenant for each class, connected to the provider; gives their API keys. */
export const connectTenants = async (
  config: string,
  dataDir: string,
  providerUrl: string,
): Promise<Record<IdempotencyClass, string>> => {
  const loaded = await loadConfig({ VOREL_CONFIG: config, VOREL_DATA_DIR: dataDir })
  const registry = await buildRegistry({ found: await discover(loaded.driverFolders), providers: loaded.providers })
  const database = await openDatabase({ url: await databaseUrlOf(dataDir), maxConnections: 2 })
  const { deps, close } = adminDeps(loaded, registry, database)
  const actor = { actorType: 'system', actorId: 'faults' } as const
  const keyOf = async (name: IdempotencyClass): Promise<string> => {
    await ensureTenant(deps, database, actor, { id: name, name, region: 'US' })
    await connectTenant(deps, database, { ...actor, tenantId: name, provider: `${name}_class`, entered: { url: providerUrl } })
    return (await createKey(deps, database, { ...actor, tenantId: name, scopes: ['crm:read', 'crm:write'] })).key
  }
  try {
    return { native: await keyOf('native'), search: await keyOf('search'), none: await keyOf('none') }
  } finally {
    await close()
    await database.close()
  }
}
