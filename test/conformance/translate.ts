import type { Document, Schema } from './documents.ts'

/** Requests are `closed`: what is not described is refused. Answers are `open`, or `loose` where types vary as well. */
export type Strictness = 'closed' | 'open' | 'loose'

/** A part is one of several schemas for the same object: those are closed together, not each. */
type Role = 'whole' | 'part'

/** An OpenAPI schema as JSON Schema that carries what it refers to. */
export const translated = (document: Document, schema: Schema, strictness: Strictness): Schema => {
  const translation = new Translation(document, strictness === 'closed')
  return { ...translation.of(schema, 'whole'), $defs: translation.definitions }
}

class Translation {
  readonly definitions: Record<string, Schema> = {}
  readonly #document: Document
  readonly #isClosed: boolean

  constructor(document: Document, isClosed: boolean) {
    this.#document = document
    this.#isClosed = isClosed
  }

  of(schema: Schema, role: Role): Schema {
    if (schema.$ref) return this.#reference(schema.$ref, role)
    const { nullable, properties, items, additionalProperties, allOf, anyOf, oneOf, ...rest } = schema
    const made: Schema = {
      ...rest,
      ...(properties && { properties: this.#members(schema, properties) }),
      ...(items && { items: this.of(items, 'whole') }),
      ...this.#others(additionalProperties),
      ...this.#composed(schema, role),
      ...(this.#isClosed && role === 'whole' && this.#isDescribed(schema) && { unevaluatedProperties: false }),
    }
    return nullable ? orNull(made) : made
  }

  #reference($ref: string, role: Role): Schema {
    const name = `${role} ${$ref}`.replaceAll(/[^\w.]+/g, '-')
    if (!(name in this.definitions)) {
      // Taken before it is there: a schema may refer to itself.
      this.definitions[name] = {}
      this.definitions[name] = this.of(this.#document.resolve<Schema>({ $ref }), role)
    }
    return { $ref: `#/$defs/${name}` }
  }

  /** An object that says of no member that it may be null does not know of nulls: in answers they may come. */
  #members({ required = [] }: Schema, properties: Record<string, Schema>): Record<string, Schema> {
    const members = Object.entries(properties)
    const knowsNulls = this.#isClosed || members.some(([, member]) => this.#document.resolve(member).nullable)
    const translate = (name: string, member: Schema) =>
      knowsNulls || required.includes(name) ? this.of(member, 'whole') : orNull(this.of(member, 'whole'))
    return Object.fromEntries(members.map(([name, member]) => [name, translate(name, member)]))
  }

  #others(additionalProperties: Schema['additionalProperties']): Schema {
    if (typeof additionalProperties === 'object') return { additionalProperties: this.of(additionalProperties, 'whole') }
    return additionalProperties || (this.#isClosed && additionalProperties === false) ? { additionalProperties } : {}
  }

  /** `oneOf` as `anyOf`: branches overlap, such as a success and an error of which neither requires a member. */
  #composed({ properties, allOf, anyOf, oneOf }: Schema, role: Role): Schema {
    const inside = role === 'part' || properties || allOf ? 'part' : 'whole'
    const choices = [anyOf, oneOf].filter((branches) => branches !== undefined)
    const all = [
      ...(allOf ?? []).map((part) => this.of(part, 'part')),
      ...choices.map((branches) => ({ anyOf: branches.map((branch) => this.#branch(branch, inside)) })),
    ]
    return all.length > 0 ? { allOf: all } : {}
  }

  /** A branch that requires nothing would do for any object; one that knows no member of it is not meant. */
  #branch(schema: Schema, role: Role): Schema {
    const { properties, additionalProperties } = this.#document.resolve(schema)
    if (this.#isClosed || !properties || additionalProperties) return this.of(schema, role)
    return { allOf: [this.of(schema, role), { knowsOneOf: Object.keys(properties) }] }
  }

  #isDescribed(schema: Schema): boolean {
    const { properties, allOf = [] } = this.#document.resolve(schema)
    return properties !== undefined || allOf.some((part) => this.#isDescribed(part))
  }
}

/** Null last: where types vary, the look for it unwraps a list of one for what comes after. */
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
