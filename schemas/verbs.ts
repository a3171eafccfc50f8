import Type, { type Static } from 'typebox'
import { type Fields, type FieldType, FieldValue } from './field.ts'
import { CrmRecord } from './record.ts'
import { Nullable } from './text.ts'

export { type Fields, FieldValue }

/** What each verb takes and gives, as drivers see it: objects are resolved, fields carry native names, phones are E.164. */
export const TestConnectionOutput = Type.Union([
  Type.Object({
    ok: Type.Literal(true),
    account: Type.Optional(Type.String()),
    facts: Type.Optional(Type.Record(Type.String(), Type.String())),
    warning: Type.Optional(Type.String()),
  }),
  Type.Object({ ok: Type.Literal(false), reason: Type.String() }),
])
export type TestConnectionOutput = Static<typeof TestConnectionOutput>

/** A field to read beside the usual ones: its native name, and the type by which its value is told in the shared form. */
export interface ReadField {
  field: string
  type: FieldType
}
/** What to read besides, by object. */
export type ReadFields = Readonly<Record<string, readonly ReadField[]>>

export interface LookupCustomerInput {
  /** E.164. */
  phone?: string
  email?: string
  external_id?: string
  read?: ReadFields
}
export const CustomerKey = Type.Enum(['phone', 'email', 'external_id'])
export type CustomerKey = Static<typeof CustomerKey>
/** Everybody found by the first key that finds anybody, the best first; null: nobody. */
export const LookupCustomerOutput = Nullable(
  Type.Object({ matched_by: CustomerKey, customers: Type.Array(CrmRecord, { minItems: 1 }) }),
)
export type LookupCustomerOutput = Static<typeof LookupCustomerOutput>

export interface SearchRecordsInput {
  object: string
  query: string
  /** The query in E.164, where it is a phone number. */
  phone?: string
  limit: number
  read?: ReadFields
}
export const SearchRecordsOutput = Type.Object({ matches: Type.Array(CrmRecord) })
export type SearchRecordsOutput = Static<typeof SearchRecordsOutput>

export interface CreateRecordInput {
  object: string
  fields: Fields
  idempotency_key: string
  /** Stands for tenant and idempotency key at the provider: `v` and 26 of `[a-z2-7]`, the same on every repeat. */
  reference: string
}
export const CreateRecordOutput = Type.Object({
  external_id: Type.String({ minLength: 1 }),
  record_url: Nullable(Type.String()),
})
export type CreateRecordOutput = Static<typeof CreateRecordOutput>

export interface UpdateRecordInput {
  object: string
  external_id: string
  /** Only what changes. */
  fields: Fields
}
export const UpdateRecordOutput = Type.Object({ updated: Type.Literal(true), record_url: Nullable(Type.String()) })
export type UpdateRecordOutput = Static<typeof UpdateRecordOutput>

export interface ListRecentInput {
  object: string
  /** ISO 8601, UTC. */
  since: string
  limit: number
  read?: ReadFields
}
export const ListRecentOutput = Type.Object({ records: Type.Array(CrmRecord) })
export type ListRecentOutput = Static<typeof ListRecentOutput>

export interface DeleteRecordInput {
  object: string
  external_id: string
}
export const DeleteRecordOutput = Type.Object({ deleted: Type.Literal(true), hard_deleted: Type.Boolean() })
export type DeleteRecordOutput = Static<typeof DeleteRecordOutput>

export interface FindByReferenceInput {
  object: string
  reference: string
}
export const FindByReferenceOutput = Nullable(CreateRecordOutput)
export type FindByReferenceOutput = Static<typeof FindByReferenceOutput>

export interface RecordId {
  object: string
  external_id: string
}
/** Two records that belong together. Once associated, doing it again changes nothing. */
export interface AssociateInput {
  from: RecordId
  to: RecordId
}
export const AssociateOutput = Type.Object({ associated: Type.Literal(true) })
export type AssociateOutput = Static<typeof AssociateOutput>

/** A token that the provider gave for what was entered in the form. */
export const OpenSessionOutput = Type.Object({
  access_token: Type.String({ minLength: 1 }),
  expires_at: Nullable(Type.String({ format: 'date-time', description: 'Null: the provider does not say' })),
})
export type OpenSessionOutput = Static<typeof OpenSessionOutput>
