import type { FastifyInstance, FastifyRequest } from 'fastify'
import { TenantParams } from '../../schemas/connections.ts'
import { problemResponses } from './problems.ts'

const PER_OPERATOR_PER_MINUTE = 120

/** What all routes of operators about one tenant have in common; those that ask its provider may also fail as that does. */
export const operatorRoute =
  (app: FastifyInstance) =>
  (summary: string, schema: { response: object } & Record<string, unknown>, { asksProvider = false } = {}) => ({
    config: {
      rateLimit: {},
      counters: ({ operator }: FastifyRequest) => [{ key: `operator:${operator.actorId}`, max: PER_OPERATOR_PER_MINUTE }],
    },
    onRequest: app.requireOperator(),
    schema: {
      tags: ['Operator'],
      summary,
      security: [{ operatorToken: [] }],
      params: TenantParams,
      ...schema,
      response: {
        ...schema.response,
        ...problemResponses([400, 401, 403, 404, 409, 422, 429, 500]),
        ...(asksProvider && problemResponses([424, 503, 504])),
        ...('body' in schema && problemResponses([413, 415])),
      },
    },
  })
