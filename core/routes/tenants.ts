import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { TenantParams } from '../../schemas/connections.ts'
import * as schemas from '../../schemas/operate.ts'
import { createKey, listKeys, revokeKey } from '../admin/keys.ts'
import { createTenant, listTenants, renameTenant, tenantOf } from '../admin/tenants.ts'
import { operatorRoute } from './operator.ts'

const PATH = '/api/tenants'
const PAGE_ROWS = 50
const none = Type.Object({})

/** The platform's customers. */
export const tenantRoutes = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const route = operatorRoute(app)
  const shown = async (id: string) => {
    const { name, region } = await tenantOf(database, id)
    return { id, name, region }
  }
  app.get<{ Querystring: schemas.TenantsQuery }>(
    PATH,
    route('Tenants, a page at a time', { params: none, querystring: schemas.TenantsQuery, response: { 200: schemas.Tenants } }),
    async ({ query: { after, limit, ...filter } }) => {
      const rows = limit === undefined ? PAGE_ROWS : Number(limit)
      const tenants = await listTenants(database, { ...filter, afterId: after, limit: rows + 1 })
      return { tenants: tenants.slice(0, rows), next: tenants.length > rows ? tenants[rows - 1]?.id : null }
    },
  )
  app.post<{ Body: schemas.NewTenant }>(
    PATH,
    route('Add a tenant', { params: none, body: schemas.NewTenant, response: { 201: schemas.ShownTenant } }),
    async ({ body: { id, name = id, region = 'US' }, operator }, reply) => {
      await createTenant(deps, database, operator, { id, name, region })
      return reply.code(201).send(await shown(id))
    },
  )
  app.get<{ Params: TenantParams }>(
    `${PATH}/:tenant_id`,
    route('One tenant', { response: { 200: schemas.ShownTenant } }),
    ({ params }) => shown(params.tenant_id),
  )
  app.patch<{ Params: TenantParams; Body: schemas.TenantChange }>(
    `${PATH}/:tenant_id`,
    route('Rename a tenant', { body: schemas.TenantChange, response: { 200: schemas.ShownTenant } }),
    async ({ params: { tenant_id: id }, body: { name }, operator, id: requestId }) => {
      await renameTenant(deps, database, { ...operator, requestId }, { id, name })
      return shown(id)
    },
  )
}

/** A tenant's API keys. */
export const keyRoutes = async (app: FastifyInstance): Promise<void> => {
  const { pipeline: deps, database } = app
  const route = operatorRoute(app)
  app.get<{ Params: TenantParams }>(
    `${PATH}/:tenant_id/keys`,
    route('API keys, by their first characters', { response: { 200: schemas.Keys } }),
    async ({ params: { tenant_id } }) => {
      await tenantOf(database, tenant_id)
      const keys = await listKeys(database, tenant_id)
      const iso = (time: string) => new Date(time).toISOString()
      return {
        keys: keys.map(({ id, prefix, scopes, created_at, revoked_at }) => {
          return { id, prefix, scopes, created_at: iso(created_at), revoked_at: revoked_at && iso(revoked_at) }
        }),
      }
    },
  )
  app.post<{ Params: TenantParams; Body: schemas.NewKey }>(
    `${PATH}/:tenant_id/keys`,
    route('Make an API key, shown this once', { body: schemas.NewKey, response: { 201: schemas.MadeKey } }),
    async ({ params: { tenant_id: tenantId }, body, operator }, reply) => {
      const made = await createKey(deps, database, { ...operator, tenantId, scopes: [...new Set(body.scopes)] })
      return reply.code(201).header('cache-control', 'no-store').send(made)
    },
  )
  app.delete<{ Params: schemas.KeyParams }>(
    `${PATH}/:tenant_id/keys/:key_id`,
    route('End an API key, from the next request on', { params: schemas.KeyParams, response: { 200: schemas.RevokedKey } }),
    async ({ params: { tenant_id: tenantId, key_id: id }, operator }) => {
      await revokeKey(deps, database, { ...operator, tenantId, id })
      return { id, revoked: true as const }
    },
  )
}
