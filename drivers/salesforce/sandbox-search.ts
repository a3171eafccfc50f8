import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import type { Org, Row } from './sandbox-org.ts'
import { checkSelected, compile, ordered, shown } from './sandbox-query.ts'
import { type Find, parseSosl, type Term } from './sandbox-sosl.ts'

const FIELD_TYPES: Record<string, (name: string, type: string) => boolean> = {
  ALL: (_, type) => ['string', 'email', 'phone', 'url', 'textarea'].includes(type),
  NAME: (name) => ['Name', 'FirstName', 'LastName'].includes(name),
  EMAIL: (_, type) => type === 'email',
  PHONE: (_, type) => type === 'phone',
  SIDEBAR: (_, type) => ['string', 'phone'].includes(type),
}

/** Marks divide words and are not kept. */
const wordsIn = (text: string): string[] =>
  text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? []

/** A phone number is one word of its digits, as it was typed. */
const indexed = (type: string, value: string): string[] => (type === 'phone' ? [value.replaceAll(/\D/g, '')] : wordsIn(value))

type Field = string[]

const hasPhrase = (fields: Field[], words: string[]): boolean =>
  words.length > 0 && fields.some((field) => field.some((_, at) => words.every((word, step) => field[at + step] === word)))

const matches = (fields: Field[], term: Term): boolean => {
  switch (term.kind) {
    case 'phrase':
      return hasPhrase(fields, wordsIn(term.text))
    case 'word':
      return hasWord(fields, term.letters)
    case 'and':
      return matches(fields, term.left) && matches(fields, term.right)
    case 'or':
      return matches(fields, term.left) || matches(fields, term.right)
    case 'and not':
      return matches(fields, term.left) && !matches(fields, term.right)
  }
}

const hasWord = (fields: Field[], letters: { char: string; isLiteral: boolean }[]): boolean => {
  const isWild = letters.some(({ char, isLiteral }) => !isLiteral && (char === '*' || char === '?'))
  if (!isWild) return hasPhrase(fields, wordsIn(letters.map(({ char }) => char).join('')))
  const source = letters.map(({ char, isLiteral }) =>
    isLiteral || !/[*?]/.test(char) ? (wordsIn(char)[0] ?? '') : char === '*' ? '.*' : '.',
  )
  const pattern = new RegExp(`^${source.join('')}$`, 'u')
  return fields.some((field) => field.some((word) => pattern.test(word)))
}

const fieldsOf = (org: Org, object: string, scope: string, row: Row): Field[] =>
  Object.entries(org.object(object).fields)
    .filter(([name, { type }]) => FIELD_TYPES[scope]?.(name, type) && typeof row[name] === 'string')
    .map(([name, { type }]) => indexed(type, String(row[name])))

const runFind = (org: Org, { term, scope, returning, limit }: Find): object[] =>
  returning
    .flatMap(({ object: given, fields, where, order, limit: own }) => {
      const { name: object } = org.object(given)
      checkSelected(org, object, fields)
      const test = compile(org, object, where)
      const found = org
        .rows(object)
        .filter((row) => org.isIndexed(row) && matches(fieldsOf(org, object, scope, row), term) && test(row))
      return ordered(org, object, found, order)
        .slice(0, own ?? undefined)
        .map((row) => shown(org, object, fields, row))
    })
    .slice(0, limit ?? undefined)

/** `/search`: what the index knows, which may be behind the table. */
export const runSearch = (org: Org, { query }: SandboxRequest): SandboxAnswer => ({
  status: 200,
  body: { searchRecords: runFind(org, parseSosl(query.get('q') ?? '')) },
})
