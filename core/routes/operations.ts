import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import * as schemas from '../../schemas/operations.ts'
import { adoptRecord, declareNotCreated, listUnknown } from '../admin/operations.ts'
import { operatorRoute } from './operator.ts'

type Of = { Params: schemas.OperationParams }

/** Creates whose outcome nobody could find out, for operators to look into and decide. */
export const operationRoutes = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const route = operatorRoute(app)
  app.get<{ Querystring: schemas.OperationsQuery }>(
    '/api/operations',
    route('Creates that wait for a person to find out what became of them', {
      params: Type.Object({}),
      querystring: schemas.OperationsQuery,
      response: { 200: schemas.UnknownOperations },
    }),
    async ({ query }) => ({ operations: await listUnknown(database, query.tenant_id) }),
  )
  app.post<Of & { Body: schemas.AdoptRequest }>(
    '/api/operations/:tenant_id/:idempotency_key/adopt',
    route(
      'The record is there, and this is its id',
      { params: schemas.OperationParams, body: schemas.AdoptRequest, response: { 200: schemas.Adopted } },
      { asksProvider: true },
    ),
    ({ params, body, operator, id }) =>
      adoptRecord(deps, database, operator, {
        tenantId: params.tenant_id,
        idempotencyKey: params.idempotency_key,
        externalId: body.external_id,
        object: body.object,
        requestId: id,
      }),
  )
  app.post<Of>(
    '/api/operations/:tenant_id/:idempotency_key/not-created',
    route('There is no such record: the key is free again', {
      params: schemas.OperationParams,
      response: { 200: schemas.NotCreated },
    }),
    async ({ params, operator, id }) => {
      const which = { tenantId: params.tenant_id, idempotencyKey: params.idempotency_key, requestId: id }
      const declared = await declareNotCreated(deps, database, operator, which)
      app.jobs.deliverLater(0)
      return declared
    },
  )
}
