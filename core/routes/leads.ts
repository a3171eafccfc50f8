import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import * as schemas from '../../schemas/leads.ts'
import { listLeads, retryLead } from '../admin/leads.ts'
import { VorelError } from '../errors.ts'
import { acceptLead, isAnother, reused } from '../leads/accept.ts'
import { showLead } from '../leads/show.ts'
import { erased } from '../verbs/person.ts'
import { operatorRoute } from './operator.ts'
import { problemResponses } from './problems.ts'

const SCOPE = 'leads:write'
const shared = { tags: ['Public'], security: [{ apiKey: [] }] }

/** Leads that are kept whatever the CRM does: for servers that hand them in, and for operators who look after them. */
export const leadRoutes = async (app: FastifyInstance): Promise<void> => {
  app.post<{ Body: schemas.LeadRequest }>('/v1/leads', {
    config: { verb: 'create_lead', rateLimit: {} },
    onRequest: app.requireKey(SCOPE),
    schema: {
      ...shared,
      summary: 'Hand in a lead: it is kept, and becomes a record at the CRM once, in the order of acceptance',
      description: `Scope \`${SCOPE}\`. 201: the record is there. 202: the lead is kept; \`state\` and \`error_code\` say what it waits for.`,
      body: schemas.LeadRequest,
      response: {
        201: schemas.ShownLead,
        202: schemas.ShownLead,
        ...problemResponses([400, 401, 403, 410, 413, 415, 422, 429, 500, 503]),
      },
    },
    handler: async (request, reply) => {
      const { caller, body } = request
      const input = { object: 'lead', ...body }
      const kept = await acceptLead(app.pipeline, app.leads.store, caller, input)
      const known = { access: caller.access, fields: body.fields }
      const isErased = kept.lead.state === 'erased'
      const isRefused = isErased || isAnother(kept, input)
      const lead = await app.leads.deliverer.settled(kept, known, isRefused ? 0 : app.callOptions(request).deadlineMs)
      if (isRefused) throw isErased ? erased() : reused()
      if (!kept.isNew) reply.header('idempotent-replayed', 'true')
      return reply.code(lead.state === 'done' ? 201 : 202).send(showLead(lead))
    },
  })
  app.get<{ Params: schemas.LeadParams }>('/v1/leads/:id', {
    config: { verb: 'get_lead', rateLimit: {} },
    onRequest: app.requireKey(SCOPE),
    schema: {
      ...shared,
      summary: 'What became of a lead',
      description: `Scope \`${SCOPE}\`.`,
      params: schemas.LeadParams,
      response: { 200: schemas.ShownLead, ...problemResponses([400, 401, 403, 404, 410, 429, 500]) },
    },
    handler: async ({ caller, params }) => {
      const found = await app.leads.store.find(caller.access.tenant.id, params.id)
      if (!found) throw new VorelError('not_found', 'There is no lead of this id.')
      if (found.state === 'erased') throw erased()
      return showLead(found)
    },
  })
  operatorRoutes(app)
}

const operatorRoutes = (app: FastifyInstance): void => {
  const { pipeline: deps, database } = app
  const route = operatorRoute(app)
  app.get<{ Querystring: schemas.LeadsQuery }>(
    '/api/leads',
    route('Leads that are not done, or those of one state', {
      params: Type.Object({}),
      querystring: schemas.LeadsQuery,
      response: { 200: schemas.ListedLeads },
    }),
    async ({ query }) => ({ leads: await listLeads(database, { tenantId: query.tenant_id, state: query.state }) }),
  )
  app.post<{ Params: schemas.TenantLeadParams }>(
    '/api/leads/:tenant_id/:id/retry',
    route('Send a refused lead again', { params: schemas.TenantLeadParams, response: { 202: { type: 'null' } } }),
    async ({ params, operator, id: requestId }, reply) => {
      await retryLead(deps, database, operator, { tenantId: params.tenant_id, id: params.id, requestId })
      app.jobs.deliverLater(0)
      return reply.code(202).send(null)
    },
  )
}
