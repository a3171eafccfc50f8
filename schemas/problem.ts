import Type from 'typebox'

/** RFC 9457. `code` is for programs; `retryable` says whether the same request may succeed later. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  retryable: Type.Boolean(),
  request_id: Type.String(),
  fields: Type.Optional(Type.Array(Type.String())),
})
