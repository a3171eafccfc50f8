import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Actor } from '../../core/admin/actor.ts'
import { isVorelError, type VorelError } from '../../core/errors.ts'
import type { Html } from './html.ts'
import { notice, page, problemNotice } from './page.ts'
import { isPart } from './state.ts'

export { csrfField } from './parts.ts'

const PER_OPERATOR_PER_MINUTE = 300

type Sent = Record<string, string | string[] | undefined>
export type ConsoleRequest = FastifyRequest<{ Params: Record<string, string>; Querystring: Sent; Body: Sent | undefined }>

export interface Context {
  request: ConsoleRequest
  reply: FastifyReply
  operator: Actor
}

/** Gives the HTML to answer with, or the reply where it answered by itself (`redirect`). */
export type ConsoleHandler = (context: Context) => Promise<Html | FastifyReply> | Html | FastifyReply

export interface ConsoleRoutes {
  /** `path` is what follows /console. */
  get(path: string, handler: ConsoleHandler): void
  /**
   * Where it throws a `VorelError`, the page that the form stands on is shown again with what went wrong: `from`, else what `get` shows at the same path, else
   * a page of its own.
   */
  post(path: string, handler: ConsoleHandler, from?: ConsoleHandler): void
}

/** Routes for operators who are signed in. Register a path's `get` before its `post`. */
export const consoleRoute = (app: FastifyInstance): ConsoleRoutes => {
  const shown = new Map<string, ConsoleHandler>()
  const options = {
    schema: { hide: true } as object,
    onRequest: requireSignIn,
    config: {
      rateLimit: {},
      counters: ({ consoleState: { operator } }: FastifyRequest) => [
        { key: `console:${operator?.actorId}`, max: PER_OPERATOR_PER_MINUTE },
      ],
    },
  }
  return {
    get(path, handler) {
      shown.set(path, handler)
      app.get(path, options, async (request, reply) => {
        await count(request)
        return handler(contextOf(request, reply))
      })
    },
    post(path, handler, from = shown.get(path)) {
      app.post(path, options, async (request, reply) => {
        assertOwn(request)
        await count(request)
        const context = contextOf(request, reply)
        try {
          return await handler(context)
        } catch (error) {
          if (!isVorelError(error)) throw error
          return again(context, error, from)
        }
      })
    },
  }
}

const contextOf = (request: FastifyRequest, reply: FastifyReply): Context => {
  reply.type('text/html; charset=utf-8')
  return { request: request as ConsoleRequest, reply, operator: request.consoleState.operator as Actor }
}

const count = async (request: FastifyRequest): Promise<void> => {
  if (!isPart(request)) request.consoleState.counts = await request.server.consoleCounts()
}

/** The token may stand in the form or, from htmx, in a header. */
export const assertOwn = (request: FastifyRequest): void =>
  request.server.operatorSessions.assertOwn(request, (request.body as Sent | undefined)?._csrf ?? request.headers['x-csrf-token'])

const again = (context: Context, error: VorelError, from: ConsoleHandler | undefined): ReturnType<ConsoleHandler> => {
  const { request, reply } = context
  reply.code(error.status)
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  request.consoleState.notices.push(problemNotice(error))
  return from ? from(context) : page(request, { title: 'That did not work', body: [] })
}

async function requireSignIn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.consoleState.operator) return
  const to = request.method === 'GET' && !isPart(request) ? `?to=${encodeURIComponent(request.url)}` : ''
  await redirect(reply, `/console/sign-in${to}`)
}

/** To another page of the console; `done` is told there, once. */
export const redirect = (reply: FastifyReply, to: string, done?: string): FastifyReply => {
  const { request } = reply
  if (done !== undefined) reply.setCookie(noticeCookie(request), done, { ...cookieOptions(request), maxAge: 60 })
  return isPart(request) ? reply.header('hx-redirect', to).code(204).send() : reply.redirect(to, 303)
}

export const cookieOptions = ({ server }: FastifyRequest) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure: server.operatorSessions.isSecure }) as const

const noticeCookie = ({ server }: FastifyRequest): string => `${server.operatorSessions.cookieName}_notice`

/** What the page before had to tell. */
export const takeNotice = (request: FastifyRequest, reply: FastifyReply): void => {
  const told = request.cookies[noticeCookie(request)]
  if (!told || isPart(request) || request.method !== 'GET') return
  reply.clearCookie(noticeCookie(request), cookieOptions(request))
  request.consoleState.notices.push(notice('good', told.slice(0, 500)))
}

const first = (value: string | string[] | undefined): string => (Array.isArray(value) ? value[0] : value) ?? ''

/** What a form's field was filled in with, or the address's query has; empty where it was not. */
export const sent = ({ body }: ConsoleRequest, name: string): string => first(body?.[name])
export const asked = ({ query }: ConsoleRequest, name: string): string => first(query[name])
/** All values of check boxes of one name. */
export const sentAll = ({ body }: ConsoleRequest, name: string): string[] => [body?.[name] ?? []].flat()
