import Type, { type Static } from 'typebox'
import type { CrmRecord } from '../../schemas/record.ts'
import { Nullable, Text } from '../../schemas/text.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import { toldAs } from './read.ts'

const ExternalId = Text({ minLength: 1, maxLength: 255 })
const RecordUrl = Type.Optional(Nullable(Type.String()))

export const Found = Type.Object({
  external_id: ExternalId,
  fields: Type.Record(Type.String(), Type.Unknown()),
  record_url: RecordUrl,
})
export type Found = Static<typeof Found>
export const Matches = Type.Object({ matches: Type.Array(Found) })
export const Records = Type.Object({ records: Type.Array(Found) })
export const Written = Type.Object({ external_id: ExternalId, record_url: RecordUrl })
export const Deleted = Type.Object({ deleted: Type.Literal(true), hard_deleted: Type.Optional(Type.Boolean()) })
export const Tested = Type.Object({ ok: Type.Literal(true), challenge: Type.String() })

/** A link that a person may be shown: http or https, never a script. */
export const safeUrl = (given: string | null | undefined): string | null => {
  const url = given && given.length <= 2048 ? URL.parse(given) : null
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

const iso = (value: unknown): string | null => {
  const at = new Date(text(value) ?? Number.NaN)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

export const recordOf =
  (object: string, read: readonly ReadField[]) =>
  ({ external_id, fields, record_url }: Found): CrmRecord => ({
    object,
    external_id,
    name: text(fields.name),
    email: text(fields.email),
    phone: text(fields.phone),
    record_url: safeUrl(record_url),
    created_at: iso(fields.created_at),
    updated_at: iso(fields.updated_at),
    ...(read.length > 0 && { fields: Object.fromEntries(read.map(({ field, type }) => [field, toldAs(fields[field], type)])) }),
  })
