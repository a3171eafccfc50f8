import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { auditSignIn } from '../../core/operators/accounts.ts'
import { admit } from '../../core/operators/admission.ts'
import { SignInRefusal } from '../../core/operators/sign-in-refusal.ts'
import { notice } from './page.ts'
import { asked, type ConsoleRequest, redirect } from './route.ts'
import { perAddress, start } from './sign-in.ts'
import { localPath, show } from './sign-in-page.ts'

/** Sign-in at the identity provider: there, and back. */
export const identityPages = async (app: FastifyInstance): Promise<void> => {
  const { identity } = app.consoleSignIn
  if (!identity) return
  const { provider, flows, allow } = identity
  const options = {
    schema: { hide: true } as object,
    config: { rateLimit: {}, counters: (request: FastifyRequest) => [perAddress(request)] },
    errorHandler: refused,
  }
  app.get('/sign-in/identity-provider', options, async (request, reply) => {
    const to = localPath(asked(request as ConsoleRequest, 'to'))
    if (request.consoleState.operator) return redirect(reply, to)
    const browserId = app.operatorSessions.idOf(request)
    if (!browserId) return redirect(reply, `/console/sign-in?to=${encodeURIComponent(to)}`)
    const url = await provider.authorizeUrl(await flows.begin(browserId, to))
    return reply.redirect(url.href, 303)
  })
  app.get('/sign-in/callback', options, async (request, reply) => {
    const callback = new URL(request.url, 'http://console').searchParams
    const flow = await flows.take(callback.get('state') ?? '', app.operatorSessions.idOf(request) ?? '')
    const operator = admit(await provider.claimsOf(callback, flow), allow)
    return start(request, reply, operator, { account: false, to: flow.returnTo })
  })
}

/** The page to sign in from again, with our sentence; the provider's words go nowhere. */
async function refused(this: unknown, error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (!(error instanceof SignInRefusal)) throw error
  const { code, reason } = error
  request.log.warn({ code, reason }, 'console sign-in')
  await auditSignIn(request.server.pipeline, null, 'operator.sign_in_failed', { code, requestId: request.id })
  request.consoleState.notices.push(notice('bad', error.message))
  return reply.code(error.status).send(await show(request, reply))
}
