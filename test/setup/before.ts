import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { stopServer } from '../../core/store/cluster.ts'
import { startEmbedded } from '../../core/store/embedded.ts'
import { migrate } from '../../core/store/migrate.ts'
import { POSTGRES_DIR, RUN_DIR, RUN_FILE, type Run, TEMPLATE } from './run.ts'

const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  max_wal_size: '512MB',
}

await removeAbandoned()
await mkdir(RUN_DIR)
await chmod(RUN_DIR, 0o755)
const { url } = await startEmbedded(POSTGRES_DIR, { settings })
await makeTemplate(url)
await writeFile(RUN_FILE, JSON.stringify({ url } satisfies Run), { mode: 0o600 })

async function makeTemplate(url: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query(`create database ${TEMPLATE}`)
  await admin.end()
  const template = new URL(url)
  template.pathname = `/${TEMPLATE}`
  await migrate(template.href)
}

/** A run that was killed left its server behind. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const runner = Number(/^vorel-test-(\d+)$/.exec(name)?.[1])
    if (!runner || (isAlive(runner) && runner !== process.ppid)) continue
    await stopServer(join(tmpdir(), name, 'postgres'))
    await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
