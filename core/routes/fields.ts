import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { TenantParams } from '../../schemas/connections.ts'
import { FieldsQuery, ShownFields } from '../../schemas/mapping.ts'
import { CreateRecordRequest } from '../../schemas/requests.ts'
import { describedFields, shownFields } from '../admin/fields.ts'
import { operatorRoute } from './operator.ts'

const FieldsParams = Type.Object({ ...TenantParams.properties, object: CreateRecordRequest.properties.object })
type FieldsParams = Static<typeof FieldsParams>

/** The fields of a tenant's CRM, for whoever maps to them. */
export const fieldRoutes = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const schema = { params: FieldsParams, querystring: FieldsQuery, response: { 200: ShownFields } }
  app.get<{ Params: FieldsParams; Querystring: FieldsQuery }>(
    '/api/tenants/:tenant_id/fields/:object',
    operatorRoute(app)("The fields of an object at the tenant's CRM", schema, { asksProvider: true }),
    async ({ params, query, operator: actor, id }) => {
      const options = { refresh: query.refresh === 'true', actor, requestId: id }
      return shownFields(await describedFields(deps, database, params.tenant_id, params.object, options))
    },
  )
}
