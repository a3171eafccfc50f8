import Type, { type Static } from 'typebox'
import { Nullable } from './text.ts'

const person = {
  external_id: Type.String({ description: 'The record id at the provider' }),
  name: Nullable(Type.String()),
  email: Nullable(Type.String()),
  phone: Nullable(Type.String()),
  record_url: Nullable(Type.String({ description: 'Opens the record in the CRM, for a person' })),
  created_at: Nullable(Type.String({ description: 'ISO 8601, UTC' })),
  updated_at: Nullable(Type.String({ description: 'ISO 8601, UTC' })),
}

/** A person as the provider knows them. */
export const CustomerRecord = Type.Object(person)
export type CustomerRecord = Static<typeof CustomerRecord>

/** Any record of any object, by the words all providers share. */
export const CrmRecord = Type.Object({ object: Type.String(), ...person })
export type CrmRecord = Static<typeof CrmRecord>
