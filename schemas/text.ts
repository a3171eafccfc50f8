import Type from 'typebox'

/** Printable text: no control characters but tab and line ends, which providers lose, refuse or choke on. */
export const Text = (options: { minLength?: number; maxLength?: number; description?: string; examples?: string[] } = {}) =>
  Type.String({
    maxLength: 10_000,
    pattern: '^[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F\\uD800-\\uDFFF]*$',
    ...options,
  })

export const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** The caller's name for one create: the same key and payload give the first answer again. */
export const IdempotencyKey = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^[\\x21-\\x7E]+$',
  description: 'Names one create. Repeat a call with the same key and the first answer comes again; nothing is created twice.',
  examples: ['conv_42:turn_7'],
})
