import { type Config, ConfigError, loadConfig } from '../config.ts'
import type { Registry } from '../registry.ts'
import { hasCluster } from '../store/cluster.ts'
import type { Database } from '../store/database.ts'
import { pendingMigrations } from '../store/migrate.ts'
import { postgresDir } from '../store/postgres-dir.ts'
import { checkCredentials } from './check-credentials.ts'
import { checkMappings } from './check-mappings.ts'
import { checkRedis } from './check-redis.ts'
import { checkSignIns } from './check-sign-ins.ts'
import { checkTokens } from './check-tokens.ts'
import { failureOf } from './fail.ts'
import { readRegistry } from './registry.ts'
import { withDatabase } from './session.ts'

/** One thing that was looked at. */
export interface Finding {
  subject: 'config' | 'database' | 'schema' | 'redis' | 'credentials' | 'tokens' | 'drivers' | 'sign-ins' | 'mappings'
  isFine: boolean
  detail: string
  /** How to mend what is wrong. */
  remedy?: string
}

/** Looks at everything that a start needs; where the configuration itself is wrong, at nothing beyond it. */
export const findings = async (): Promise<Finding[]> => {
  try {
    const config = await loadConfig()
    const [stored, redis, tokens, drivers] = await Promise.all([
      checkStored(config),
      checkRedis(config),
      checkTokens(config),
      checkDrivers(config),
    ])
    return [configured(config), ...stored, redis, tokens, ...drivers]
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map((detail) => ({ subject: 'config', isFine: false, detail }))
    throw error
  }
}

const configured = ({ file, mode }: Config): Finding => ({ subject: 'config', isFine: true, detail: `${mode}, ${file}` })

const checkStored = async (config: Config): Promise<Finding[]> => {
  const subject = 'database'
  const isEmbedded = config.databaseUrl === null
  try {
    if (isEmbedded && !(await hasCluster(postgresDir(config))))
      return [{ subject, isFine: true, detail: 'embedded; the first start makes it' }]
    return await withDatabase(config, async (database) => {
      const detail = `${isEmbedded ? 'embedded' : 'configured'}; answers`
      return [{ subject, isFine: true, detail }, ...(await checkContents(config, database))]
    })
  } catch (error) {
    return [{ subject, isFine: false, detail: failureOf(error).message }]
  }
}

const checkContents = async (config: Config, database: Database): Promise<Finding[]> => {
  const pending = await pendingMigrations(database)
  const schema: Finding = { subject: 'schema', isFine: true, detail: 'up to date' }
  if (pending.length === 0) return [schema, ...(await checkCredentials(config, database)), ...(await checkMappings(database))]
  const detail = `not applied yet: ${pending.join(', ')}`
  return [{ ...schema, isFine: false, detail, remedy: 'Run vorel migrate, or start the service, which does it.' }]
}

const checkDrivers = async (config: Config): Promise<Finding[]> => {
  const registry = await readRegistry(config)
  const subject = 'drivers'
  const refused = registry.refusals().map(({ folder, field, reason, remedy }) => ({
    subject,
    isFine: false,
    detail: `${folder}: ${field} ${reason}`,
    remedy,
  })) satisfies Finding[]
  const on = registry.list().filter(({ state }) => state === 'on')
  const fine: Finding = { subject, isFine: on.length > 0, detail: `on: ${on.map(({ slug }) => slug).join(', ') || 'none'}` }
  if (on.length === 0) fine.remedy = 'Switch one on in vorel.config.ts, under providers.'
  return [fine, ...refused, ...checkDemo(config, registry), ...checkSignIns(config, registry)]
}

const checkDemo = ({ demoProvider, file }: Config, registry: Registry): Finding[] => {
  if (!demoProvider || registry.loaded(demoProvider)?.driver) return []
  const detail = `the demo's provider '${demoProvider}' is not on`
  return [{ subject: 'drivers', isFine: false, detail, remedy: `Switch it on in ${file}, name another, or set demo: false.` }]
}
