import fp from 'fastify-plugin'
import { CallStats } from '../core/observe/call-stats.ts'

declare module 'fastify' {
  interface FastifyInstance {
    callStats: CallStats
  }
}

const FLUSH_MS = 10_000

/** Writes what was counted of calls every ten seconds, and at the stop. */
export default fp(
  async (app) => {
    const stats = new CallStats(app.database.pool)
    const flush = () =>
      stats.flush().catch((error: unknown) => {
        const { code } = error as { code?: unknown }
        app.log.warn({ code }, 'call counts could not be written and are kept for the next time')
      })
    const timer = setInterval(flush, FLUSH_MS).unref()
    app.decorate('callStats', stats)
    app.addHook('onClose', async () => {
      clearInterval(timer)
      await flush()
    })
  },
  { name: 'call-stats', dependencies: ['database'], fastify: '5.x' },
)
