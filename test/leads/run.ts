/**
 * 1,000 leads while the CRM does not listen, then resets every connection, and the service is killed in the midst of accepting and of delivering: in the end each
 * is there once, in the order of acceptance, and so is every one that was answered.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startEmbedded } from '../../core/store/embedded.ts'
import { migrate } from '../../core/store/migrate.ts'
import { postgresDir } from '../../core/store/postgres-dir.ts'
import memorySandbox from '../../drivers/memory/sandbox.ts'
import { freePort, pause, startService } from '../faults/service.ts'
import { openOperator } from '../faults/tenants.ts'
import { faultsOf, type Handed } from './expect.ts'

const { values: args } = parseArgs({ options: { short: { type: 'boolean' } } })
const COUNT = args.short ? 150 : 1_000
const AT_ONCE = 16
const PATIENCE_MS = 300_000
const CONFIG = join(import.meta.dirname, '../faults/vorel.config.ts')

const say = (text: string) => process.stdout.write(`${text}\n`)
const dataDir = await mkdtemp(join(tmpdir(), 'vorel-leads-'))
await chmod(dataDir, 0o755)
const embedded = await startEmbedded(postgresDir({ dataDir }))
await migrate(embedded.url)
const database = new pg.Pool({ connectionString: embedded.url, max: 2 })
const [port, crmPort] = [await freePort(), await freePort()]
const start = () => startService({ config: CONFIG, dataDir, port })
let service = await start()
let kills = 0

const killed = async (): Promise<void> => {
  await service.kill('SIGKILL')
  kills += 1
  service = await start()
}

/** The tenant's API key; its CRM is there for the test of the connection alone. */
const connected = async (): Promise<string> => {
  const sandbox = await memorySandbox({ port: crmPort })
  const operator = await openOperator(CONFIG, dataDir, {})
  const entered = { ...sandbox.settings, ...sandbox.credentials }
  const { apiKey } = await operator.connect({ tenant: 'acme', slug: 'memory', object: 'lead', entered })
  await operator.close()
  await sandbox.close()
  return apiKey
}

/** Accepts every connection, and resets it once something was said. */
const resetting = async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.resetAndDestroy()))
  await new Promise<void>((resolve) => server.listen(crmPort, '127.0.0.1', resolve))
  return () => new Promise((resolve) => server.close(resolve))
}

/** Until an answer comes, with the same key. */
const handIn = async (apiKey: string, name: string): Promise<Handed> => {
  const postedAt = performance.now()
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'x-deadline-ms': '500' }
  const body = JSON.stringify({ fields: { name }, idempotency_key: name })
  for (;;) {
    const answer = await fetch(`${service.url}/v1/leads`, { method: 'POST', headers, body }).catch(() => null)
    const told = (await answer?.json().catch(() => null)) as { id?: string } | null
    if (told?.id) return { name, id: told.id, postedAt, answeredAt: performance.now() }
    await pause(100)
  }
}

const apiKey = await connected()
const handed: Handed[] = []
const names = Array.from({ length: COUNT }, (_, n) => `lead-${n}`).values()
const caller = async () => {
  for (const name of names) handed.push(await handIn(apiKey, name))
}
const reached = async (isSo: () => boolean): Promise<void> => {
  for (const begun = Date.now(); !isSo(); await pause(10))
    if (Date.now() - begun > PATIENCE_MS) throw new Error(`Nothing moved in ${PATIENCE_MS / 1000} s.`)
}
const callers = Promise.all(Array.from({ length: AT_ONCE }, caller))
await reached(() => handed.length > COUNT / 3)
say(`${handed.length} accepted while nobody listens: SIGKILL`)
await killed()
const calm = await resetting()
await callers
say(`${handed.length} accepted, the last while connections are reset`)
await pause(4_000) // for tries that are reset
await calm()
const crm = await memorySandbox({ port: crmPort, keepRequests: false })
const made = () => crm.records('lead').map(({ name }) => String(name))
await reached(() => made().length > COUNT / 3)
say(`${made().length} delivered: SIGKILL`)
await killed()
await reached(() => made().length >= COUNT)
await pause(2_000) // for a second of any
const { rows } = await database.query<{ id: string; state: string }>('select id, state from lead order by position')
const faults = faultsOf({ handed, made: made(), rows, count: COUNT })
say(`${made().length} records of ${COUNT} leads, ${kills} SIGKILLs; ${faults.length} faults`)
for (const fault of faults) say(`not ok  ${fault}`)
await service.stop()
await database.end().catch(() => undefined)
await embedded.stop()
await crm.close()
await rm(dataDir, { recursive: true, force: true })
process.exitCode = faults.length === 0 && kills === 2 ? 0 : 1
