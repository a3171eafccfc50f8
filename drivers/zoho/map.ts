import Type, { type Static } from 'typebox'
import type { CrmRecord } from '../../schemas/record.ts'
import { type Ctx, Id } from './answer.ts'
import type { Reading } from './columns.ts'
import { layoutIn } from './fields.ts'
import { manifest, type Region } from './manifest.ts'
import { fromNative } from './read.ts'

const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]))
/** To the second, in the zone of the organisation or the user. */
const Moment = Type.Optional(
  Type.Union([Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d([+-]\\d\\d:\\d\\d|Z)$' }), Type.Null()]),
)

export const Row = Type.Object({
  id: Id,
  Full_Name: Text,
  First_Name: Text,
  Last_Name: Text,
  Deal_Name: Text,
  Email: Text,
  Phone: Text,
  Mobile: Text,
  Created_Time: Moment,
  Modified_Time: Moment,
})
export type Row = Static<typeof Row>
export const Rows = Type.Object({ data: Type.Array(Row) })

const tabOf = (object: string): string => (object === 'deal' ? 'Potentials' : manifest.objects[object as 'lead'].native)

export const regionOf = ({ facts, settings }: Ctx): Region => (facts.region ?? settings.region ?? 'us') as Region

/** As the address bar shows it; without the organisation's name there nobody would arrive. */
export const recordUrl = (ctx: Ctx, object: string, id: string): string | null => {
  const { domain_name: organisation } = ctx.facts
  if (!organisation) return null
  return `https://${manifest.tables.web.values[regionOf(ctx)]}/crm/${organisation}/tab/${tabOf(object)}/${id}`
}

const iso = (moment: string | null | undefined): string | null => (moment ? new Date(moment).toISOString() : null)

const nameOf = ({ Full_Name, First_Name, Last_Name, Deal_Name }: Row): string | null =>
  Deal_Name || Full_Name || [First_Name, Last_Name].filter(Boolean).join(' ') || null

/** The values a record has under some of its fields. */
export const valuesIn = (row: Row, fields: readonly string[]): string[] => {
  const values = fields.map((field) => valueIn(row, field))
  return values.filter((value): value is string => typeof value === 'string' && value !== '')
}

const valueIn = (row: Row, field: string): unknown => (row as Record<string, unknown>)[field]

export const toRecord =
  (ctx: Ctx, { object, read }: Reading) =>
  (row: Row): CrmRecord => {
    const { phones, emails } = layoutIn(ctx, object)
    return {
      object,
      external_id: row.id,
      name: nameOf(row),
      email: row.Email || valuesIn(row, emails)[0] || null,
      phone: row.Phone || row.Mobile || valuesIn(row, phones)[0] || null,
      record_url: recordUrl(ctx, object, row.id),
      created_at: iso(row.Created_Time),
      updated_at: iso(row.Modified_Time),
      ...(read.length > 0 && {
        fields: Object.fromEntries(read.map(({ field, type }) => [field, fromNative(valueIn(row, field), type)])),
      }),
    }
  }

/** Ids are numbers without an end: the longer is the greater. */
export const byId = (a: { id: string }, b: { id: string }): number =>
  a.id.length - b.id.length || (a.id < b.id ? -1 : Number(a.id > b.id))
