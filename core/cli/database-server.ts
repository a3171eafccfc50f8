import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Config } from '../config.ts'
import { startEmbedded } from '../store/embedded.ts'
import { postgresDir } from '../store/postgres-dir.ts'
import { progress, telling } from './progress.ts'

export interface DatabaseServer {
  url: string
  /** Where the embedded server was started for this command and nobody else has come to use it, ends it. */
  leave(): Promise<void>
}

const LOOKS = 10
const BETWEEN_LOOKS_MS = 50

/** The configured database, or the embedded one: found running, else started. */
export const databaseServer = async (config: Config): Promise<DatabaseServer> => {
  if (config.databaseUrl) return { url: config.databaseUrl, leave: async () => undefined }
  const starting = startEmbedded(postgresDir(config), { onProgress: progress })
  const server = await telling('Starting the embedded database.', starting)
  const leave = async () => {
    if (!server.isAdopted && !(await isUsedByOthers(server.url))) await server.stop()
  }
  return { url: server.url, leave }
}

/** Sessions that this command has just closed take a moment to go, so it looks again. */
const isUsedByOthers = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    for (let look = 1; look <= LOOKS; look++) {
      const { rows } = await client.query<{ others: boolean }>(OTHERS)
      if (!rows[0]?.others) return false
      await sleep(BETWEEN_LOOKS_MS)
    }
    return true
  } catch {
    return false // stopped by somebody else
  } finally {
    await client.end().catch(() => undefined)
  }
}

const OTHERS = `select exists (
  select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()) as others`
