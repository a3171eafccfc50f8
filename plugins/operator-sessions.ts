import { fastifyCookie } from '@fastify/cookie'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Actor } from '../core/admin/actor.ts'
import { VorelError } from '../core/errors.ts'
import { newBrowserId, OperatorSessions } from '../core/operators/sessions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    operatorSessions: BrowserSessions
  }
}

export interface BrowserSessions {
  store: OperatorSessions
  /** Cookies go over https alone, unless this is a machine of one's own. */
  isSecure: boolean
  cookieName: string
  /** What the browser is known by; null before its first page. */
  idOf(request: FastifyRequest): string | null
  operatorOf(request: FastifyRequest): Promise<Actor | null>
  /** Throws where an unsafe request is not plainly one of our own pages'. */
  assertOwn(request: FastifyRequest, token: unknown): void
  newId(): string
}

const ID = /^[\w-]{43}$/

/** Console sessions: for the console's own pages, and for the operators' API under the same browser. */
export default fp<{ publicUrl: string }>(
  async (app, { publicUrl }) => {
    const { host, protocol } = new URL(publicUrl)
    const isSecure = protocol === 'https:'
    const cookieName = isSecure ? '__Host-vorel_console' : 'vorel_console'
    const store = new OperatorSessions(app.database.pool, app.pipeline.signingKey.macKey('console csrf'))
    const idOf = ({ headers }: FastifyRequest) => {
      const id = fastifyCookie.parse(headers.cookie ?? '')[cookieName] ?? ''
      return ID.test(id) ? id : null
    }
    app.decorate('operatorSessions', {
      store,
      isSecure,
      cookieName,
      idOf,
      newId: newBrowserId,
      operatorOf: async (request) => {
        const id = idOf(request)
        const operator = id && (await store.see(id))
        return operator ? { actorType: 'platform_operator', actorId: operator } : null
      },
      assertOwn: (request, token) => {
        const id = idOf(request)
        if (!isOwnPage(request, host) || !id || !store.isCsrfToken(id, token))
          throw new VorelError(
            'forbidden',
            'This request did not come from a page of this console as it is open now. Load the page again and repeat it.',
          )
      },
    } satisfies BrowserSessions)
  },
  { name: 'operator-sessions', dependencies: ['database', 'pipeline'], fastify: '5.x' },
)

/** By what browsers say of where a request comes from; the token decides where they say nothing. */
const isOwnPage = ({ headers, host: asked }: FastifyRequest, publicHost: string): boolean => {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  if (headers.origin === undefined) return true
  const origin = URL.parse(headers.origin)?.host
  return origin !== undefined && [publicHost, asked].includes(origin)
}
