import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { EmbeddedPostgres } from './embedded.ts'

const LOOKS = 10
const BETWEEN_LOOKS_MS = 50

/** Ends the embedded server, unless another process has come to use it: then that one does, when it leaves. */
export const leaveEmbedded = async ({ url, stop }: EmbeddedPostgres): Promise<void> => {
  if (!(await isUsedByOthers(url))) await stop()
}

/** Sessions that this process has just closed take a moment to go, so it looks again. */
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
