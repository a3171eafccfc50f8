import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { redisOrSkip } from '../support/redis.ts'
import { boundless, type LimitedApp, limitedApp, underLoad } from './limited-app.ts'

/** Nobody failed, nobody was kept more than 100 ms (what this machine itself was late by, at each of three steps, set aside), and few were kept at all. */
function holds(t: Test, app: LimitedApp, { statuses, lagMs }: Awaited<ReturnType<typeof underLoad>>) {
  t.same(Object.keys(statuses), ['200'], JSON.stringify(statuses))
  const longest = Math.max(...app.waits)
  const kept = app.waits.filter((ms) => ms > 40).length
  t.comment(
    `${app.waits.length} requests, ${app.degraded()} counted in process, ${kept} kept over 40 ms, ` +
      `the longest ${longest.toFixed(1)} ms (this process was late by up to ${lagMs.toFixed(1)} ms)`,
  )
  t.ok(longest <= 100 + 3 * lagMs, `${longest} ms`)
  t.ok(kept <= 150, `${kept} requests were kept`)
}

async function countsInRedisAgain(t: Test, app: LimitedApp) {
  const until = performance.now() + 10_000
  let before: number
  do {
    before = app.degraded()
    await sleep(50)
    await app.call({ tenant: 'again' })
  } while (app.degraded() > before && performance.now() < until)
  t.equal(app.degraded(), before, 'Redis counts again')
}

t.test('with Redis gone', async (t) => {
  const redis = await redisOrSkip(t)
  if (!redis) return

  t.test('killed under load: every request goes on at once, and Redis counts again when it is back', async (t) => {
    const app = await limitedApp(t, { ...redis, limits: boundless })
    const met = await underLoad(app, async () => {
      await countsInRedisAgain(t, app)
      await redis.kill()
      await sleep(1500)
      t.ok(app.degraded() > 100, `${app.degraded()} degraded`)
      await redis.restart()
      await countsInRedisAgain(t, app)
    })
    holds(t, app, met)
  })

  t.test('frozen under load: a few wait 50 ms and no more, and Redis counts again when it thaws', async (t) => {
    for (const frozenMs of [1200, 3500]) {
      const app = await limitedApp(t, { ...redis, limits: boundless })
      const met = await underLoad(app, async () => {
        await countsInRedisAgain(t, app)
        redis.pause()
        await sleep(frozenMs)
        t.ok(app.degraded() > 100, `${app.degraded()} degraded`)
        redis.resume()
        await countsInRedisAgain(t, app)
      })
      holds(t, app, met)
      t.equal(app.log().match(/Redis does not answer in time/g)?.length, 1, 'which is said once')
      await app.close()
    }
  })

  t.test('flapping under load: nobody notices', async (t) => {
    const app = await limitedApp(t, { ...redis, limits: boundless })
    const met = await underLoad(app, async () => {
      for (let n = 0; n < 4; n++) {
        redis.pause()
        await sleep(200 + 150 * n)
        redis.resume()
        await sleep(300)
        await redis.restart()
        await sleep(300)
      }
      await countsInRedisAgain(t, app)
    })
    holds(t, app, met)
  })

  t.test('what this process has counted so far goes on counting', async (t) => {
    const app = await limitedApp(t, redis)
    for (let n = 0; n < 30; n++) t.equal((await app.call({ tenant: 'dead' })).status, 200)
    for (let n = 0; n < 30; n++) t.equal((await app.call({ tenant: 'cold' })).status, 200)
    const before = app.degraded()
    redis.pause()
    t.equal(await app.callsUntilRefused({ tenant: 'cold' }), 20)
    t.equal(app.degraded(), before + 21)
    redis.resume()
    await redis.kill()
    t.equal(await app.callsUntilRefused({ tenant: 'dead' }), 20)
    t.equal((await app.call({ tenant: 'other' })).headers.get('x-ratelimit-remaining'), '49')
    await redis.restart()
  })

  t.test('what it did not answer is not sent to it again', async (t) => {
    const app = await limitedApp(t, redis)
    const call = { tenant: 'once', verb: 'create_record' }
    await app.call(call)
    redis.pause()
    await Promise.all([1, 2, 3, 4].map(() => app.call(call)))
    await sleep(2500) // the connection is given up
    redis.resume()
    await countsInRedisAgain(t, app)
    t.equal((await app.call(call)).headers.get('x-ratelimit-remaining'), `${50 - 6}`)
  })

  t.test('a start without it neither fails nor waits, and it is used once it is there', async (t) => {
    await redis.kill()
    const before = performance.now()
    const app = await limitedApp(t, redis)
    t.ok(performance.now() - before < 2000, `${performance.now() - before} ms`)
    t.equal(await app.callsUntilRefused({}), 50)
    t.equal(app.degraded(), 51)
    await sleep(1000)
    t.equal(app.log().match(/cannot be used/g)?.length, 1, 'which is said once')
    await redis.restart()
    await countsInRedisAgain(t, app)
    t.equal((await app.call()).status, 200, 'a window of its own')
    t.match(app.log(), 'is connected')
  })

  t.test('a start while it is frozen neither fails nor waits', async (t) => {
    redis.pause()
    t.teardown(redis.resume)
    const before = performance.now()
    const app = await limitedApp(t, redis)
    t.ok(performance.now() - before < 2000, `${performance.now() - before} ms`)
    t.equal(await app.callsUntilRefused({}), 50)
  })

  t.test('a stop while it is frozen does not wait for it', async (t) => {
    const app = await limitedApp(t, redis)
    t.equal((await app.call({ tenant: 'last' })).status, 200)
    redis.pause()
    t.teardown(redis.resume)
    const before = performance.now()
    await app.close()
    t.ok(performance.now() - before < 1500, `${performance.now() - before} ms`)
    t.notMatch(app.log(), 'cannot be used', 'a stop is no loss')
  })

  t.test('a refused password is told without the password', async (t) => {
    const app = await limitedApp(t, { url: redis.url.replace('redis://', 'redis://ada:sesame@') })
    t.equal((await app.call({ tenant: 'ada' })).status, 200)
    t.match(app.log(), /cannot be used.*WRONGPASS/)
    t.notMatch(app.log(), 'sesame')
  })
})

t.test('a Redis that answers every time, but late, is not waited for', async (t) => {
  const redis = await redisOrSkip(t)
  if (!redis) return
  const late = await lateProxy(t, redis.port)
  const app = await limitedApp(t, { url: `redis://127.0.0.1:${late.port}`, limits: boundless })
  const met = await underLoad(app, async () => {
    await countsInRedisAgain(t, app)
    late.byMs = 300
    await sleep(3000)
    t.ok(app.degraded() > 100, `${app.degraded()} degraded`)
    late.byMs = 0
    await countsInRedisAgain(t, app)
  })
  holds(t, app, met)
})

/** Stands before Redis and holds its answers back. */
async function lateProxy(t: Test, to: number): Promise<{ port: number; byMs: number }> {
  const late = { port: 0, byMs: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}))
    near.pipe(far)
    far.on('data', (chunk) => (late.byMs ? setTimeout(() => near.write(chunk), late.byMs) : near.write(chunk)))
    near.on('close', () => far.destroy())
  })
  late.port = await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return late
}
