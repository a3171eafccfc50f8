import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'

export interface RedisServer {
  url: string
  port: number
  pid: number
  /** Freezes it: connections stay open and nothing answers. */
  pause(): void
  resume(): void
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** A new, empty server on the same port. */
  restart(): Promise<void>
}

/** A Redis of the test's own, or null where none is installed; then the skip is printed, and in CI the test fails. */
export async function redisOrSkip(t: Test): Promise<RedisServer | null> {
  const redis = await startRedis(t)
  if (redis) return redis
  const words = 'redis-server is not installed'
  if (process.env.CI) t.fail(`${words}, and in CI it has to be`)
  else t.pass(words, { skip: words })
  return null
}

export async function startRedis(t: Pick<Test, 'teardown'>): Promise<RedisServer | null> {
  const port = await freePort()
  let child = await launch(port)
  if (!child) return null
  const kill = async () => {
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
  }
  t.teardown(kill)
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child?.pid ?? 0
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    kill,
    async restart() {
      await kill()
      child = await launch(port)
    },
  }
}

async function launch(port: number): Promise<ChildProcess | null> {
  const child = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  })
  const isInstalled = await once(child, 'spawn').then(
    () => true,
    () => false,
  )
  if (!isInstalled) return null
  for (let tries = 0; tries < 500; tries++) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode} on port ${port}.`)
    if (await accepts(port)) return child
    await sleep(20)
  }
  child.kill('SIGKILL')
  throw new Error(`redis-server did not open port ${port}.`)
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (!address || typeof address === 'string') throw new Error('No free port.')
  return address.port
}
