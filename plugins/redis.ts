import fp from 'fastify-plugin'
import { Redis } from 'ioredis'

declare module 'fastify' {
  interface FastifyInstance {
    /** Null where none is configured. Its commands fail at once while it is away, and after 500 ms when it does not answer. */
    redis: Redis | null
  }
}

const FIRST_CONNECTION_MS = 250
const FAREWELL_MS = 100

/** The connection to Redis, which comes back by itself and which nothing has to wait for. */
export default fp<{ url?: string | undefined }>(
  async (app, { url }) => {
    if (!url) return void app.decorate('redis', null)
    const redis = new Redis(url, {
      commandTimeout: 500, // the last resort; who asks in a request's path has a shorter patience of its own
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      connectTimeout: 2000,
      socketTimeout: 2000, // a peer that vanished without a word is given up, and looked for anew
      disconnectTimeout: FAREWELL_MS,
      retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), 2000),
      reconnectOnError: (error) => error.message.startsWith('READONLY'), // what was the primary is a replica now
    })
    app.decorate('redis', redis)
    const farewell = tellOfTurns(redis, app.log)
    app.addHook('onClose', async () => {
      farewell()
      await disconnect(redis)
    })
    await settled(redis, ['ready', 'error', 'close'], FIRST_CONNECTION_MS)
  },
  { name: 'redis', fastify: '5.x' },
)

/** Says once that it went and once that it came; by message alone, since ioredis hangs the password on its errors. */
function tellOfTurns(redis: Redis, log: { info(text: string): void; warn(text: string): void }): () => void {
  const { host, port } = redis.options
  let isUp: boolean | undefined
  const turn = (nowUp: boolean, reason = '') => {
    if (isUp === nowUp) return
    isUp = nowUp
    if (nowUp) log.info(`Redis at ${host}:${port} is connected.`)
    else log.warn(`Redis at ${host}:${port} cannot be used and is tried again until it can: ${reason}`)
  }
  redis.on('ready', () => turn(true))
  redis.on('error', (error) => turn(false, error.message || String((error as { code?: string }).code ?? error.name)))
  redis.on('close', () => turn(false, 'the connection was closed'))
  return () => {
    isUp = false
  }
}

/** Not QUIT, which a frozen server would never answer. */
async function disconnect(redis: Redis): Promise<void> {
  const isOpen = ['connecting', 'connect', 'ready'].includes(redis.status)
  redis.disconnect()
  if (isOpen) await settled(redis, ['end'], FAREWELL_MS)
}

function settled(redis: Redis, events: string[], withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      for (const event of events) redis.off(event, done)
      resolve()
    }
    const timer = setTimeout(done, withinMs)
    for (const event of events) redis.on(event, done)
  })
}
