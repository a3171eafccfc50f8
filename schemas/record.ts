import Type, { type Static } from 'typebox'
import { FieldValue } from './field.ts'
import { Nullable } from './text.ts'

const shared = {
  object: Type.String({ description: 'Which of our objects it is' }),
  external_id: Type.String({ description: 'The record id at the provider' }),
  name: Nullable(Type.String()),
  email: Nullable(Type.String()),
  phone: Nullable(Type.String()),
  record_url: Nullable(Type.String({ description: 'Opens the record in the CRM, for a person' })),
  created_at: Nullable(Type.String({ description: 'ISO 8601, UTC' })),
  updated_at: Nullable(Type.String({ description: 'ISO 8601, UTC' })),
}

/** A record of any object, as a driver gives it: by the words all providers share, and the fields asked for by their native names. */
export const CrmRecord = Type.Object({ ...shared, fields: Type.Optional(Type.Record(Type.String(), FieldValue)) })
export type CrmRecord = Static<typeof CrmRecord>

/** The same as callers get it. */
export const ShownRecord = Type.Object({
  ...shared,
  custom: Type.Optional(
    Type.Record(Type.String(), FieldValue, { description: "Values of the tenant's mapped fields, by slot: `budget_max`" }),
  ),
})
export type ShownRecord = Static<typeof ShownRecord>
