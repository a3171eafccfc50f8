import Fastify from 'fastify'
import t from 'tap'
import errors from '../../plugins/errors.ts'
import metrics from '../../plugins/metrics.ts'
import pressure from '../../plugins/pressure.ts'

const holdUp = (ms: number) => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

t.test('a loop held up turns requests away with the time to come back, and what the start held it up for does not', async (t) => {
  const app = Fastify()
  await app.register(errors)
  await app.register(metrics)
  await app.register(pressure)
  app.get('/', async () => 'here')
  t.teardown(() => app.close())
  holdUp(2_600)
  await app.ready()
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal((await app.inject('/')).statusCode, 200, 'it has only just started')
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  t.equal((await app.inject('/')).statusCode, 200, 'and is idle')
  let turnedAway: Awaited<ReturnType<typeof app.inject>> | undefined
  for (let turn = 0; turn < 40 && turnedAway?.statusCode !== 503; turn += 1) {
    holdUp(2_600)
    await new Promise((resolve) => setTimeout(resolve, 1))
    turnedAway = await app.inject('/')
  }
  t.match(turnedAway?.json(), { code: 'overloaded', retryable: true })
  t.equal(turnedAway?.headers['retry-after'], '1')
})
