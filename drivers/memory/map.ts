import Type, { type Static } from 'typebox'
import { FieldType } from '../../schemas/field.ts'
import type { CrmRecord } from '../../schemas/record.ts'

export const Row = Type.Object({
  id: Type.Integer(),
  name: Type.Optional(Type.String()),
  email: Type.Optional(Type.String()),
  phone: Type.Optional(Type.String()),
  created: Type.Integer(), // seconds, not milliseconds
  modified: Type.Integer(),
})
export const Rows = Type.Object({ rows: Type.Array(Row) })
export const Columns = Type.Object({
  columns: Type.Array(Type.Object({ name: Type.String(), title: Type.String(), type: FieldType, required: Type.Boolean() })),
})
type Row = Static<typeof Row>

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString()

export const recordUrl = (base: string, native: string, id: string | number): string =>
  `${base.replace(/\/+$/, '')}/view/${native}/${id}`

export const toRecord = (base: string, object: string, native: string, row: Row): CrmRecord => ({
  object,
  external_id: String(row.id),
  name: row.name ?? null,
  email: row.email ?? null,
  phone: row.phone ?? null,
  record_url: recordUrl(base, native, row.id),
  created_at: iso(row.created),
  updated_at: iso(row.modified),
})
