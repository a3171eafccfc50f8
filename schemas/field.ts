import Type, { type Static } from 'typebox'

/** A value on its way to or from a provider, in the one form that all drivers share. */
export const FieldValue = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null(), Type.Array(Type.String())])
export type FieldValue = Static<typeof FieldValue>
export type Fields = Record<string, FieldValue>

/** Native field types, as far as a value must be written differently for them. */
export const FieldType = Type.Enum([
  'string',
  'text',
  'html',
  'integer',
  'number',
  'boolean',
  'date',
  'datetime',
  'option',
  'options',
])
export type FieldType = Static<typeof FieldType>

export const FieldOption = Type.Object({ value: Type.String(), label: Type.String() })
export type FieldOption = Static<typeof FieldOption>

/** One field of an object, as `describeObject` tells it. */
export const FieldDescription = Type.Object({
  name: Type.String(),
  label: Type.String(),
  type: FieldType,
  required: Type.Boolean(),
  writable: Type.Boolean(),
  custom: Type.Boolean(),
  options: Type.Optional(Type.Array(FieldOption)),
})
export type FieldDescription = Static<typeof FieldDescription>

/** Something that the provider changed under a mapping. */
export const Drift = Type.Object({
  kind: Type.Enum(['removed', 'renamed', 'retyped', 'read_only', 'required']),
  field: Type.String({ description: '`<object>.<native field>`' }),
  slot: Type.Union([Type.String(), Type.Null()], { description: 'That is mapped to it; none for a field newly required' }),
  detail: Type.String({ description: 'What changed, and what to do' }),
  since: Type.String({ format: 'date-time' }),
})
export type Drift = Static<typeof Drift>

export const DescribeObjectOutput = Type.Object({
  fields: Type.Array(FieldDescription),
  isOpen: Type.Optional(Type.Boolean({ description: 'The provider takes fields that it does not list' })),
})
export type DescribeObjectOutput = Static<typeof DescribeObjectOutput>
