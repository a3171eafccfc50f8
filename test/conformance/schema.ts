import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { Document, Schema } from './documents.ts'
import { type Strictness, translated } from './translate.ts'

const validator = (coerceTypes: false | 'array'): Ajv2020 => {
  // Not optimised: each is used a few times, and takes twice as long to make.
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false, coerceTypes, code: { optimize: false } })
  formats.default(ajv)
  // Documents call a time by the provider's own clocks a date-time as well, and it has no zone.
  ajv.addFormat('date-time', ajv.formats['iso-date-time'] ?? true)
  return ajv.addKeyword({
    keyword: 'knowsOneOf',
    type: 'object',
    schemaType: 'array',
    validate: (names: string[], value: object) => Object.keys(value).length === 0 || names.some((name) => name in value),
    error: { message: 'has no member that is described' },
  })
}
const exact = validator(false)
const validators = { closed: exact, open: exact, loose: validator('array') }
const compiled = new WeakMap<Schema, Partial<Record<Strictness, ValidateFunction>>>()

/** What is wrong with a value, in words without values. */
export const faultsOf = (document: Document, schema: Schema, strictness: Strictness, value: unknown): string[] => {
  const known = compiled.get(schema) ?? {}
  compiled.set(schema, known)
  known[strictness] ??= validators[strictness].compile(translated(document, schema, strictness))
  return known[strictness](value) ? [] : told(known[strictness].errors ?? [])
}

const isChoice = ({ keyword }: ErrorObject) => keyword === 'anyOf'
const isNoNull = ({ keyword, params }: ErrorObject) => keyword === 'type' && params.type === 'null'
const depth = ({ instancePath }: ErrorObject) => instancePath.split('/').length
const isWithin = (choice: ErrorObject) => (error: ErrorObject) => `${error.instancePath}/`.startsWith(`${choice.instancePath}/`)

/** Of a choice that failed, the branch that got furthest. */
const told = (errors: ErrorObject[]): string[] => {
  const plain = errors.filter((error) => !isChoice(error) && !isNoNull(error))
  const kept = errors.filter(isChoice).reduce((left, choice) => {
    const inside = left.filter(isWithin(choice))
    const furthest = inside.filter((error) => depth(error) === Math.max(...inside.map(depth)))
    const ofType = furthest.filter(({ keyword }) => keyword !== 'type')
    const best = ofType.length > 0 ? ofType : furthest
    return left.filter((error) => !inside.includes(error) || best.includes(error))
  }, plain)
  return kept.length > 0 ? [...new Set(kept.map(sentence))] : ['is nothing that is described']
}

const sentence = ({ instancePath, keyword, message, params }: ErrorObject): string => {
  const at = instancePath.replaceAll(/\/\d+(?=\/|$)/g, '/*')
  const member = params.unevaluatedProperty ?? params.additionalProperty
  const wrong = member !== undefined ? `'${member}' is not described` : (message ?? keyword)
  return at ? `${at}: ${wrong}` : wrong
}
