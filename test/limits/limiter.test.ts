import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { answerWithin } from '../../core/limits/answer-within.ts'
import { limiter } from '../../core/limits/limiter.ts'
import { type RedisServer, redisOrSkip } from '../support/redis.ts'

const counters = [
  { key: 'key:k1', max: 200 },
  { key: 'tool:acme:lookup_customer', max: 50 },
]

t.test('an answer is waited for so long and no longer', async (t) => {
  t.equal(await answerWithin(1000, sleep(10, 'soon')), 'soon')
  await t.rejects(answerWithin(20, sleep(200)), { message: 'No answer within 20 ms.' })
  await t.rejects(answerWithin(1000, Promise.reject(new Error('broken'))), { message: 'broken' })
})

t.test('with a Redis', async (t) => {
  const server = await redisOrSkip(t)
  if (!server) return

  t.test('an answer that came while this process was busy is in time', async (t) => {
    let degraded = 0
    const take = limiter({ redis: await client(t, server), onDegraded: () => degraded++ })
    await take(counters)
    const standings = Promise.all([1, 2, 3, 4].map(() => take(counters)))
    await new Promise(setImmediate) // after the block the timers come first, then the sockets
    block(200)
    t.same(
      (await standings).map(({ remaining }) => remaining),
      [48, 47, 46, 45],
    )
    t.equal(degraded, 0)
  })

  t.test('once Redis is known to be bad no decision waits, not even the one that probes', async (t) => {
    const redis = await client(t, server)
    await redis.flushall()
    const turns: boolean[] = []
    let degraded = 0
    const take = limiter({ redis, onDegraded: () => degraded++, onTurn: (isAnswering) => turns.push(isAnswering) })
    server.pause()
    t.teardown(server.resume)
    await Promise.all([1, 2, 3].map(() => take(counters)))
    t.same(turns, [false])
    let waited = 0
    let decisions = 3
    for (const until = performance.now() + 3500; performance.now() < until; await sleep(10)) {
      for (let n = 0; n < 10; n++, decisions++) if (take(counters) instanceof Promise) waited++
    }
    t.equal(waited, 0, `of ${decisions} decisions`)
    t.equal(degraded, decisions)
    t.same(turns, [false], 'which is told once')
    server.resume()
    while (turns.length < 2) {
      take(counters)
      await sleep(10)
    }
    t.same(turns, [false, true])
    const probes = Number(await redis.get('vorel:rl:key:k1')) - 3
    t.ok(probes >= 2 && probes <= 6, `${probes} probes in some four seconds`)
    t.ok(take(counters) instanceof Promise, 'Redis is asked again')
  })

  t.test('a key with another type in the way costs no request', async (t) => {
    const redis = await client(t, server)
    await redis.lpush('vorel:rl:key:odd', 'a')
    let degraded = 0
    const take = limiter({ redis, onDegraded: () => degraded++ })
    t.match(await take([{ key: 'key:odd', max: 10 }]), { remaining: 9 })
    t.equal(degraded, 1)
  })
})

async function client(t: Test, { url }: RedisServer): Promise<Redis> {
  const redis = new Redis(url, { enableOfflineQueue: false })
  redis.on('error', () => {})
  t.teardown(() => redis.disconnect())
  await once(redis, 'ready')
  return redis
}

const block = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
