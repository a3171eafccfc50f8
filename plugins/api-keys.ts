import type { onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { hashApiKey } from '../core/api-key.ts'
import { VorelError } from '../core/errors.ts'
import type { AccessReader } from '../core/store/access.ts'
import type { Scope } from '../schemas/scopes.ts'
import { bearer } from './caller.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Lets in who has a key with this scope, and reads with it all that the call needs of the tenant. */
    requireKey(scope: Scope): onRequestAsyncHookHandler
  }
}

/** API keys: the hash of what was sent is looked up on every request, so that a revoked key ends at once. */
export default fp<{ access: AccessReader }>(
  async (app, { access }) => {
    app.decorate('requireKey', (scope) => async (request) => {
      const key = bearer(request, 'an API key (vk_…)')
      const found = await access.byKeyHash(hashApiKey(key))
      if (!found?.apiKey)
        throw new VorelError(
          'unauthenticated',
          'The API key is unknown or revoked. Make one: vorel keys create --tenant <tenant> --scope <scope>.',
        )
      const { id, scopes } = found.apiKey
      request.caller = { actorType: 'api_key', actorId: id, access: found, requestId: request.id, conversationId: null }
      if (!scopes.includes(scope))
        throw new VorelError('forbidden', `The API key has no scope ${scope}. Its scopes: ${scopes.join(', ') || 'none'}.`)
    })
  },
  { name: 'api-keys', dependencies: ['request-caller'], fastify: '5.x' },
)
