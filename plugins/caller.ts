import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Caller } from '../core/caller.ts'
import { VorelError } from '../core/errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication; reading it on a route without one is an error. */
    caller: Caller
    knownCaller: Caller | null
  }
  interface FastifyContextConfig {
    /** The verb that a route is for, as limits and audit name it. */
    verb?: string
  }
}

/** Who makes the request. */
export default fp(
  async (app) => {
    app.decorateRequest('knownCaller', null)
    app.decorateRequest('caller', {
      getter(this: FastifyRequest) {
        if (this.knownCaller) return this.knownCaller
        throw new VorelError('unauthenticated', 'No valid key or token came with the request.')
      },
      setter(this: FastifyRequest, caller: Caller) {
        this.knownCaller = caller
      },
    })
  },
  { name: 'request-caller', fastify: '5.x' },
)

/** The token of `Authorization: Bearer …`, or an error that says how to send one. */
export const bearer = (request: FastifyRequest, what: string): string => {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ')
  if (scheme?.toLowerCase() === 'bearer' && token) return token
  throw new VorelError('unauthenticated', `Send ${what} as 'Authorization: Bearer …'.`)
}
