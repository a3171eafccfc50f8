import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { ROOT } from '../support/sources.ts'

export interface ServiceOptions {
  config: string
  dataDir: string
  port: number
  /** Arguments of node before the program. */
  flags?: string[]
  logTo?: 'ignore' | number
  env?: Record<string, string>
}

/** `vorel start` as a process of its own, on the embedded database under `dataDir`. */
export interface Service {
  url: string
  pid: number
  kill(signal: 'SIGKILL' | 'SIGSTOP'): Promise<void>
  /** SIGTERM; it ends its database too. */
  stop(): Promise<void>
}

const STARTING_MS = 60_000

export const startService = async ({ config, dataDir, port, flags = [], logTo, env = {} }: ServiceOptions): Promise<Service> => {
  const child = spawn(process.execPath, [...flags, 'core/cli/main.ts', 'start'], {
    cwd: ROOT,
    env: { ...ownEnv(), VOREL_CONFIG: config, VOREL_DATA_DIR: dataDir, PORT: String(port), ...env },
    stdio: ['ignore', logTo ?? 'pipe', 'pipe'],
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const ended = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  await untilReady(url, child, said)
  return {
    url,
    pid: child.pid ?? 0,
    kill: async (signal) => {
      child.kill(signal)
      if (signal === 'SIGKILL') await ended
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

const untilReady = async (url: string, child: ChildProcess, said: string[]): Promise<void> => {
  for (const begun = Date.now(); Date.now() - begun < STARTING_MS; await pause(25)) {
    if (child.exitCode !== null) break
    const answer = await fetch(`${url}/health`).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.ok) return
  }
  child.kill('SIGKILL')
  throw new Error(`The service did not start. It said:\n${said.join('')}`)
}

/** The environment without what would lead the service to somebody's own database. */
const ownEnv = (): NodeJS.ProcessEnv => {
  const { NODE_ENV, DATABASE_URL, REDIS_URL, PUBLIC_URL, JWT_SECRET, JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE, HOST, ...rest } =
    process.env
  return rest
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
