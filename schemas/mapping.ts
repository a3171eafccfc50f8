import Type, { type Static } from 'typebox'
import { FieldDescription, FieldOption, FieldType, FieldValue } from './field.ts'
import { CreateRecordRequest } from './requests.ts'
import { Nullable, Text } from './text.ts'

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

const closed = { additionalProperties: false }
const Slot = Text({ minLength: 3, maxLength: 250, description: '`<object>.<name>`', examples: ['lead.budget_max'] })
const ObjectName = CreateRecordRequest.properties.object
const When = Type.String({ format: 'date-time' })

/** A mapping as operators ask for it. */
export const AskedRow = Type.Object(
  {
    slot: Slot,
    field: Text({
      minLength: 3,
      maxLength: 250,
      description: "`<object>.<the CRM's own name of the field>`",
      examples: ['lead.expected_revenue'],
    }),
    direction: Type.Optional(Direction),
    type: Type.Optional(
      Type.Enum([...FieldType.enum], {
        description:
          'What the slot holds here, where it is not what it usually is; of a field that the CRM does not list, its type',
      }),
    ),
  },
  closed,
)
export type AskedRow = Static<typeof AskedRow>

export const ChangeMappingRequest = Type.Object(
  {
    set: Type.Optional(Type.Array(AskedRow, { minItems: 1, maxItems: 200 })),
    unset: Type.Optional(Type.Array(Slot, { minItems: 1, maxItems: 200 })),
  },
  { ...closed, minProperties: 1, description: 'All of it, as one version, or with any fault nothing' },
)
export type ChangeMappingRequest = Static<typeof ChangeMappingRequest>

const Version = Type.Integer({ minimum: 0, description: 'Counts from 1; 0: never changed' })

export const ShownMapping = Type.Object({ provider: Type.String(), version: Version, mappings: Type.Array(MappingRow) })
export type ShownMapping = Static<typeof ShownMapping>

export const ChangedMapping = Type.Object({
  ...ShownMapping.properties,
  notes: Type.Array(Type.String({ description: 'What is worth knowing of what was set, in sentences' })),
})
export type ChangedMapping = Static<typeof ChangedMapping>

const versionShape = {
  version: Version,
  change: Type.String({ description: 'What was done: `set lead.budget_max`' }),
  by: Type.String(),
  at: When,
}
export const MappingVersions = Type.Object({
  provider: Type.String(),
  versions: Type.Array(Type.Object(versionShape), { description: 'The newest first' }),
})
export type MappingVersions = Static<typeof MappingVersions>

export const OneMappingVersion = Type.Object({
  provider: Type.String(),
  ...versionShape,
  mappings: Type.Array(MappingRow, { description: 'As they stood after it' }),
})
export type OneMappingVersion = Static<typeof OneMappingVersion>

export const DiffQuery = Type.Object(
  {
    from: Type.Optional(Type.String({ pattern: '^\\d{1,9}$', description: 'A version; the one before `to`, unless given' })),
    to: Type.Optional(Type.String({ pattern: '^\\d{1,9}$', description: 'A version; the newest, unless given' })),
  },
  closed,
)
export type DiffQuery = Static<typeof DiffQuery>

export const MappingDiff = Type.Object({
  provider: Type.String(),
  from: Version,
  to: Version,
  added: Type.Array(MappingRow),
  removed: Type.Array(MappingRow),
  changed: Type.Array(Type.Object({ slot: Type.String(), from: MappingRow, to: MappingRow })),
})
export type MappingDiff = Static<typeof MappingDiff>

export const RestoreMappingRequest = Type.Object({ version: Type.Integer({ minimum: 1 }) }, closed)
export type RestoreMappingRequest = Static<typeof RestoreMappingRequest>

export const TestMappingRequest = Type.Object({ object: ObjectName, fields: CreateRecordRequest.properties.fields }, closed)
export type TestMappingRequest = Static<typeof TestMappingRequest>

export const PreviewedValue = Type.Object({
  slot: Type.String(),
  given: FieldValue,
  path: Nullable(Type.String({ description: 'Null: the slot is not mapped' })),
  type: Nullable(FieldType),
  value: Nullable(FieldValue),
  fault: Nullable(Type.String({ description: 'Why it cannot go there' })),
})
export type PreviewedValue = Static<typeof PreviewedValue>

export const PreviewedRequest = Type.Object({
  object: Type.String({ description: 'Whose record it would create' }),
  method: Type.String(),
  path: Type.String({ description: 'With its query' }),
  content_type: Nullable(Type.String()),
  body: Type.Unknown({ description: 'JSON as it is, a form as pairs, all else as text' }),
})
export type PreviewedRequest = Static<typeof PreviewedRequest>

export const MappingTest = Type.Object({
  provider: Type.String(),
  object: Type.String(),
  conversions: Type.Array(PreviewedValue),
  requests: Type.Array(PreviewedRequest, { description: 'What a create would send; none of it was sent' }),
  not_shown: Type.Array(Type.String({ description: 'What a create would do besides, as far as it is known before' })),
  would_be_refused: Nullable(Type.Object({ code: Type.String(), detail: Type.String() })),
})
export type MappingTest = Static<typeof MappingTest>

export const SuggestionsQuery = Type.Object({ object: Type.Optional(ObjectName) }, closed)
export type SuggestionsQuery = Static<typeof SuggestionsQuery>

export const Suggestion = Type.Object({
  slot: Type.String(),
  path: Nullable(Type.String({ description: 'Null: nothing there comes near, and an operator has to choose' })),
  label: Nullable(Type.String()),
  type: Nullable(FieldType),
  kind: Type.Enum(['known_slot', 'custom_field', 'missing_default']),
  reason: Type.String(),
})
export type Suggestion = Static<typeof Suggestion>

export const Suggestions = Type.Object({ provider: Type.String(), suggestions: Type.Array(Suggestion) })
export type Suggestions = Static<typeof Suggestions>

export const FieldsQuery = Type.Object(
  {
    refresh: Type.Optional(Type.Enum(['true', 'false'], { description: 'Ask the CRM now; else what it said may be a day old' })),
  },
  closed,
)
export type FieldsQuery = Static<typeof FieldsQuery>

export const ShownFields = Type.Object({
  provider: Type.String(),
  object: Type.String(),
  is_open: Type.Boolean({ description: 'The CRM takes fields that it does not list' }),
  described_at: When,
  fields: Type.Array(
    Type.Object({ path: Type.String({ description: '`<object>.<native field>`, to map to' }), ...FieldDescription.properties }),
  ),
})
export type ShownFields = Static<typeof ShownFields>
