import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import helmet from '@fastify/helmet'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { VorelError } from '../../core/errors.ts'
import { reportInternal, toVorelError } from '../errors.ts'
import { assetRoutes } from './assets.ts'
import { auditPages } from './audit.ts'
import { connectPages } from './connect.ts'
import { signInStatusPages } from './connect-sign-in.ts'
import { connectionPages } from './connection.ts'
import { erasuresPages } from './erasures.ts'
import { keysPages } from './keys.ts'
import { mappingPages } from './mapping.ts'
import { operationsPages } from './operations.ts'
import { page, problemNotice } from './page.ts'
import { providersPages } from './providers.ts'
import { cookieOptions, redirect, takeNotice } from './route.ts'
import { signInPages } from './sign-in.ts'
import { identityPages } from './sign-in-identity.ts'
import { registerState } from './state.ts'
import { tenantPages } from './tenants.ts'

/** The operators' console: pages made here, without a build, under `/console`. */
export const operatorConsole = async (app: FastifyInstance, { publicUrl }: { publicUrl: string }): Promise<void> => {
  await app.register(cookie)
  await app.register(formbody)
  await app.register(helmet, HEADERS)
  registerState(app)
  app.addHook('onRequest', knowBrowser)
  app.setErrorHandler((error, request, reply) => {
    const known = toVorelError(error as FastifyError, request)
    reportInternal(request, known)
    return failed(request, reply, known)
  })
  app.setNotFoundHandler((request, reply) =>
    failed(request, reply, new VorelError('not_found', 'There is no such page in the console.')),
  )
  await app.register(assetRoutes)
  await app.register(signInPages)
  await app.register(identityPages)
  await app.register(tenantPages)
  await app.register(mappingPages)
  await app.register(keysPages)
  await app.register(operationsPages)
  await app.register(providersPages)
  await app.register(erasuresPages)
  await app.register(auditPages)
  await app.register(connectionPages)
  await app.register(connectPages, { publicUrl })
  await app.register(signInStatusPages)
  app.get('/', { schema: { hide: true } as object }, (_, reply) => redirect(reply, '/console/tenants'))
}

const HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  referrerPolicy: { policy: 'same-origin' },
} as const

/** Who asks, and by which token their forms are known. A browser is given an id on its first page, which no sign-in takes over. */
async function knowBrowser(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { operatorSessions: sessions } = request.server
  if (request.url.startsWith('/console/assets/')) return
  reply.header('cache-control', 'no-store')
  const operator = await sessions.operatorOf(request)
  const known = sessions.idOf(request)
  const id = known ?? sessions.newId()
  if (!known) reply.setCookie(sessions.cookieName, id, cookieOptions(request))
  request.consoleState = { operator, csrfToken: sessions.store.csrfToken(id), notices: [], counts: {} }
  takeNotice(request, reply)
}

const failed = (request: FastifyRequest, reply: FastifyReply, error: VorelError): FastifyReply => {
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  request.consoleState ??= { operator: null, csrfToken: '', notices: [], counts: {} }
  request.consoleState.notices = [problemNotice(error)]
  const title = error.code === 'not_found' ? 'Not found' : 'That did not work'
  return reply
    .code(error.status)
    .type('text/html; charset=utf-8')
    .send(page(request, { title, body: [] }))
}
