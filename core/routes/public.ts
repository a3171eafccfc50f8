import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { OperationResponse } from '../../schemas/requests.ts'
import type { Scope } from '../../schemas/scopes.ts'
import { IdempotencyKey } from '../../schemas/text.ts'
import { VorelError } from '../errors.ts'
import { responseOf } from '../vault/keyring.ts'
import { type Created, progressIn } from '../verbs/create.ts'
import { erased } from '../verbs/person.ts'
import { problemResponses, VERB_PROBLEMS } from './problems.ts'
import { type Verb, verbHandlers, verbSchemas } from './verbs.ts'

const SCOPE: Record<Verb, Scope> = {
  lookup_customer: 'crm:read',
  search_records: 'crm:read',
  list_recent: 'crm:read',
  create_record: 'crm:write',
  update_record: 'crm:write',
}

/** The public API: one POST a verb, and the state of a create by its key. */
export const publicRoutes = async (app: FastifyInstance): Promise<void> => {
  const handlers = verbHandlers(app)
  for (const [verb, scope] of Object.entries(SCOPE) as [Verb, Scope][]) {
    const { summary, body, ok, answer } = verbSchemas[verb]
    app.post(`/v1/crm/${verb.replace('_', '-')}`, {
      config: { verb, rateLimit: {} },
      onRequest: app.requireKey(scope),
      schema: {
        tags: ['Public'],
        summary,
        description: `Scope \`${scope}\`.`,
        security: [{ apiKey: [] }],
        body,
        response: { [ok]: answer, ...problemResponses(VERB_PROBLEMS) },
      },
      handler: handlers[verb],
    })
  }
  app.get<{ Params: { idempotency_key: string } }>('/v1/crm/operations/:idempotency_key', {
    config: { verb: 'get_operation', rateLimit: {} },
    onRequest: app.requireKey('crm:read'),
    schema: {
      tags: ['Public'],
      summary: 'What became of a create',
      description: 'Scope `crm:read`.',
      security: [{ apiKey: [] }],
      params: Type.Object({ idempotency_key: IdempotencyKey }),
      response: { 200: OperationResponse, ...problemResponses([400, 401, 403, 404, 410, 429, 500]) },
    },
    handler: ({ params, caller }) => operation(app, caller.access.tenant.id, params.idempotency_key),
  })
}

const operation = async ({ pipeline }: FastifyInstance, tenantId: string, idempotencyKey: string): Promise<OperationResponse> => {
  const found = await pipeline.operations.find({ tenantId, idempotencyKey })
  if (!found) throw new VorelError('operation_not_found', 'No create was made with this idempotency_key.')
  if (found.state === 'erased') throw erased()
  const progress = Object.entries(await progressIn(pipeline, found, found.progress))
  const created_so_far = progress.map(([object, { external_id, record_url }]) => ({ object, external_id, record_url }))
  return {
    idempotency_key: idempotencyKey,
    state: found.state,
    provider: found.provider,
    object: found.object,
    result: found.response && (await pipeline.keyring.open<Created>(found.response, responseOf(tenantId, idempotencyKey))),
    ...(created_so_far.length && { created_so_far }),
    error_code: found.errorCode,
    created_at: found.createdAt,
    updated_at: found.updatedAt,
  }
}
