import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { TenantParams } from '../../schemas/connections.ts'
import * as schemas from '../../schemas/mapping.ts'
import { diffVersions, listVersions, versionOf } from '../admin/mapping-versions.ts'
import { changeMapping, restoreMapping, showMapping } from '../admin/mappings.ts'
import { previewMapping } from '../admin/preview.ts'
import { suggestMappings } from '../admin/suggest.ts'
import { operatorRoute } from './operator.ts'

const PATH = '/api/tenants/:tenant_id/mappings'

const VersionParams = Type.Object({
  ...TenantParams.properties,
  version: Type.String({ pattern: '^[1-9]\\d{0,8}$', description: 'Counts from 1' }),
})

type Of = { Params: TenantParams }

/** Where a tenant's values go, for the platform's operators and its own console. */
export const mappingRoutes = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const route = operatorRoute(app)
  const asking = { asksProvider: true }

  app.get<Of>(PATH, route("A tenant's own mapping", { response: { 200: schemas.ShownMapping } }), ({ params }) =>
    showMapping(database, params.tenant_id),
  )
  app.post<Of & { Body: schemas.ChangeMappingRequest }>(
    PATH,
    route(
      'Map slots to fields, or unmap them, checked against what the CRM says of its fields now',
      { body: schemas.ChangeMappingRequest, response: { 200: schemas.ChangedMapping } },
      asking,
    ),
    ({ params, body, operator, id }) =>
      changeMapping(deps, database, { ...operator, ...body, tenantId: params.tenant_id, requestId: id }),
  )
  app.post<Of & { Body: schemas.TestMappingRequest }>(
    `${PATH}/test`,
    route(
      'What a create would send, without sending it',
      { body: schemas.TestMappingRequest, response: { 200: schemas.MappingTest } },
      asking,
    ),
    ({ params, body, operator, id }) =>
      previewMapping(deps, database, { ...operator, ...body, tenantId: params.tenant_id, requestId: id }),
  )
  app.get<Of & { Querystring: schemas.SuggestionsQuery }>(
    `${PATH}/suggestions`,
    route(
      'Mappings that look right, for an operator to accept by setting them',
      { querystring: schemas.SuggestionsQuery, response: { 200: schemas.Suggestions } },
      asking,
    ),
    ({ params, query, operator, id }) =>
      suggestMappings(deps, database, { ...operator, ...query, tenantId: params.tenant_id, requestId: id }),
  )
  versionRoutes(app)
}

const versionRoutes = (app: FastifyInstance): void => {
  const { pipeline: deps, database } = app
  const route = operatorRoute(app)

  app.get<Of>(
    `${PATH}/versions`,
    route('Every change of the mapping, the newest first', { response: { 200: schemas.MappingVersions } }),
    ({ params }) => listVersions(database, params.tenant_id),
  )
  app.get<{ Params: Static<typeof VersionParams> }>(
    `${PATH}/versions/:version`,
    route('The mapping as it stood after a change', {
      params: VersionParams,
      response: { 200: schemas.OneMappingVersion },
    }),
    ({ params }) => versionOf(database, params.tenant_id, Number(params.version)),
  )
  app.get<Of & { Querystring: schemas.DiffQuery }>(
    `${PATH}/diff`,
    route('What became of the mapping between two versions', {
      querystring: schemas.DiffQuery,
      response: { 200: schemas.MappingDiff },
    }),
    ({ params, query: { from, to } }) =>
      diffVersions(database, params.tenant_id, {
        ...(from !== undefined && { from: Number(from) }),
        ...(to !== undefined && { to: Number(to) }),
      }),
  )
  app.post<Of & { Body: schemas.RestoreMappingRequest }>(
    `${PATH}/restore`,
    route(
      'Make the mapping what it was after an earlier change, as a new version',
      { body: schemas.RestoreMappingRequest, response: { 200: schemas.ChangedMapping } },
      { asksProvider: true },
    ),
    ({ params, body, operator, id }) =>
      restoreMapping(deps, database, { ...operator, ...body, tenantId: params.tenant_id, requestId: id }),
  )
}
