import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Caller } from '../core/caller.ts'
import { VorelError } from '../core/errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication; reading it on a route without one is an error. */
    caller: Caller
  }
  interface FastifyContextConfig {
    /** The verb that a route is for, as limits and audit name it. */
    verb?: string
  }
}

const callers = new WeakMap<FastifyRequest, Caller>()

/** Who makes the request. */
export default fp(
  async (app) => {
    app.decorateRequest('caller', {
      getter(this: FastifyRequest) {
        const caller = callers.get(this)
        if (!caller) throw new VorelError('unauthenticated', 'No valid key or token came with the request.')
        return caller
      },
      setter(this: FastifyRequest, caller: Caller) {
        callers.set(this, caller)
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
