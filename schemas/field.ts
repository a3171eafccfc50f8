import Type, { type Static } from 'typebox'

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

export const DescribeObjectOutput = Type.Object({ fields: Type.Array(FieldDescription) })
export type DescribeObjectOutput = Static<typeof DescribeObjectOutput>
