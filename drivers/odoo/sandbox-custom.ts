import type { Values } from './sandbox-domain.ts'
import type { Sentences } from './sandbox-exceptions.ts'
import { field, type SandboxField, type SandboxModel } from './sandbox-models.ts'

type Models = Record<string, SandboxModel>

const optionsIn = (commands: unknown): [string, string][] =>
  (Array.isArray(commands) ? commands : []).map(([, , { value, name }]) => [String(value), String(name)])

const fieldOf = ({ ttype, field_description, relation, selection_ids, ...flags }: Values): SandboxField =>
  field(String(ttype), String(field_description), {
    required: flags.required === true,
    readonly: flags.readonly === true,
    store: flags.store !== false,
    ...(relation ? { relation: String(relation) } : {}),
    ...(ttype === 'selection' && { selection: optionsIn(selection_ids) }),
  })

/** A row of `ir.model.fields` makes a field of the model that it names, at once. */
export const addField = (models: Models, model: string, values: Values, say: Sentences): void => {
  const name = String(values.name)
  if (!name.startsWith('x_')) throw say.badFieldName()
  if (models[model]?.[name]) throw say.sameFieldName()
  models[model] = { ...models[model], [name]: fieldOf(values) }
}

/** With the row goes the field, and with the field its values. */
export const removeField = (models: Models, model: string, name: string, rows: Iterable<Values>): void => {
  const { [name]: _, ...left } = models[model] ?? {}
  models[model] = left
  for (const row of rows) delete row[name]
}
