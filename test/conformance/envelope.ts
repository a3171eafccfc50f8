import type { Envelope, Schema } from './documents.ts'

const wrapped = new WeakMap<Schema, Schema>()

/** The schema of a whole answer, from that of the item in it. */
export const enveloped = (item: Schema, envelope: Envelope): Schema => {
  const made = wrapped.get(item) ?? around(item, envelope)
  wrapped.set(item, made)
  return made
}

const PATH: Schema = { type: 'string', pattern: '^/' }

const around = (item: Schema, { kind, key = '' }: Envelope): Schema => {
  switch (kind) {
    case 'object':
      return item
    case 'array':
      return { type: 'array', items: item }
    case 'integer-or-string':
      return { type: ['integer', 'string'] }
    case 'page': {
      const properties = { [key]: { type: 'array', items: item }, totalcount: { type: 'integer' }, next: PATH, previous: PATH }
      return { type: 'object', required: [key], properties }
    }
  }
}
