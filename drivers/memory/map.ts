import Type, { type Static } from 'typebox'
import { FieldType, FieldValue } from '../../schemas/field.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { ReadField } from '../../schemas/verbs.ts'

const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]))

/** Beside these a row holds whatever its columns say, in the shared form already. */
export const Row = Type.Intersect([
  Type.Object({
    id: Type.Integer(),
    name: Text,
    email: Text,
    phone: Text,
    created: Type.Integer(), // seconds, not milliseconds
    modified: Type.Integer(),
  }),
  Type.Record(Type.String(), FieldValue),
])
export const Rows = Type.Object({ rows: Type.Array(Row) })
const Column = Type.Object({
  name: Type.String(),
  title: Type.String(),
  type: FieldType,
  required: Type.Boolean(),
  read_only: Type.Boolean(),
  custom: Type.Boolean(),
  choices: Type.Optional(Type.Array(Type.Object({ value: Type.String(), title: Type.String() }))),
})
export const Columns = Type.Object({ columns: Type.Array(Column) })
type Row = Static<typeof Row>

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString()

export const recordUrl = (base: string, native: string, id: string | number): string =>
  `${base.replace(/\/+$/, '')}/view/${native}/${id}`

export const recordOf =
  (base: string, object: string, native: string, read: readonly ReadField[]) =>
  (row: Row): CrmRecord => ({
    object,
    external_id: String(row.id),
    name: row.name ?? null,
    email: row.email ?? null,
    phone: row.phone ?? null,
    record_url: recordUrl(base, native, row.id),
    created_at: iso(row.created),
    updated_at: iso(row.modified),
    fields: Object.fromEntries(read.map(({ field }) => [field, row[field] ?? null])),
  })
