import { readOf, VorelError } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { ReadField, ReadFields } from '../../schemas/verbs.ts'
import type { Call, Ctx, Odoo } from './call.ts'
import { isFieldName, type NativeTypes, typesNow, typesToRead } from './fields.ts'
import { type Model, modelOf } from './manifest.ts'
import { READ, type Row, Rows, recordUrl, toRecord } from './map.ts'
import { fieldsOf } from './read.ts'
import { openOdoo } from './server.ts'

/** One of our objects at one Odoo, and what to read of it. */
export interface View {
  ctx: Ctx
  odoo: Odoo
  object: string
  model: Model
  read: readonly ReadField[]
  types: NativeTypes
}

export const viewOf = async (ctx: Ctx, object: string, asked: { read?: ReadFields }): Promise<View> => {
  const odoo = await openOdoo(ctx)
  const model = modelOf(object)
  const read = readOf(asked, object)
  return { ctx, odoo, object, model, read, types: await typesToRead(ctx, odoo, model, namesIn(read)) }
}

/** Names that no field can have are not asked for. */
const namesIn = (read: readonly ReadField[]): string[] => read.map(({ field }) => field).filter(isFieldName)

const isAboutFields = (error: unknown): boolean =>
  error instanceof VorelError && (error.code === 'field_invalid' || error.fields !== undefined)

/** One field that is gone, or that this user may not see, makes Odoo refuse all: then what is left is asked for. */
export const rowsOf = async ({ odoo, model, read }: View, more: string[], callFor: (fields: string[]) => Omit<Call, 'model'>) => {
  const names = namesIn(read)
  const ask = (wanted: string[]): Promise<Row[]> =>
    odoo.run({ model, isRead: true, ...callFor([...new Set([...READ[model], ...more, ...wanted])]) }, Rows)
  try {
    return await ask(names)
  } catch (error) {
    if (names.length === 0 || !isAboutFields(error)) throw error
    const known = await typesNow(odoo, model, names)
    const left = names.filter((name) => Object.hasOwn(known, name))
    if (left.length === names.length) throw error
    return ask(left)
  }
}

export const recordsOf = (view: View, rows: Row[]): CrmRecord[] => {
  const { ctx, odoo, object, model, read, types } = view
  return rows.map((row) => ({
    ...toRecord(object, recordUrl(ctx.settings.url, odoo.version, model, row.id), row),
    ...(read.length > 0 && { fields: fieldsOf(row, read, types) }),
  }))
}
