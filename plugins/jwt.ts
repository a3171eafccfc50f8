import { KeyObject } from 'node:crypto'
import jwt, { type TokenOrHeader } from '@fastify/jwt'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { createRemoteJWKSet, type JWSHeaderParameters } from 'jose'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { Config } from '../core/config.ts'
import { VorelError } from '../core/errors.ts'
import type { AccessReader } from '../core/store/access.ts'
import { OPERATOR_ROLE, type Tool } from '../schemas/scopes.ts'
import { bearer } from './caller.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Lets in an agent whose token is for this tool. */
    requireToken(tool: Tool): onRequestAsyncHookHandler
  }
  interface FastifyRequest {
    /** The turn of the conversation, where the token names one. */
    turnId: string | null
  }
}

const Claims = Compile(
  Type.Object({
    tenant_id: Type.String({ minLength: 1, maxLength: 64 }),
    conversation_id: Type.String({ minLength: 1, maxLength: 120, pattern: '^[\\x21-\\x7E]+$' }),
    turn_id: Type.Optional(Type.String({ minLength: 1, maxLength: 120, pattern: '^[\\x21-\\x7E]+$' })),
    tools: Type.Optional(Type.Array(Type.String())),
    sub: Type.Optional(Type.String({ maxLength: 120 })),
    role: Type.Optional(Type.Unknown()),
  }),
)

export interface JwtOptions {
  access: AccessReader
  config: Pick<Config, 'jwt' | 'jwtIssuer' | 'jwtAudience'>
}

const KEPT_TOKENS = 5_000

/** Agents' tokens, by a shared secret or by public keys. A token must expire. */
export default fp<JwtOptions>(
  async (app, { access, config }) => {
    const { jwt: trust, jwtIssuer, jwtAudience } = config
    await app.register(jwt, {
      secret: 'secret' in trust ? trust.secret : remoteKeys(trust.jwksUrl),
      decode: { complete: 'jwksUrl' in trust },
      verify: {
        algorithms:
          'secret' in trust ? ['HS256', 'HS384', 'HS512'] : ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'],
        // A claim that is absent passes `allowedIss` and `allowedAud`, so it is asked for as well.
        requiredClaims: ['exp', 'tenant_id', 'conversation_id', ...(jwtIssuer ? ['iss'] : []), ...(jwtAudience ? ['aud'] : [])],
        cache: KEPT_TOKENS,
        ...(jwtIssuer && { allowedIss: jwtIssuer }),
        ...(jwtAudience && { allowedAud: jwtAudience }),
      },
    })
    app.decorateRequest('turnId', null)
    app.decorate('requireToken', (tool) => async (request) => {
      bearer(request, "an agent's token (JWT)")
      const claims: unknown = await request.jwtVerify().catch((error: unknown) => {
        throw refused(error, 'exp, tenant_id, conversation_id')
      })
      if (!Claims.Check(claims))
        throw new VorelError('unauthenticated', 'The token needs the claims tenant_id and conversation_id, as texts.')
      if (claims.role === OPERATOR_ROLE)
        throw new VorelError('forbidden', "The token is an operator's. Agents' tools take a conversation's token.")
      const found = await access.byTenant(claims.tenant_id)
      if (!found) throw new VorelError('forbidden', "The token's tenant does not exist here.")
      request.turnId = claims.turn_id ?? null
      request.caller = {
        actorType: 'tool',
        actorId: claims.sub ?? 'agent',
        access: found,
        requestId: request.id,
        conversationId: claims.conversation_id,
      }
      if (claims.tools && !claims.tools.includes(tool))
        throw new VorelError('forbidden', `The token does not allow the tool ${tool}.`)
    })
  },
  { name: 'jwt', dependencies: ['request-caller'], fastify: '5.x' },
)

/** `claims`: those that the token has to have. */
export const refused = (error: unknown, claims: string): VorelError => {
  const { code = '' } = error as { code?: string }
  if (code.includes('EXPIRED')) return new VorelError('unauthenticated', 'The token has expired. Send a new one.')
  return new VorelError(
    'unauthenticated',
    `The token is not valid here: signature, algorithm, issuer, audience or a required claim (${claims}) is wrong.`,
  )
}

/** Public keys from the address of a key set, fetched when first needed and kept. */
const remoteKeys = (url: string) => {
  const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: 5_000 })
  return async (_: FastifyRequest, token: TokenOrHeader): Promise<string> => {
    const header = 'header' in token ? token.header : token
    return KeyObject.from(await keys(header as JWSHeaderParameters)).export({ type: 'spki', format: 'pem' }) as string
  }
}
