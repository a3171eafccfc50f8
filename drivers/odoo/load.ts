import Type from 'typebox'
import type { Odoo } from './call.ts'
import { explainLoad } from './faults.ts'
import type { Model } from './manifest.ts'

const Loaded = Type.Object({
  ids: Type.Union([Type.Array(Type.Integer(), { minItems: 1 }), Type.Literal(false)]),
  messages: Type.Array(Type.Object({ type: Type.String(), message: Type.String(), field: Type.Optional(Type.String()) })),
})

/** The name that Odoo binds to the record. It carries the model: Odoo 14 would write to another model's record of the same number. */
export const externalId = (model: Model, reference: string): string => `vorel.${model.replace('.', '_')}_${reference}`

/**
 * One row through Odoo's import: creates it, or updates the record that `columns` name by `id` or `.id`. The import would read times by the clocks of the
 * key's user, where `write` takes them for UTC.
 */
export const load = async (
  odoo: Odoo,
  model: Model,
  columns: string[],
  cells: string[],
  context: Record<string, unknown> = {},
): Promise<number> => {
  const options = { context: { tz: 'UTC', ...context } }
  const { ids, messages } = await odoo.run({ model, method: 'load', args: { fields: columns, data: [cells] }, options }, Loaded)
  const [id] = ids === false ? [] : ids
  if (id === undefined) throw explainLoad(messages)
  return id
}
