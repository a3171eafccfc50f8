import type { FastifyInstance } from 'fastify'
import Type from 'typebox'

const Health = Type.Object({ status: Type.Literal('ok') })
const Ready = Type.Object({ status: Type.String(), database: Type.String(), redis: Type.String(), drivers: Type.Integer() })

/** `/health`: the process lives. `/ready`: it can serve; not while it is stopping, its database is away or no driver is on. */
export const healthRoutes = async (app: FastifyInstance): Promise<void> => {
  let isStopping = false
  app.addHook('preClose', async () => {
    isStopping = true
  })
  app.get('/health', { schema: { tags: ['Service'], summary: 'Alive', response: { 200: Health } } }, async () => ({
    status: 'ok',
  }))
  app.get(
    '/ready',
    { schema: { tags: ['Service'], summary: 'Able to serve', response: { 200: Ready, 503: Ready } } },
    async (_, reply) => {
      const database = await isAnswering(app)
      const redis = app.redis === null ? 'not configured' : app.redis.status
      const drivers = app.drivers
        .registry()
        .list()
        .filter(({ state }) => state === 'on').length
      const status = isStopping ? 'stopping' : database && drivers > 0 ? 'ready' : 'not ready'
      return reply
        .code(status === 'ready' ? 200 : 503)
        .send({ status, database: database ? 'ok' : 'unreachable', redis, drivers })
    },
  )
}

const isAnswering = async ({ database }: FastifyInstance): Promise<boolean> => {
  const timeout = new Promise<false>((resolve) => setTimeout(resolve, 2_000, false).unref())
  return Promise.race([
    database.pool.query('select 1').then(
      () => true,
      () => false,
    ),
    timeout,
  ])
}
