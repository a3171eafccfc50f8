import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import { countersFor, type Limits } from '../../core/limits/counter.ts'
import rateLimit from '../../plugins/rate-limit.ts'
import redis from '../../plugins/redis.ts'

export const usual: Limits = { perKeyPerMinute: 200, perToolPerMinute: 50 }
export const boundless: Limits = { perKeyPerMinute: 1e9, perToolPerMinute: 1e9 }

export interface Call {
  tenant?: string
  verb?: string
  key?: string
}

export interface LimitedApp {
  call(call?: Call): Promise<Response>
  /** Calls made one after the other until one is refused, that one not counted. */
  callsUntilRefused(call: Call): Promise<number>
  /** Requests that were let in, by how long the limiter kept each, in ms. */
  waits: number[]
  degraded(): number
  log(): string
  close(): Promise<void>
}

/** A service with limits and nothing else, on a socket of its own. */
export async function limitedApp(
  t: Test,
  { url, limits = usual }: { url?: string | undefined; limits?: Limits },
): Promise<LimitedApp> {
  let degraded = 0
  let log = ''
  const waits: number[] = []
  const starts = new WeakMap<FastifyRequest, number>()
  const stream = new PassThrough().on('data', (chunk) => (log += chunk))
  const app = Fastify({ logger: { stream }, disableRequestLogging: true, forceCloseConnections: true })
  await app.register(redis, { url })
  await app.register(rateLimit, {
    onDegraded: () => degraded++,
    countersOf: (request) => {
      const { tenant, verb } = request.params as { tenant: string; verb: string }
      return countersFor(limits, { apiKeyId: request.headers['x-key']?.toString(), tenantId: tenant, verb })
    },
  })
  app.addHook('preHandler', async (request) => void starts.set(request, performance.now()))
  app.get('/:tenant/:verb', { config: { rateLimit: {} } }, async (request) => {
    waits.push(performance.now() - (starts.get(request) ?? 0))
    return 'ok'
  })
  app.get('/open', async () => 'ok')
  const at = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())

  const call = ({ tenant = 'acme', verb = 'lookup_customer', key }: Call = {}) =>
    fetch(`${at}/${tenant}/${verb}`, { headers: key ? { 'x-key': key } : {} })
  const callsUntilRefused = async (what: Call) => {
    for (let calls = 0; ; calls++) if ((await call(what)).status === 429) return calls
  }
  return { call, callsUntilRefused, waits, degraded: () => degraded, log: () => log, close: () => app.close() }
}

/** Twenty callers at once for as long as `during` takes, and what they met. */
export async function underLoad(app: LimitedApp, during: () => Promise<void>) {
  let isOver = false
  const statuses = new Map<number | string, number>()
  const callers = Array.from({ length: 20 }, async (_, n) => {
    while (!isOver) {
      const status = await app.call({ tenant: `t${n}`, key: `k${n}` }).then(
        (response) => response.text().then(() => response.status),
        (error) => String(error),
      )
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      await sleep(20)
    }
  })
  await sleep(500) // until everything is warm
  app.waits.length = 0
  const lag = longestLag()
  await during()
  isOver = true
  await Promise.all(callers)
  return { statuses: Object.fromEntries(statuses), lagMs: lag() }
}

/** How late this process was at worst, which no limiter can help. */
function longestLag(): () => number {
  let worst = 0
  let last = performance.now()
  const timer = setInterval(() => {
    worst = Math.max(worst, performance.now() - last - 5)
    last = performance.now()
  }, 5)
  return () => {
    clearInterval(timer)
    return worst
  }
}
