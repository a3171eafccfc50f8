import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import { VorelError } from '../core/errors.ts'

const MAX_LOOP_DELAY_MS = 2_000
/** The start itself holds the event loop up, and that says nothing of load: two samples, and some. */
const SETTLING_MS = 5_000

/** Turns requests away while the process cannot keep up with those that it has. */
export default fp(
  async (app) => {
    let settledAt = Number.POSITIVE_INFINITY
    app.addHook('onReady', async () => {
      settledAt = performance.now() + SETTLING_MS
    })
    await app.register(underPressure, {
      maxEventLoopDelay: MAX_LOOP_DELAY_MS,
      pressureHandler: async () => {
        if (performance.now() < settledAt) return
        throw new VorelError('overloaded', 'Vorel is overloaded. Try again soon.', { retryAfterSeconds: 1 })
      },
    })
  },
  { name: 'pressure', dependencies: ['errors'], fastify: '5.x' },
)
