import { createHash } from 'node:crypto'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isVorelError } from '../errors.ts'
import { cookieNameOf } from '../oauth/flow.ts'
import { finishSignIn, type SignInEnd } from '../oauth/flow-finish.ts'
import { endPage, PAGE_HEADERS, page } from './oauth-page.ts'

const PER_ADDRESS_PER_MINUTE = 120

type CallbackRequest = FastifyRequest<{ Params: { slug: string } }>

/** Where providers send the browser back to. What the query holds is used once, and neither told nor written anywhere. */
export const oauthRoutes = async (app: FastifyInstance): Promise<void> => {
  app.get<{ Params: { slug: string } }>(
    '/oauth/callback/:slug',
    {
      exposeHeadRoute: false, // a look at the address must not use it up
      schema: { hide: true } as object,
      config: { rateLimit: {}, counters: ({ ip }) => [{ key: `callback:${shortHash(ip)}`, max: PER_ADDRESS_PER_MINUTE }] },
      errorHandler: fault,
    },
    async (request, reply) => {
      reply.headers(PAGE_HEADERS)
      if (isAhead(request)) return reply.code(503).send(aheadPage(request.id))
      const end = await finish(app, request)
      return reply.code(end.status).send(endPage(end, request.id))
    },
  )
}

const finish = async ({ pipeline, database }: FastifyInstance, request: CallbackRequest): Promise<SignInEnd> => {
  const parameters = new URL(request.raw.url ?? '/', 'http://callback').searchParams
  const cookie = cookieIn(request.headers.cookie, cookieNameOf(parameters.get('state') ?? ''))
  const { slug: provider } = request.params
  const end = await finishSignIn(pipeline, database, { provider, parameters, cookie, requestId: request.id })
  const { code, tenantId, cause } = end
  const known = end.provider === null ? null : provider
  const fields = { provider: known, tenantId, code }
  if (code === 'internal') request.log.error({ ...fields, ...placeOf(cause) }, 'sign-in')
  else request.log.info(fields, 'sign-in')
  return end
}

/** A browser that fetches what its user may open next has no business here yet. */
const isAhead = ({ headers }: FastifyRequest): boolean =>
  ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) => /prefetch|prerender|preview/i.test(String(headers[name] ?? '')))

const aheadPage = (requestId: string): string =>
  page({
    heading: 'Not yet',
    isGood: false,
    lines: ['This page finishes a sign-in and is not fetched ahead. Open it.'],
    requestId,
  })

const cookieIn = (header: string | undefined, name: string): string | null => {
  const pair = (header ?? '').split(/; */).find((one) => one.startsWith(`${name}=`))
  return pair === undefined ? null : pair.slice(name.length + 1)
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** What kept the callback from being looked at: our limits, or a fault of ours. */
const fault = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const isKnown = isVorelError(error)
  if (!isKnown) request.log.error(placeOf(error), 'sign-in')
  if (isKnown && error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  const lines = [
    isKnown ? error.message : 'Something failed inside Vorel; its log says more. Start the sign-in again in a while.',
  ]
  return reply
    .code(isKnown ? error.status : 500)
    .headers(PAGE_HEADERS)
    .send(page({ heading: 'The sign-in did not succeed', isGood: false, lines, requestId: request.id }))
}

/** Type and place of an unexpected error: its message may hold what it failed on. */
const placeOf = (error: unknown) => {
  const { name: type, stack = '' } = (error ?? {}) as Partial<Error>
  return {
    type,
    stack: stack
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8)
      .join('\n'),
  }
}
