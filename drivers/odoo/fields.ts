import Type, { type Static } from 'typebox'
import type { FieldDescription, FieldType } from '../../schemas/field.ts'
import type { Ctx, Odoo } from './call.ts'

/** What `write` and `unlink` answer. */
export const Done = Type.Literal(true)

const FieldTypes = Type.Record(
  Type.String(),
  Type.Object({ type: Type.String(), readonly: Type.Boolean(), store: Type.Boolean() }),
)
export const FieldInfos = Type.Record(
  Type.String(),
  Type.Object({
    type: Type.String(),
    string: Type.String(),
    required: Type.Boolean(),
    readonly: Type.Boolean(),
    store: Type.Boolean(),
    selection: Type.Optional(Type.Array(Type.Tuple([Type.Union([Type.String(), Type.Literal(false)]), Type.String()]))),
  }),
)
type FieldInfo = Static<typeof FieldInfos>[string]

/** Odoo's own type names, of the fields whose values are written in a way of their own. */
export type NativeTypes = Record<string, string>

const SPECIAL = new Set(['html', 'many2one', 'many2many', 'date', 'datetime'])
const PHONES = ['mobile', 'phone_mobile_search']
const isCustom = (name: string): boolean => name.startsWith('x_')

/** `id` is one, and is nothing that could be mapped. */
export const isFieldName = (name: string): boolean => name !== 'id' && /^[a-z]\w*$/i.test(name)

const askTypes = (odoo: Odoo, model: string, names: string[] = []) => {
  const args = { allfields: names, attributes: ['type', 'readonly', 'store'] }
  return odoo.run({ model, method: 'fields_get', args, isRead: true }, FieldTypes)
}

const typesIn = (infos: Static<typeof FieldTypes>): NativeTypes =>
  Object.fromEntries(Object.entries(infos).map(([name, { type }]) => [name, type]))

/** What is worth remembering of a model, as a fact of the connection. */
export const typesFact = async (odoo: Odoo, model: string): Promise<string> => {
  const infos = Object.entries(await askTypes(odoo, model))
  const isWorthIt = ([name, { type, readonly, store }]: (typeof infos)[number]) =>
    PHONES.includes(name) || (store && !readonly && (SPECIAL.has(type) || isCustom(name)))
  return JSON.stringify(typesIn(Object.fromEntries(infos.filter(isWorthIt))))
}

/** From the facts; asked anew without them, and for custom fields younger than they. */
export const typesOf = async (ctx: Ctx, odoo: Odoo, model: string, names: string[]): Promise<NativeTypes> => {
  const fact = ctx.facts[`types.${model}`]
  const known: NativeTypes | undefined = fact ? JSON.parse(fact) : undefined
  const unknown = known ? names.filter((name) => isCustom(name) && !(name in known)) : names
  return unknown.length > 0 ? { ...known, ...(await typesNow(odoo, model, unknown)) } : (known ?? {})
}

/** Of those of these fields that the model has by now and the user may see. */
export const typesNow = async (odoo: Odoo, model: string, names: string[]): Promise<NativeTypes> =>
  typesIn(await askTypes(odoo, model, names))

/** For reading the facts do: of fields younger than they a mapping knows the type. */
export const typesToRead = (ctx: Ctx, odoo: Odoo, model: string, names: string[]): Promise<NativeTypes> =>
  typesOf(ctx, odoo, model, ctx.facts[`types.${model}`] ? [] : names)

/** Ours for Odoo's; the types that are missing cannot be written by a mapping. A relation takes a name or an id. */
const OURS: Record<string, FieldType> = {
  char: 'string',
  text: 'text',
  html: 'html',
  integer: 'integer',
  float: 'number',
  monetary: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  selection: 'option',
  many2one: 'string',
  many2many: 'options',
}

/** Odoo checks a contact's name by a rule and not by the field; on a lead this driver fills the title and the type. */
const REQUIRED_BY_RULE: Record<string, Record<string, boolean>> = {
  'res.partner': { name: true },
  'crm.lead': { name: false, type: false },
}

export const toDescriptions = (model: string, infos: Record<string, FieldInfo>): FieldDescription[] =>
  Object.entries(infos).flatMap(([name, info]) => {
    const type = OURS[info.type]
    const isKept = info.store || info.readonly // what is neither can be searched by, at most
    return type && isKept ? [describe(model, name, type, info)] : []
  })

const describe = (model: string, name: string, type: FieldType, info: FieldInfo): FieldDescription => ({
  name,
  label: info.string,
  type,
  required: REQUIRED_BY_RULE[model]?.[name] ?? info.required,
  writable: !info.readonly,
  custom: isCustom(name),
  ...(info.selection && {
    options: info.selection.flatMap(([value, label]) => (value === false ? [] : [{ value, label }])),
  }),
})
