import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { VorelError } from '../../core/errors.ts'
import { Deadline } from '../../core/outbound/deadline.ts'
import { Throttles } from '../../core/outbound/throttle.ts'
import { failure } from './provider.ts'

const patient = { signal: new AbortController().signal, remainingMs: () => 5_000 }

const calls = (t: { teardown(undo: () => void): unknown }, throttle: ReturnType<Throttles['of']>) => {
  const seen = { running: 0, most: 0, startedAt: [] as number[] }
  const run = (deadlineMs = 10_000, ms = 5, result: { error?: VorelError } = {}) => {
    const deadline = new Deadline(deadlineMs)
    t.teardown(() => deadline.done())
    return throttle.run({ signal: deadline.signal, remainingMs: () => deadline.remainingMs() }, async () => {
      seen.running += 1
      seen.most = Math.max(seen.most, seen.running)
      seen.startedAt.push(performance.now())
      await sleep(ms)
      seen.running -= 1
      return result
    })
  }
  return { seen, run }
}

t.test('never more requests at once than the budget says, and all get their turn', async (t) => {
  const { seen, run } = calls(t, new Throttles().of('one', { concurrency: 3 }))
  await Promise.all(Array.from({ length: 30 }, () => run()))
  t.equal(seen.most, 3)
  t.equal(seen.startedAt.length, 30)
})

t.test('without a budget there is one all the same', async (t) => {
  const { seen, run } = calls(t, new Throttles().of('one', {}))
  await Promise.all(Array.from({ length: 40 }, () => run()))
  t.equal(seen.most, 16)
})

t.test('requests a second are spaced evenly', async (t) => {
  const { seen, run } = calls(t, new Throttles().of('one', { requestsPerSecond: 50 }))
  await Promise.all(Array.from({ length: 11 }, () => run()))
  const [first = 0, ...rest] = seen.startedAt
  t.ok((rest.at(-1) ?? 0) - first >= 190, 'ten gaps of 20 ms')
})

t.test(
  'after a pause as many go at once as the burst says, the next by the second, and no window sees more than both',
  async (t) => {
    const [burst, requestsPerSecond] = [10, 50]
    const { seen, run } = calls(t, new Throttles().of('one', { requestsPerSecond, burst, concurrency: 100 }))
    await Promise.all(Array.from({ length: 30 }, () => run()))
    await sleep(300)
    await Promise.all(Array.from({ length: 15 }, () => run()))
    const [first = 0, ...rest] = seen.startedAt
    t.ok((rest[burst - 2] ?? 0) - first < 150, 'the burst goes at once')
    t.ok((rest[28] ?? 0) - first >= 380, 'twenty more at 20 ms')
    for (const windowMs of [100, 300, 1_000])
      for (const start of seen.startedAt) {
        const within = seen.startedAt.filter((at) => at >= start && at < start + windowMs).length
        const most = burst + Math.ceil((windowMs / 1000) * requestsPerSecond) + 1
        if (within > most) t.fail(`${within} in ${windowMs} ms, and ${most} is the most`)
      }
  },
)

t.test('a wait longer than the deadline is refused at once, with the time to wait, and uses up nothing', async (t) => {
  const { seen, run } = calls(t, new Throttles().of('one', { requestsPerSecond: 0.2 }))
  await run()
  const before = performance.now()
  const refused = await Promise.all(Array.from({ length: 5 }, () => failure(run(500))))
  t.ok(performance.now() - before < 400)
  for (const error of refused) t.match(error, { code: 'provider_rate_limited', retryAfterSeconds: 5, effect: 'none' })
  t.equal(seen.startedAt.length, 1)
})

t.test('what the provider asked for is waited out by all calls of the connection', async (t) => {
  const { seen, run } = calls(t, new Throttles().of('one', {}))
  const error = new VorelError('provider_rate_limited', 'x', { retryAfterSeconds: 1 })
  await run(10_000, 0, { error })
  const before = performance.now()
  t.equal((await failure(run(300))).retryAfterSeconds, 1)
  await run(5_000)
  t.ok(performance.now() - before >= 900)
  t.equal(seen.startedAt.length, 2)
})

t.test('who gives up waiting leaves the queue, and the turn goes to the next', async (t) => {
  const { seen, run } = calls(t, new Throttles().of('one', { concurrency: 1 }))
  const first = run(5_000, 250)
  const impatient = Array.from({ length: 5 }, () => failure(run(50)))
  const steady = run(5_000)
  for (const error of await Promise.all(impatient)) t.match(error, { code: 'provider_rate_limited', effect: 'none' })
  t.equal(seen.startedAt.length, 1, 'they gave up while the first was still running')
  await Promise.all([first, steady])
  t.equal(seen.startedAt.length, 2)
  await run()
  t.equal(seen.most, 1)
})

t.test('a call whose deadline has passed does not queue', async (t) => {
  const throttle = new Throttles().of('one', { concurrency: 1 })
  const { promise, resolve } = Promise.withResolvers<object>()
  const held = throttle.run(patient, () => promise)
  const late = throttle.run({ signal: AbortSignal.abort(), remainingMs: () => 0 }, async () => ({}))
  t.match(await failure(late), { code: 'provider_rate_limited', retryAfterSeconds: 1, effect: 'none' })
  resolve({})
  await held
})

t.test('a request that throws gives its turn on', async (t) => {
  const throttle = new Throttles().of('one', { concurrency: 1 })
  const boom = () => throttle.run(patient, () => Promise.reject(new Error('boom')))
  await t.rejects(boom(), { message: 'boom' })
  await t.rejects(boom(), { message: 'boom' })
  t.same(await throttle.run(patient, async () => ({})), {})
})

t.test('connections do not wait for one another, and one connection has one budget', async (t) => {
  const throttles = new Throttles()
  const { promise, resolve } = Promise.withResolvers<object>()
  const held = throttles.of('one', { concurrency: 1 }).run(patient, () => promise)
  t.same(await throttles.of('two', { concurrency: 1 }).run(patient, async () => ({})), {})
  const second = calls(t, throttles.of('one', { concurrency: 1 }))
  t.match(await failure(second.run(50)), { code: 'provider_rate_limited' })
  resolve({})
  await held
})

t.test('a changed budget counts from the next request on', async (t) => {
  const throttles = new Throttles()
  throttles.of('one', { concurrency: 1 })
  const { seen, run } = calls(t, throttles.of('one', { concurrency: 4 }))
  await Promise.all(Array.from({ length: 12 }, () => run()))
  t.equal(seen.most, 4)
})

t.test('a hundred thousand connections do not add up, and the one at work is not forgotten', async (t) => {
  const throttles = new Throttles()
  const { promise, resolve } = Promise.withResolvers<object>()
  const busy = throttles.of('busy', { concurrency: 1 })
  const held = busy.run(patient, () => promise)
  const first = throttles.of('idle', {})
  for (let n = 0; n < 100_000; n += 1) throttles.of(`tenant-${n}`, {})
  t.not(throttles.of('idle', {}), first, 'forgotten')
  t.equal(throttles.of('busy', { concurrency: 1 }), busy)
  resolve({})
  await held
})
