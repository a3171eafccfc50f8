import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { Actor } from '../core/admin/actor.ts'
import type { Config } from '../core/config.ts'
import { VorelError } from '../core/errors.ts'
import { OPERATOR_ROLE } from '../schemas/scopes.ts'
import { bearer } from './caller.ts'
import { refused } from './jwt.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Lets in an operator of the platform. */
    requireOperator(): onRequestAsyncHookHandler
  }
  interface FastifyRequest {
    /** Set by `requireOperator`; reading it elsewhere is an error. */
    operator: Actor
    knownOperator: Actor | null
  }
}

const Claims = Compile(
  Type.Object({
    sub: Type.String({ minLength: 1, maxLength: 120, pattern: '^[\\x20-\\x7E]+$' }),
    role: Type.Literal(OPERATOR_ROLE),
    tenant_id: Type.Optional(Type.Never()),
    conversation_id: Type.Optional(Type.Never()),
  }),
)

/** Operators' tokens, trusted by the same secret or public keys as agents', and told from theirs by what they claim. */
export default fp<{ config: Pick<Config, 'jwtIssuer' | 'jwtAudience'> }>(
  async (app, { config: { jwtIssuer, jwtAudience } }) => {
    const requiredClaims = ['exp', 'sub', 'role', ...(jwtIssuer ? ['iss'] : []), ...(jwtAudience ? ['aud'] : [])]
    app.decorateRequest('knownOperator', null)
    app.decorateRequest('operator', {
      getter(this: FastifyRequest) {
        if (this.knownOperator) return this.knownOperator
        throw new VorelError('unauthenticated', "No valid operator's token came with the request.")
      },
    })
    app.decorate('requireOperator', () => async (request) => {
      const signedIn = request.headers.authorization === undefined && (await inConsole(request))
      if (signedIn) {
        request.knownOperator = signedIn
        return
      }
      bearer(request, "an operator's token (vorel tokens create --operator <name>)")
      const claims: unknown = await request.jwtVerify({ requiredClaims, cache: false }).catch((error: unknown) => {
        throw refused(error, 'exp, sub, role')
      })
      if (!Claims.Check(claims))
        throw new VorelError(
          'forbidden',
          `The token is no operator's: that has the claims sub and role '${OPERATOR_ROLE}', and names no tenant or conversation.`,
        )
      request.knownOperator = { actorType: 'platform_operator', actorId: claims.sub }
    })
  },
  { name: 'operators', dependencies: ['jwt', 'operator-sessions'], fastify: '5.x' },
)

/** Who is signed in to the console by this browser. What changes something has to come from one of its pages. */
const inConsole = async (request: FastifyRequest): Promise<Actor | null> => {
  const { operatorSessions } = request.server
  const operator = await operatorSessions.operatorOf(request)
  if (operator && !['GET', 'HEAD'].includes(request.method)) operatorSessions.assertOwn(request, request.headers['x-csrf-token'])
  return operator
}
