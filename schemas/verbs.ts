import Type, { type Static } from 'typebox'
import { CrmRecord, CustomerRecord } from './record.ts'
import { Nullable } from './text.ts'

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

export const FieldValue = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null(), Type.Array(Type.String())])
export type FieldValue = Static<typeof FieldValue>
export type Fields = Record<string, FieldValue>

export interface LookupCustomerInput {
  /** E.164. */
  phone?: string
  email?: string
  external_id?: string
}
export const LookupCustomerOutput = Nullable(CustomerRecord)
export type LookupCustomerOutput = Static<typeof LookupCustomerOutput>

export interface SearchRecordsInput {
  object: string
  query: string
  limit: number
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
