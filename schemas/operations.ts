import Type, { type Static } from 'typebox'
import { TenantParams } from './connections.ts'
import { CreateRecordResponse } from './requests.ts'
import { IdempotencyKey, Nullable, Text } from './text.ts'

const When = Type.String({ format: 'date-time' })

export const OperationParams = Type.Object({ ...TenantParams.properties, idempotency_key: IdempotencyKey })
export type OperationParams = Static<typeof OperationParams>

export const OperationsQuery = Type.Object(
  { tenant_id: Type.Optional(TenantParams.properties.tenant_id) },
  { additionalProperties: false },
)
export type OperationsQuery = Static<typeof OperationsQuery>

export const UnknownOperations = Type.Object({
  operations: Type.Array(
    Type.Object({
      tenant_id: Type.String(),
      idempotency_key: Type.String(),
      provider: Type.String(),
      object: Type.String(),
      reference: Type.String({ description: 'Under which the CRM would know the record, where it keeps such a thing' }),
      error_code: Nullable(Type.String({ description: 'How the answer was lost' })),
      attempts: Type.Integer(),
      epoch: Type.Integer(),
      created_at: When,
      updated_at: When,
    }),
  ),
})

export const AdoptRequest = Type.Object(
  {
    external_id: Text({ minLength: 1, maxLength: 255, description: 'The record id at the CRM' }),
    object: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9_]*$',
        maxLength: 40,
        description: 'Of a create of several records of which some are there: which one the id is of',
      }),
    ),
  },
  { additionalProperties: false },
)
export type AdoptRequest = Static<typeof AdoptRequest>

export const Adopted = Type.Object({
  state: Type.Literal('done'),
  result: CreateRecordResponse,
  is_verified: Type.Boolean({ description: 'The CRM was asked for the record, and has it' }),
})

export const NotCreated = Type.Object({ state: Type.Literal('failed') })
