import jwt from '@fastify/jwt'
import Fastify, { type FastifyReply } from 'fastify'
import { type Dispatcher, request } from 'undici'

/** The floor: what a gateway costs that checks the token and forwards, and keeps no promise whatever. */
const [upstream = '', secret = ''] = process.argv.slice(2)
const app = Fastify({ logger: false, forceCloseConnections: true })
await app.register(jwt, { secret, verify: { algorithms: ['HS256'], cache: 5_000 } })

const forwarded = async (reply: FastifyReply, path: string, options: { method: Dispatcher.HttpMethod; body?: string }) => {
  const answer = await request(`${upstream}${path}`, { ...options, headers: { 'content-type': 'application/json' } })
  reply.code(answer.statusCode).header('content-type', 'application/json')
  return answer.body.text()
}

app.addHook('onRequest', async (request) => {
  await request.jwtVerify()
})
app.post<{ Body: { phone: string } }>('/lookup', ({ body }, reply) =>
  forwarded(reply, `/contacts?phone=${encodeURIComponent(body.phone)}`, { method: 'GET' }),
)
app.post<{ Body: { fields: object; idempotency_key: string } }>('/create', ({ body }, reply) =>
  forwarded(reply, `/leads/by-reference/${body.idempotency_key}`, { method: 'PUT', body: JSON.stringify(body.fields) }),
)
const url = await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.(Number(new URL(url).port))
process.once('disconnect', () => process.exit())
