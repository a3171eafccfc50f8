import type { FastifyInstance, FastifyRequest } from 'fastify'
import { TenantParams } from '../../schemas/connections.ts'
import { problemResponses } from './problems.ts'

const PER_OPERATOR_PER_MINUTE = 120

/** What the routes for operators share: who may, how often, and how they are told in OpenAPI. */
export const operatorRoute =
  (app: FastifyInstance) => (summary: string, schema: { response: object } & Record<string, unknown>) => ({
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
      response: { ...schema.response, ...problemResponses([400, 401, 403, 409, 429, 500]) },
    },
  })
