import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { TenantParams } from '../../schemas/connections.ts'
import { Drift } from '../../schemas/field.ts'
import { acceptDrift, checkDrift } from '../drift/accept.ts'
import type { Watching } from '../drift/watch.ts'
import { operatorRoute } from './operator.ts'

/** What watching needs of a running service. */
export const watching = ({ database, log, metrics }: FastifyInstance): Watching => ({
  database,
  log,
  observe: (provider, kind) => metrics.fieldDrifted(provider, kind),
})

/** What the provider changed under a tenant's mapping: looked at each day by itself, and here at once. */
export const driftRoutes = async (app: FastifyInstance): Promise<void> => {
  const route = operatorRoute(app)
  const schema = { response: { 200: Type.Object({ drift: Type.Array(Drift) }) } }
  app.post<{ Params: TenantParams }>(
    '/api/tenants/:tenant_id/drift/check',
    route('Compare mapped fields with what the CRM has now', schema, { asksProvider: true }),
    async ({ params, operator }) => ({
      drift: await checkDrift(app.pipeline, watching(app), { ...operator, tenantId: params.tenant_id }),
    }),
  )
  app.post<{ Params: TenantParams }>(
    '/api/tenants/:tenant_id/drift/accept',
    route('Take new names and newly required fields as they are; gives what is left to do', schema, { asksProvider: true }),
    async ({ params, operator }) => ({
      drift: await acceptDrift(app.pipeline, watching(app), { ...operator, tenantId: params.tenant_id }),
    }),
  )
}
