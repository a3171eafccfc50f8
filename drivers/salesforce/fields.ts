import Type, { type Static } from 'typebox'
import { path } from '../../core/driver.ts'
import type { FieldDescription, FieldType } from '../../schemas/field.ts'
import { Nullable } from '../../schemas/text.ts'
import { type Ctx, DATA } from './call.ts'
import { nativeOf } from './manifest.ts'

const Field = Type.Object({
  name: Type.String(),
  label: Type.String(),
  type: Type.String(),
  createable: Type.Boolean(),
  updateable: Type.Boolean(),
  nillable: Type.Boolean(),
  defaultedOnCreate: Type.Boolean(),
  custom: Type.Optional(Type.Boolean()),
  externalId: Type.Optional(Type.Boolean()),
  unique: Type.Optional(Type.Boolean()),
  htmlFormatted: Type.Optional(Type.Boolean()),
  picklistValues: Type.Optional(
    Type.Array(Type.Object({ value: Type.String(), label: Nullable(Type.String()), active: Type.Boolean() })),
  ),
})
export type Field = Static<typeof Field>

const Described = Type.Object({ createable: Type.Optional(Type.Boolean()), fields: Type.Array(Field) })
export type Described = Static<typeof Described>

/** The fields that the connected user may see. */
export const describe = ({ http }: Ctx, object: string): Promise<Described> =>
  http.get(`${DATA}${path`/sobjects/${nativeOf(object)}/describe`}`, Described)

const TYPES: Record<string, FieldType> = {
  textarea: 'text',
  int: 'integer',
  long: 'integer',
  double: 'number',
  currency: 'number',
  percent: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  picklist: 'option',
  multipicklist: 'options',
}
/** Parts of these are fields of their own. */
const COMPOUND = new Set(['address', 'location', 'base64', 'complexvalue'])

/** A person's whole name is read-only there; this driver writes its two parts. */
const isName = ({ name }: Field, object: string): boolean => name === 'Name' && nativeOf(object) !== 'Opportunity'

const toDescription = (object: string, field: Field): FieldDescription => ({
  name: field.name,
  label: field.label,
  type: field.type === 'textarea' && field.htmlFormatted ? 'html' : (TYPES[field.type] ?? 'string'),
  required: field.createable && !field.nillable && !field.defaultedOnCreate,
  writable: field.createable || field.updateable || isName(field, object),
  custom: field.custom ?? field.name.endsWith('__c'),
  ...(field.picklistValues?.length && {
    options: field.picklistValues.filter(({ active }) => active).map(({ value, label }) => ({ value, label: label ?? value })),
  }),
})

/** All that can be mapped: not the key field, which is ours. */
export const toDescriptions = (object: string, { fields }: Described, keyField: string): FieldDescription[] =>
  fields
    .filter(({ name, type }) => !COMPOUND.has(type) && name.toLowerCase() !== keyField.toLowerCase())
    .map((field) => toDescription(object, field))
