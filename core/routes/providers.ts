import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import * as schemas from '../../schemas/operate.ts'
import { listProviders } from '../admin/providers.ts'
import { applySwitch } from '../switches/apply.ts'
import { planSwitch } from '../switches/plan.ts'
import { operatorRoute } from './operator.ts'

const PATH = '/api/providers'

/** Providers and their switches. */
export const providerRoutes = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const route = operatorRoute(app)
  app.get(
    PATH,
    route('Every provider found: on, off, reserved or refused', {
      params: Type.Object({}),
      response: { 200: schemas.Providers },
    }),
    async () => ({ providers: await listProviders(deps, database) }),
  )
  app.get<{ Params: schemas.ProviderParams; Querystring: schemas.PlanQuery }>(
    `${PATH}/:slug/plan`,
    route('What switching a provider would do', {
      params: schemas.ProviderParams,
      querystring: schemas.PlanQuery,
      response: { 200: schemas.SwitchPlan },
    }),
    async ({ params: { slug: provider }, query }) => {
      const { tenantCount, inFlight, ...plan } = await planSwitch(deps, database, { provider, isOn: query.on === 'true' })
      return { ...plan, tenant_count: tenantCount, in_flight: inFlight }
    },
  )
  app.post<{ Params: schemas.ProviderParams; Body: schemas.SwitchRequest }>(
    `${PATH}/:slug/switch`,
    route('Switch a provider for all processes; calls under way finish, credentials stay', {
      params: schemas.ProviderParams,
      body: schemas.SwitchRequest,
      response: { 200: schemas.Switched },
    }),
    ({ params: { slug: provider }, body, operator, id: requestId }) =>
      applySwitch(deps, database, { ...operator, requestId }, { provider, isOn: body.on }),
  )
}
