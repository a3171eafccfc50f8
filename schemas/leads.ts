import Type, { type Static } from 'typebox'
import { TenantParams } from './connections.ts'
import { CreateRecordToolRequest } from './requests.ts'
import { Nullable } from './text.ts'

const { object, fields, idempotency_key } = CreateRecordToolRequest.properties
const When = Type.String({ format: 'date-time' })
const Id = Type.String({ format: 'uuid' })
const State = Type.Enum(['waiting', 'done', 'refused', 'outcome_unknown', 'erased'])

export const LeadRequest = Type.Object(
  { fields, idempotency_key, object: Type.Optional(object) },
  { additionalProperties: false, description: "`object`: 'lead', unless given; a CRM without leads takes its people instead" },
)
export type LeadRequest = Static<typeof LeadRequest>

export const LeadParams = Type.Object({ id: Id })
export type LeadParams = Static<typeof LeadParams>

export const ShownLead = Type.Object({
  id: Id,
  state: State,
  object: Type.String(),
  idempotency_key: Type.String(),
  operation_key: Type.String({ description: 'The idempotency key of the create that it becomes' }),
  provider: Nullable(Type.String({ description: 'Where it was last tried' })),
  external_id: Nullable(Type.String({ description: 'The record id at the CRM, once it is there' })),
  record_url: Nullable(Type.String()),
  error_code: Nullable(Type.String({ description: 'Why it waits, or how it ended' })),
  error_detail: Nullable(Type.String()),
  attempts: Type.Integer(),
  next_at: Nullable(When),
  created_at: When,
  updated_at: When,
})
export type ShownLead = Static<typeof ShownLead>

export const LeadsQuery = Type.Object(
  { tenant_id: Type.Optional(TenantParams.properties.tenant_id), state: Type.Optional(State) },
  { additionalProperties: false },
)
export type LeadsQuery = Static<typeof LeadsQuery>

export const ListedLead = Type.Object({ tenant_id: Type.String(), ...ShownLead.properties })
export type ListedLead = Static<typeof ListedLead>
export const ListedLeads = Type.Object({ leads: Type.Array(ListedLead) })

export const TenantLeadParams = Type.Object({ ...TenantParams.properties, id: Id })
export type TenantLeadParams = Static<typeof TenantLeadParams>
