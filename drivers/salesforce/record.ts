import { readOf } from '../../core/driver.ts'
import type { Fields } from '../../schemas/field.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import type { Ctx } from './call.ts'
import type { Reading } from './columns.ts'
import type { ObjectName } from './manifest.ts'
import { type Row, recordUrl } from './map.ts'
import { fromNative, isoOf } from './values.ts'

const OURS: Record<string, ObjectName> = { Contact: 'contact', Lead: 'lead', Opportunity: 'deal' }

/** What a row has of the fields that were asked for, by the names that they were asked for by. */
const valuesOf = (row: Row, read: readonly ReadField[]): Fields => {
  const values = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]))
  return Object.fromEntries(read.map(({ field, type }) => [field, fromNative(values.get(field.toLowerCase()), type)]))
}

export const toRecord =
  (ctx: Ctx, reading: Reading) =>
  (row: Row): CrmRecord => {
    const object = OURS[row.attributes.type] ?? 'contact'
    const read = readOf(reading, object)
    return {
      object,
      external_id: row.Id,
      name: row.Name || null,
      email: row.Email || null,
      phone: row.Phone || row.MobilePhone || row.HomePhone || row.OtherPhone || null,
      record_url: recordUrl(ctx, object, row.Id),
      created_at: isoOf(row.CreatedDate),
      updated_at: isoOf(row.SystemModstamp),
      ...(read.length > 0 && { fields: valuesOf(row, read) }),
    }
  }
