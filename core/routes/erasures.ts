import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import * as schemas from '../../schemas/erasure.ts'
import { resolveTarget, retryErasure, startErasure } from '../erasure/erasures.ts'
import type { Erasing } from '../erasure/run.ts'
import { listErasures, showErasure } from '../erasure/show.ts'
import { operatorRoute } from './operator.ts'

const PATH = '/api/tenant/forget'

/** What the jobs need of a running service. */
export const erasing = ({ database, log }: FastifyInstance): Erasing => ({ database, log })

/** Persons who asked to be forgotten, for operators: everywhere, with evidence. */
export const erasureRoutes = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const route = operatorRoute(app)
  const shown = { 200: schemas.ShownErasure }
  app.post<{ Body: schemas.ForgetRequest }>(
    PATH,
    route('Forget a person: here, and by deletes at the CRM', {
      params: Type.Object({}),
      body: schemas.ForgetRequest,
      response: {
        ...shown,
        202: { description: 'Begun; its state is at the same address with its id', ...schemas.ShownErasure },
      },
    }),
    async ({ body: { tenant_id, ...keys }, operator }, reply) => {
      const { erasureId, isNew } = await startErasure(deps, database, operator, { tenantId: tenant_id, ...keys })
      return reply.code(isNew ? 202 : 200).send(await showErasure(deps, database, erasureId))
    },
  )
  app.get<{ Querystring: schemas.ErasureQuery }>(
    PATH,
    route('Erasures of a tenant, or of all, the newest first', {
      params: Type.Object({}),
      querystring: schemas.ErasureQuery,
      response: { 200: Type.Object({ erasures: Type.Array(schemas.ListedErasure) }) },
    }),
    async ({ query }) => ({ erasures: await listErasures(database, query.tenant_id) }),
  )
  app.get<{ Params: schemas.ErasureParams }>(
    `${PATH}/:id`,
    route('How an erasure stands, and its certificate once it is done', { params: schemas.ErasureParams, response: shown }),
    ({ params }) => showErasure(deps, database, params.id),
  )
  app.post<{ Params: schemas.TargetParams }>(
    `${PATH}/:id/targets/:n/resolve`,
    route('Say that what waited for a person is dealt with', { params: schemas.TargetParams, response: shown }),
    async ({ params: { id, n }, operator }) => {
      await resolveTarget(deps, database, operator, { erasureId: id, n: Number(n) })
      return showErasure(deps, database, id)
    },
  )
  app.post<{ Params: schemas.ErasureParams }>(
    `${PATH}/:id/retry`,
    route('Try again what failed or waits for a person', { params: schemas.ErasureParams, response: shown }),
    async ({ params: { id }, operator }) => {
      await retryErasure(deps, database, operator, { erasureId: id })
      return showErasure(deps, database, id)
    },
  )
}
