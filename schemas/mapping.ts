import Type, { type Static } from 'typebox'
import { FieldOption, FieldType } from './field.ts'
import { Nullable } from './text.ts'

/** Whether values of a slot are written, read back, or both. */
export const Direction = Type.Enum(['write', 'read', 'both'])
export type Direction = Static<typeof Direction>

/** Where a slot of a tenant goes. */
export const MappingRow = Type.Object({
  slot: Type.String({ description: '`<object>.<name>`' }),
  path: Type.String({ description: '`<object>.<native field>`' }),
  type: FieldType,
  options: Nullable(Type.Array(FieldOption)),
  direction: Direction,
  label: Nullable(Type.String({ description: 'What the provider called the field when it was mapped' })),
})
export type MappingRow = Static<typeof MappingRow>
