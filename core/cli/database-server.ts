import type { Config } from '../config.ts'
import { startEmbedded } from '../store/embedded.ts'
import { leaveEmbedded } from '../store/leave.ts'
import { postgresDir } from '../store/postgres-dir.ts'
import { progress, telling } from './progress.ts'

export interface DatabaseServer {
  url: string
  /** Ends the embedded server where it was started for this command and nobody else has come to use it. */
  leave(): Promise<void>
}

/** The configured database, or the embedded one: found running, else started. */
export const databaseServer = async (config: Pick<Config, 'databaseUrl' | 'dataDir'>): Promise<DatabaseServer> => {
  if (config.databaseUrl) return { url: config.databaseUrl, leave: async () => undefined }
  const starting = startEmbedded(postgresDir(config), { onProgress: progress })
  const server = await telling('Starting the embedded database.', starting)
  return { url: server.url, leave: async () => (server.isAdopted ? undefined : leaveEmbedded(server)) }
}
