import type { Redis, Result } from 'ioredis'
import { type Counter, type Tallies, WINDOW_MS } from './counter.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    countInWindows(numberOfKeys: number, ...keysAndWindowMs: (string | number)[]): Result<Tallies, Context>
  }
}

const PREFIX = 'vorel:rl:'

// A key without an end gets one whatever its count, so that none can stay shut for good.
const COUNT = `
local tallies = {}
for i, key in ipairs(KEYS) do
  local count = redis.call('INCR', key)
  local ttl = redis.call('PTTL', key)
  if ttl < 0 then
    ttl = tonumber(ARGV[1])
    redis.call('PEXPIRE', key, ttl)
  end
  tallies[2 * i - 1] = count
  tallies[2 * i] = ttl
end
return tallies`

/** Counts in windows that all processes share, every counter of a request in one round trip. */
export function sharedWindows(redis: Redis): (counters: readonly Counter[]) => Promise<Tallies> {
  redis.defineCommand('countInWindows', { lua: COUNT })
  return (counters) => {
    const args: (string | number)[] = []
    for (const { key } of counters) args.push(PREFIX + key)
    args.push(WINDOW_MS)
    return redis.countInWindows(counters.length, ...args)
  }
}
