import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as requests from '../../schemas/requests.ts'
import { VorelError } from '../errors.ts'
import { createRecord } from '../verbs/create.ts'
import { listRecent, lookupCustomer, searchRecords } from '../verbs/reads.ts'
import { updateRecord } from '../verbs/update.ts'

const DAY_MS = 86_400_000

/** The five verbs as handlers: public routes and agent tools differ in who calls, not in what is done. */
export const verbHandlers = (app: FastifyInstance) => {
  const { pipeline: deps } = app
  const around = (request: FastifyRequest) => [deps, request.caller, app.callOptions(request)] as const
  return {
    lookup_customer: (request: FastifyRequest) =>
      lookupCustomer(...around(request), request.body as requests.LookupCustomerRequest),
    search_records: (request: FastifyRequest) => {
      const { object, query, limit = 20 } = request.body as requests.SearchRecordsRequest
      return searchRecords(...around(request), { object, query, limit })
    },
    list_recent: (request: FastifyRequest) => {
      const { object, since, limit = 20 } = request.body as requests.ListRecentRequest
      const from = since === undefined ? new Date(Date.now() - DAY_MS) : new Date(since)
      return listRecent(...around(request), { object, since: from.toISOString(), limit })
    },
    create_record: async (request: FastifyRequest, reply: FastifyReply) => {
      const body = request.body as requests.CreateRecordToolRequest
      const idempotency_key = body.idempotency_key ?? derivedKey(request)
      const { created, isReplayed } = await createRecord(...around(request), {
        object: body.object,
        fields: body.fields,
        idempotency_key,
      })
      if (isReplayed) reply.header('idempotent-replayed', 'true')
      return reply.code(201).send(created)
    },
    update_record: (request: FastifyRequest) => updateRecord(...around(request), request.body as requests.UpdateRecordRequest),
  }
}

export type Verb = keyof ReturnType<typeof verbHandlers>

const derivedKey = ({ caller, turnId }: FastifyRequest): string => {
  if (turnId) return `${caller.conversationId}:${turnId}`
  throw new VorelError('invalid_request', 'Send an idempotency_key, or a token with a turn_id to derive it from.')
}

/** What each verb takes and gives, for the check and for OpenAPI. */
export const verbSchemas = {
  lookup_customer: {
    summary: 'Find a customer by phone, e-mail or id',
    body: requests.LookupCustomerRequest,
    ok: 200,
    answer: requests.LookupCustomerResponse,
  },
  search_records: {
    summary: 'Search records of an object',
    body: requests.SearchRecordsRequest,
    ok: 200,
    answer: requests.SearchRecordsResponse,
  },
  list_recent: {
    summary: 'List records changed lately, newest first',
    body: requests.ListRecentRequest,
    ok: 200,
    answer: requests.ListRecentResponse,
  },
  create_record: {
    summary: 'Create a record, once per key',
    body: requests.CreateRecordRequest,
    ok: 201,
    answer: requests.CreateRecordResponse,
  },
  update_record: {
    summary: 'Change some fields of a record',
    body: requests.UpdateRecordRequest,
    ok: 200,
    answer: requests.UpdateRecordResponse,
  },
} as const
