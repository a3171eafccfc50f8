import type { FastifyInstance } from 'fastify'
import { type RecordParams, RecordParams as RecordParamsSchema } from '../../schemas/connections.ts'
import { DeleteRecordOutput } from '../../schemas/verbs.ts'
import { tenantOf } from '../admin/tenants.ts'
import { deleteRecord } from '../verbs/delete.ts'
import { operatorRoute } from './operator.ts'

/** A record at the tenant's CRM, for operators: agents and API keys delete nothing. */
export const recordRoutes = async (app: FastifyInstance): Promise<void> => {
  app.delete<{ Params: RecordParams }>(
    '/api/tenants/:tenant_id/records/:object/:external_id',
    operatorRoute(app)(
      'Delete a record at the CRM',
      { params: RecordParamsSchema, response: { 200: DeleteRecordOutput } },
      { asksProvider: true },
    ),
    async (request) => {
      const { tenant_id, object, external_id } = request.params
      await tenantOf(app.database, tenant_id)
      const access = await app.pipeline.access.byTenant(tenant_id)
      if (!access) throw new Error(`Tenant ${tenant_id} is there and cannot be read`)
      const caller = { ...request.operator, access, requestId: request.id, conversationId: null }
      return deleteRecord(app.pipeline, caller, app.callOptions(request), { object, external_id })
    },
  )
}
