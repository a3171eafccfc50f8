import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { redisOrSkip } from '../support/redis.ts'
import { limitedApp } from './limited-app.ts'

const shared = await redisOrSkip(t)

for (const [where, url] of [
  ['without Redis', undefined],
  ['in Redis', shared?.url],
] as const) {
  if (where === 'in Redis' && !url) continue

  t.test(`${where}: the 51st call of a tool within a minute is refused, and says when to come back`, async (t) => {
    const app = await limitedApp(t, { url })
    const first = await app.call({ tenant: where })
    t.equal(first.headers.get('x-ratelimit-remaining'), '49')
    t.notOk(first.headers.has('x-ratelimit-limit'), 'two limits apply, so none is named')
    t.equal(await app.callsUntilRefused({ tenant: where }), 49)
    const refused = await app.call({ tenant: where })
    t.equal(refused.status, 429)
    t.equal(refused.headers.get('x-ratelimit-remaining'), '0')
    t.equal(refused.headers.get('retry-after'), refused.headers.get('x-ratelimit-reset'))
    const seconds = Number(refused.headers.get('retry-after'))
    t.ok(seconds >= 1 && seconds <= 60, `${seconds} s`)
    t.match(await refused.json(), { message: /limited to 50 here.*again in \d+ s/ })
    if (!url) t.equal(app.degraded(), 0, 'which is not called degraded')
  })

  t.test(`${where}: another tool and another tenant are not held to it`, async (t) => {
    const app = await limitedApp(t, { url })
    t.equal(await app.callsUntilRefused({ tenant: `${where}1`, verb: 'list_recent' }), 50)
    t.equal((await app.call({ tenant: `${where}1`, verb: 'create_record' })).status, 200)
    t.equal((await app.call({ tenant: `${where}2`, verb: 'list_recent' })).status, 200)
  })

  t.test(`${where}: a key is held to 200 whatever tools it uses, and other keys are not`, async (t) => {
    const app = await limitedApp(t, { url })
    for (let n = 0; n < 200; n++) {
      const { status } = await app.call({ key: `${where}1`, tenant: `${where}k`, verb: `verb${n % 5}` })
      if (status !== 200) t.fail(`call ${n} was answered ${status}`)
    }
    const other = { tenant: `${where}k`, verb: 'another' }
    t.equal((await app.call({ key: `${where}1`, ...other })).status, 429)
    t.equal((await app.call({ key: `${where}2`, ...other })).status, 200)
  })

  t.test(`${where}: a route that does not ask for limits has none`, async (t) => {
    const app = await limitedApp(t, { url, limits: { perKeyPerMinute: 0, perToolPerMinute: 0 } })
    t.equal((await app.call()).status, 429)
    const open = await fetch(new URL('/open', (await app.call()).url))
    t.equal(open.status, 200)
    t.notOk(open.headers.has('x-ratelimit-remaining'))
  })
}

if (shared) {
  t.test('two services on one Redis share their counts', async (t) => {
    const [one, other] = [await limitedApp(t, shared), await limitedApp(t, shared)]
    const degraded = () => one.degraded() + other.degraded()
    let left: (string | null)[] = []
    // On a machine so busy that Redis was late, a round says nothing and is made again.
    for (let round = 0, before = -1; before !== degraded() && round < 5; round++) {
      before = degraded()
      left = []
      for (let n = 0; n < 52; n++) {
        left.push((await (n % 2 ? one : other).call({ tenant: `both${round}` })).headers.get('x-ratelimit-remaining'))
      }
    }
    t.same(
      left,
      Array.from({ length: 52 }, (_, n) => `${Math.max(0, 49 - n)}`),
    )
  })

  t.test('both counters take one round trip, and a refused call is counted in both', async (t) => {
    const app = await limitedApp(t, shared)
    const redis = client(t)
    await redis.flushall()
    await redis.config('RESETSTAT')
    for (let n = 0; n < 60; n++) await (await app.call({ tenant: 'trip', key: 'trip' })).text()
    const stats = callsOf(await redis.info('commandstats'))
    t.equal((stats.eval ?? 0) + (stats.evalsha ?? 0), 60)
    t.equal(stats.incr, 120)
    t.ok((stats.eval ?? 0) <= 1, 'the script itself travels once')
    t.same(
      Object.keys(stats).filter((name) => !/^(eval|evalsha|incr|pttl|pexpire|config\|resetstat)$/.test(name)),
      [],
      'nothing else is sent',
    )
    t.same(await redis.mget('vorel:rl:key:trip', 'vorel:rl:tool:trip:lookup_customer'), ['60', '60'])
  })

  t.test('a window opens again when its time is over', async (t) => {
    const app = await limitedApp(t, shared)
    const key = 'vorel:rl:tool:patient:lookup_customer'
    t.equal(await app.callsUntilRefused({ tenant: 'patient' }), 50)
    const redis = client(t)
    const ttl = await redis.pttl(key)
    t.ok(ttl > 0 && ttl <= 60_000, `${ttl} ms left`)
    await redis.pexpire(key, 700)
    t.equal((await app.call({ tenant: 'patient' })).headers.get('retry-after'), '1')
    await sleep(800)
    t.equal((await app.call({ tenant: 'patient' })).headers.get('x-ratelimit-remaining'), '49')
  })

  t.test('a count that was left without an end gets one', async (t) => {
    const app = await limitedApp(t, shared)
    const redis = client(t)
    await redis.set('vorel:rl:tool:stuck:lookup_customer', 1000)
    t.equal((await app.call({ tenant: 'stuck' })).status, 429)
    t.ok((await redis.pttl('vorel:rl:tool:stuck:lookup_customer')) > 0)
  })

  t.test('a Redis that forgot the script is given it again', async (t) => {
    const app = await limitedApp(t, shared)
    await app.call({ tenant: 'flush' })
    await app.call({ tenant: 'flush' })
    await client(t).script('FLUSH')
    t.equal((await app.call({ tenant: 'flush' })).headers.get('x-ratelimit-remaining'), '47')
    t.equal(app.degraded(), 0)
  })
}

function client(t: Test): Redis {
  const redis = new Redis(shared?.url ?? '')
  t.teardown(() => redis.disconnect())
  return redis
}

function callsOf(stats: string): Record<string, number> {
  return Object.fromEntries([...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, calls]) => [name, Number(calls)]))
}
