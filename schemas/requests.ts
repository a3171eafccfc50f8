import Type, { type Static } from 'typebox'
import { ShownRecord } from './record.ts'
import { IdempotencyKey, Nullable, Text } from './text.ts'
import { CustomerKey } from './verbs.ts'

const ObjectName = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_]*$',
  maxLength: 40,
  description: "An object of the tenant's CRM, or an alias of it",
  examples: ['lead'],
})
const ExternalId = Text({ minLength: 1, maxLength: 255, description: 'The record id at the provider' })
const Limit = Type.Integer({ minimum: 1, maximum: 100, default: 20 })

const Value = Type.Union([
  Text(),
  Type.Number(),
  Type.Boolean(),
  Type.Null(),
  Type.Array(Text({ maxLength: 500 }), { maxItems: 100 }),
])
const Fields = Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]*(\\.[A-Za-z][A-Za-z0-9_]*)?$' }), Value, {
  minProperties: 1,
  maxProperties: 100,
  additionalProperties: false,
  description: 'Values by slot: `budget_max`, or in full `lead.budget_max`',
  examples: [{ name: 'Ada Lovelace', phone: '+14155550100', budget_max: 500000 }],
})

const closed = { additionalProperties: false }

export const LookupCustomerRequest = Type.Object(
  {
    phone: Type.Optional(Text({ minLength: 3, maxLength: 40 })),
    email: Type.Optional(Text({ minLength: 3, maxLength: 320 })),
    external_id: Type.Optional(ExternalId),
  },
  { ...closed, minProperties: 1, description: 'Keys are tried at once; a hit by phone is preferred, then by e-mail' },
)
export const LookupCustomerResponse = Type.Object({
  customer: Nullable(ShownRecord),
  matched_by: Nullable(CustomerKey),
  match_count: Type.Integer({ minimum: 0, description: 'How many were found by that key; `customer` is the best of them' }),
})

export const SearchRecordsRequest = Type.Object(
  { object: ObjectName, query: Text({ minLength: 1, maxLength: 200 }), limit: Type.Optional(Limit) },
  closed,
)
export const SearchRecordsResponse = Type.Object({ matches: Type.Array(ShownRecord) })

export const CreateRecordRequest = Type.Object({ object: ObjectName, fields: Fields, idempotency_key: IdempotencyKey }, closed)
export const CreateRecordToolRequest = Type.Object(
  { object: ObjectName, fields: Fields, idempotency_key: Type.Optional(IdempotencyKey) },
  closed,
)
const SkippedFields = Type.Optional(
  Type.Array(Type.String(), { description: 'Slots without a place at the provider, left out as the tenant chose' }),
)
const Associated = Type.Object({ object: Type.String(), external_id: Type.String(), record_url: Nullable(Type.String()) })
export const CreateRecordResponse = Type.Object({
  external_id: Type.String(),
  record_url: Nullable(Type.String()),
  associated: Type.Optional(
    Type.Array(Associated, { description: 'Further records of the same create, where the mapping goes to several objects' }),
  ),
  skipped_fields: SkippedFields,
})

export const UpdateRecordRequest = Type.Object({ object: ObjectName, external_id: ExternalId, fields: Fields }, closed)
export const UpdateRecordResponse = Type.Object({
  updated: Type.Literal(true),
  record_url: Nullable(Type.String()),
  skipped_fields: SkippedFields,
})

export const ListRecentRequest = Type.Object(
  {
    object: ObjectName,
    since: Type.Optional(
      Type.String({ format: 'date-time', description: 'ISO 8601 with its zone; a day ago where it is left out' }),
    ),
    limit: Type.Optional(Limit),
  },
  closed,
)
export const ListRecentResponse = Type.Object({ records: Type.Array(ShownRecord) })

export const OperationResponse = Type.Object({
  idempotency_key: Type.String(),
  state: Type.Enum(['claimed', 'sent', 'done', 'failed', 'outcome_unknown', 'erased']),
  provider: Type.String(),
  object: Type.String(),
  result: Nullable(CreateRecordResponse),
  created_so_far: Type.Optional(
    Type.Array(Associated, { description: 'Of a create of several records that is not done: those that are there' }),
  ),
  error_code: Nullable(Type.String()),
  created_at: Type.String(),
  updated_at: Type.String(),
})

export type LookupCustomerRequest = Static<typeof LookupCustomerRequest>
export type SearchRecordsRequest = Static<typeof SearchRecordsRequest>
export type CreateRecordRequest = Static<typeof CreateRecordRequest>
export type CreateRecordToolRequest = Static<typeof CreateRecordToolRequest>
export type UpdateRecordRequest = Static<typeof UpdateRecordRequest>
export type ListRecentRequest = Static<typeof ListRecentRequest>
export type OperationResponse = Static<typeof OperationResponse>
