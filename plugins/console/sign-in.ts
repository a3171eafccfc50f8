import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isVorelError, VorelError } from '../../core/errors.ts'
import { auditSignIn, isOperator, knownOperator } from '../../core/operators/accounts.ts'
import { SESSION_MS } from '../../core/operators/sessions.ts'
import { problemNotice } from './page.ts'
import { assertOwn, type ConsoleRequest, cookieOptions, redirect, sent } from './route.ts'
import { localPath, show } from './sign-in-page.ts'

const PER_ADDRESS_PER_MINUTE = 20
const PER_ACCOUNT_PER_MINUTE = 5

/** Sign-in with an account's password, and sign-out. */
export const signInPages = async (app: FastifyInstance): Promise<void> => {
  const plain = { schema: { hide: true } as object }
  app.get<{ Querystring: Record<string, string> }>('/sign-in', plain, async (request, reply) => {
    if (request.consoleState.operator) return redirect(reply, localPath(request.query.to ?? ''))
    return show(request, reply)
  })
  app.post(
    '/sign-in',
    { ...plain, config: { rateLimit: {}, counters: signInCounters }, errorHandler: refused },
    async (request, reply) => {
      assertOwn(request)
      assertPasswords(app)
      const asked = request as ConsoleRequest
      await signIn(app, request, sent(asked, 'name').trim(), sent(asked, 'password'))
      return start(request, reply, sent(asked, 'name').trim(), { account: true, to: sent(asked, 'to') })
    },
  )
  app.post('/sign-out', plain, async (request, reply) => {
    assertOwn(request)
    const { operatorSessions, pipeline } = app
    const id = operatorSessions.idOf(request)
    const operator = id && (await operatorSessions.store.end(id))
    if (operator) await auditSignIn(pipeline, operator, 'operator.signed_out', { requestId: request.id })
    reply.setCookie(operatorSessions.cookieName, operatorSessions.newId(), cookieOptions(request))
    return redirect(reply, '/console/sign-in', 'You are signed out.')
  })
}

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

export const perAddress = (request: FastifyRequest) => ({
  key: `sign-in-address:${short(request.ip)}`,
  max: PER_ADDRESS_PER_MINUTE,
})

const signInCounters = (request: FastifyRequest) => [
  perAddress(request),
  { key: `sign-in-account:${short(sent(request as ConsoleRequest, 'name').trim())}`, max: PER_ACCOUNT_PER_MINUTE },
]

const assertPasswords = ({ consoleSignIn }: FastifyInstance): void => {
  if (!consoleSignIn.hasPasswords)
    throw new VorelError('forbidden', 'Passwords are switched off for this console. Sign in with your organization.')
}

const signIn = async (
  { database, pipeline }: FastifyInstance,
  { id: requestId }: FastifyRequest,
  name: string,
  password: string,
) => {
  if (await isOperator(database.pool, name, password)) return
  const known = await knownOperator(database.pool, name)
  await auditSignIn(pipeline, known, 'operator.sign_in_failed', { code: 'unauthenticated', requestId })
  throw new VorelError('unauthenticated', 'Name and password do not match an account that is in use here.')
}

/** Begins a session under a new id: what the browser was known by before is worth nothing afterwards. */
export const start = async (
  request: FastifyRequest,
  reply: FastifyReply,
  operator: string,
  { account, to }: { account: boolean; to: string },
): Promise<FastifyReply> => {
  const { operatorSessions, pipeline } = request.server
  const before = operatorSessions.idOf(request)
  if (before) await operatorSessions.store.end(before)
  const id = await operatorSessions.store.begin(operator, account ? operator : null)
  if (!id) throw new VorelError('unauthenticated', 'The account was disabled meanwhile.')
  await auditSignIn(pipeline, operator, 'operator.signed_in', { requestId: request.id })
  reply.setCookie(operatorSessions.cookieName, id, { ...cookieOptions(request), maxAge: SESSION_MS / 1000 })
  return redirect(reply, localPath(to))
}

async function refused(this: unknown, error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (!isVorelError(error)) throw error
  request.consoleState.notices.push(problemNotice(error))
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  return reply.code(error.status).send(await show(request, reply))
}
