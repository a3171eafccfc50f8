import { meets, parseCriteria } from './sandbox-criteria.ts'
import { ZohoError } from './sandbox-errors.ts'
import type { Field } from './sandbox-fields.ts'
import type { StoredRow } from './sandbox-query.ts'
import type { Traits } from './sandbox-variant.ts'

type Matches = (row: StoredRow) => boolean

const textsIn = (row: StoredRow, fields: Field[]): string[] =>
  fields.map(({ api_name }) => row[api_name]).filter((value): value is string => typeof value === 'string')

const wordsIn = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)

const byWord = (word: string, fields: Field[]): Matches => {
  const wanted = wordsIn(word)
  const searchable = fields.filter(({ custom_field, data_type }) => !custom_field && !data_type.startsWith('date'))
  return (row) => {
    const words = new Set(textsIn(row, searchable).flatMap(wordsIn))
    return wanted.length > 0 && wanted.every((one) => words.has(one))
  }
}

const byEmail = (email: string, fields: Field[]): Matches => {
  const emails = fields.filter(({ data_type }) => data_type === 'email')
  return (row) => textsIn(row, emails).some((stored) => stored.toLowerCase() === email.toLowerCase())
}

const byPhone = (phone: string, fields: Field[], asTyped: boolean): Matches => {
  const phones = fields.filter(({ data_type }) => data_type === 'phone')
  const form = (text: string) => (asTyped ? text : text.replaceAll(/\D/g, ''))
  return (row) => form(phone) !== '' && textsIn(row, phones).some((stored) => form(stored) === form(phone))
}

/** One selector counts: criteria before email before phone before word. */
export const matcherOf = (query: URLSearchParams, fields: Field[], traits: Traits): Matches => {
  const [criteria, email, phone, word] = ['criteria', 'email', 'phone', 'word'].map((name) => query.get(name))
  if (criteria) {
    const parsed = parseCriteria(criteria)
    return (row) => meets(parsed, row)
  }
  if (email) return byEmail(email, fields)
  if (phone) return byPhone(phone, fields, traits.comparesPhonesAsTyped)
  if (!word)
    throw new ZohoError(400, 'EXPECTED_PARAM_MISSING', 'One of the expected parameter is missing', {
      param_names: ['criteria', 'email', 'phone', 'word'],
    })
  if ([...word].length < 2) throw new ZohoError(400, 'INVALID_QUERY', 'Invalid query formed', { api_name: 'word' })
  return byWord(word, fields)
}
