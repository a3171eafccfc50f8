import Type, { type Static } from 'typebox'
import { VorelError } from '../../core/driver.ts'
import { type DescribeObjectOutput, type FieldDescription, type FieldOption, FieldType } from '../../schemas/field.ts'
import { Nullable, Text } from '../../schemas/text.ts'
import { manifest } from './manifest.ts'
import { read } from './message.ts'
import { isNoReceiver } from './refusal.ts'
import type { Context } from './request.ts'

const maybe = <S extends Type.TSchema>(schema: S) => Type.Optional(Nullable(schema))
const Word = Text({ minLength: 1, maxLength: 255 })
const Option = Type.Union([Word, Type.Object({ value: Word, label: maybe(Word) })])
const Field = Type.Object({
  name: Word,
  label: maybe(Word),
  type: maybe(FieldType),
  required: maybe(Type.Boolean()),
  writable: maybe(Type.Boolean()),
  options: maybe(Type.Array(Option)),
})
const Described = Type.Object({ fields: Type.Array(Field), open: maybe(Type.Boolean()) })

const usualOf = (object: string) => Object.values(manifest.objects[object as keyof typeof manifest.objects].fields)

const optionOf = (option: Static<typeof Option>): FieldOption => {
  if (typeof option === 'string') return { value: option, label: option }
  return { value: option.value, label: option.label ?? option.value }
}

const fieldOf =
  (usual: Set<string>) =>
  ({ name, label, type, required, writable, options }: Static<typeof Field>): FieldDescription => ({
    name,
    label: label ?? name,
    type: type ?? (options ? 'option' : 'string'),
    required: required ?? false,
    writable: writable ?? true,
    custom: !usual.has(name),
    ...(options && { options: options.map(optionOf) }),
  })

/** Of an endpoint that does not tell its fields: the usual ones, and whatever else is mapped. */
const untold = (object: string): DescribeObjectOutput => ({
  fields: usualOf(object).map(({ field, type }) => ({
    name: field,
    label: field,
    type,
    required: false,
    writable: true,
    custom: false,
  })),
  isOpen: true,
})

/** 501, 404 in the endpoint's words, or a plain 404 of whatever leads to its verbs. */
const doesNotKnow = (error: unknown): boolean =>
  isNoReceiver(error) ||
  (error instanceof VorelError && (error.code === 'object_unsupported' || error.code === 'record_not_found'))

export const describe = async (ctx: Context, object: string): Promise<DescribeObjectOutput> => {
  try {
    const { fields, open } = await read(ctx, 'crm.object.describe', { object }, Described)
    return { fields: fields.map(fieldOf(new Set(usualOf(object).map(({ field }) => field)))), isOpen: open ?? false }
  } catch (error) {
    if (doesNotKnow(error)) return untold(object)
    throw error
  }
}
