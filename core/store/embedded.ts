import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { createCluster, hasCluster, lastWords, logOf, startServer, stopServer } from './cluster.ts'
import { removeForeignLock, runningServer } from './postmaster.ts'
import { readServerFile, writeServerFile } from './server-file.ts'

export interface EmbeddedPostgres {
  url: string
  /** It was running already: another process started it, or a service that was killed left it behind. */
  isAdopted: boolean
  /** Ends it for everybody who uses it. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  onProgress?: (line: string) => void
  settings?: Record<string, string>
}

/** Reachable from this machine alone, and silent about the statements that fail: they may hold a person's data. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  log_min_messages: 'log',
  log_checkpoints: 'off',
}

const ATTEMPTS = 5
const STARTING_MS = 60_000
const SILENT_MS = 5_000

/** Starts, or finds running, the cluster under `dir` (created on first use). Throws what to do when it cannot. */
export async function startEmbedded(dir: string, options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  const path = resolve(dir)
  const settings: Record<string, string> = { ...SETTINGS, ...options.settings }
  if (!(await hasCluster(path))) {
    options.onProgress?.('Making the embedded PostgreSQL database; this happens once and takes some seconds.')
    await createCluster(path, settings.fsync !== 'off')
  }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const found = await untilReady(path, options.onProgress)
    if (found) return handle(path, found, true)
    const started = await start(path, settings)
    if (started) return handle(path, started, false)
    await sleep(attempt * 150) // helpers of a server that was killed take a moment to leave
  }
  throw await didNotStart(path)
}

/** The URL of a cluster that is running under `dir`, or null. */
export async function findEmbedded(dir: string): Promise<string | null> {
  const path = resolve(dir)
  const server = await runningServer(path)
  if (!server) return null
  const url = urlOf((await readServerFile(path)).password, server.port)
  return (await stateOf(url)) === 'ready' ? url : null
}

const handle = (dir: string, url: string, isAdopted: boolean): EmbeddedPostgres => ({
  url,
  isAdopted,
  stop: () => stopServer(dir),
})

async function start(dir: string, settings: Record<string, string>): Promise<string | null> {
  const { password, port: usual } = await readServerFile(dir)
  const port = await freePort(usual)
  await removeForeignLock(dir)
  if (!(await startServer(dir, port, settings))) return null
  if (port !== usual) await writeServerFile(dir, { password, port })
  return urlOf(password, port)
}

/** Waits for a server that is on its way up (recovering, started by another process) or down; null when there is none. */
async function untilReady(dir: string, onProgress?: (line: string) => void): Promise<string | null> {
  const begun = Date.now()
  let saidSo = false
  for (let silentSince = begun; Date.now() - begun < STARTING_MS; await sleep(50)) {
    const server = await runningServer(dir)
    if (!server) return null
    const url = urlOf((await readServerFile(dir)).password, server.port)
    const state = await stateOf(url)
    if (state === 'ready') return url
    if (state === 'starting') silentSince = Date.now()
    if (Date.now() - silentSince > SILENT_MS) return null
    if (!saidSo && Date.now() - begun > 1000) {
      onProgress?.('Waiting for the embedded PostgreSQL.')
      saidSo = true
    }
  }
  return null
}

async function stateOf(url: string): Promise<'ready' | 'starting' | 'silent'> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return 'ready'
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === '57P03') return 'starting'
    if (code === '53300') return 'ready' // busy is alive
    if (code === '28P01')
      throw new Error(`Port ${new URL(url).port} on 127.0.0.1 answers, but not to the embedded database's password.`)
    return 'silent'
  } finally {
    await client.end().catch(() => {})
  }
}

/** The wanted port when it can be had, else whichever the system gives. */
function freePort(wanted: number | null): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => (wanted ? resolve(freePort(null)) : reject(error)))
    server.listen({ host: '127.0.0.1', port: wanted ?? 0 }, () => {
      const address = server.address()
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('No free port.'))))
    })
  })
}

async function didNotStart(dir: string): Promise<Error> {
  const server = await runningServer(dir)
  const remedy = server ? `If process ${server.pid} is no PostgreSQL, remove ${dir}/data/postmaster.pid` : 'Mend what it names'
  return new Error(
    `The embedded PostgreSQL did not start. Its log, ${logOf(dir)}, ends: ${await lastWords(dir)}. ${remedy}, or set DATABASE_URL.`,
  )
}

const urlOf = (password: string, port: number) => `postgres://vorel:${password}@127.0.0.1:${port}/vorel`
