import { type Database, openDatabase } from './database.ts'

/** Every process that starts may call this: a lock lets one at a time through. */
const LOCK = 0x766f7265

/** Brings the schema up to date; gives the names of what was applied. */
export const migrate = async (url: string): Promise<string[]> => {
  const database = await openDatabase({ url, maxConnections: 3 })
  try {
    return await migrateDatabase(database)
  } finally {
    await database.close()
  }
}

export const migrateDatabase = async ({ orm, pool }: Pick<Database, 'orm' | 'pool'>): Promise<string[]> => {
  const guard = await pool.connect()
  try {
    await guard.query('select pg_advisory_lock($1)', [LOCK])
    const applied = await orm.migrator.up()
    return applied.map(({ name }) => name)
  } finally {
    await guard.query('select pg_advisory_unlock($1)', [LOCK])
    guard.release()
  }
}

/** What `migrate` would apply. */
export const pendingMigrations = async ({ orm }: Pick<Database, 'orm'>): Promise<string[]> =>
  (await orm.migrator.getPending()).map(({ name }) => name)
