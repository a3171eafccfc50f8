import { Redis } from 'ioredis'
import type { Config } from '../config.ts'
import type { Finding } from './findings.ts'

const PATIENCE_MS = 2_000
const subject = 'redis'

/** Whether limits can be shared through it. */
export const checkRedis = async ({ redisUrl }: Config): Promise<Finding> => {
  if (!redisUrl) return { subject, isFine: true, detail: 'not configured; limits are counted in the process' }
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let reason = ''
  redis.on('error', (error) => (reason ||= saying(error)))
  const at = `${redis.options.host}:${redis.options.port}`
  try {
    await redis.connect()
    await redis.ping()
    return { subject, isFine: true, detail: `${at} answers` }
  } catch (error) {
    const detail = `${at} does not answer: ${reason || saying(error)}`
    return { subject, isFine: false, detail, remedy: 'Start it, or correct REDIS_URL (address, user, password).' }
  } finally {
    redis.disconnect()
  }
}

/** By code or first line alone: the library hangs the password on its errors. */
const saying = (error: unknown): string => {
  const { code, message } = error as { code?: string; message?: string }
  return code ?? message?.split('\n')[0] ?? 'no reason given'
}
