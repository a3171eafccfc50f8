import type { FastifyInstance } from 'fastify'
import { CreateRecordToolRequest } from '../../schemas/requests.ts'
import type { Tool } from '../../schemas/scopes.ts'
import { problemResponses, VERB_PROBLEMS } from './problems.ts'
import { type Verb, verbHandlers, verbSchemas } from './verbs.ts'

const VERBS: Verb[] = ['lookup_customer', 'search_records', 'create_record', 'update_record', 'list_recent']

/** The same verbs for agents: a conversation's token says which tenant, and which tools. */
export const toolRoutes = async (app: FastifyInstance): Promise<void> => {
  const handlers = verbHandlers(app)
  for (const verb of VERBS) {
    const tool = `crm_${verb}` as Tool
    const { summary, body, ok, answer } = verbSchemas[verb]
    app.post(`/api/tools/${tool}`, {
      config: { verb, rateLimit: {} },
      onRequest: app.requireToken(tool),
      schema: {
        tags: ['Agent tools'],
        summary,
        ...(verb === 'create_record' && {
          description: 'Without an idempotency_key it is `<conversation_id>:<turn_id>` of the token.',
        }),
        security: [{ agentToken: [] }],
        body: verb === 'create_record' ? CreateRecordToolRequest : body,
        response: { [ok]: answer, ...problemResponses(VERB_PROBLEMS) },
      },
      handler: handlers[verb],
    })
  }
}
