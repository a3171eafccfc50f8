/** SOQL and SOSL put together so that text stays text: every value of a statement is written by its type, and nothing goes in as it stands. */

/** A part of a statement that is written already. */
class Written {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = string | number | Date | readonly string[] | Written

/** The backslash first: done after the quote it would undo the quote's own. */
const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')

const literal = (text: string): string => `'${escaped(text)}'`

/** Without milliseconds, rounded down: what is asked for since a moment includes it. */
const moment = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`

const written = (value: Value): string => {
  if (value instanceof Written) return value.text
  if (value instanceof Date) return moment(value)
  if (typeof value === 'string') return literal(value)
  if (typeof value !== 'number') return `(${value.map(literal).join(', ')})`
  if (!Number.isSafeInteger(value)) throw new TypeError('A number of a statement must be whole')
  return String(value)
}

/** A statement: texts become literals, lists of texts lists of literals, dates moments. */
export const soql = (parts: TemplateStringsArray, ...values: Value[]): string =>
  parts.reduce((built, part, index) => built + written(values[index - 1] ?? new Written('')) + part)

export const sosl = soql

/** A condition or another part, for a statement around it. */
export const part = (parts: TemplateStringsArray, ...values: Value[]): Written => new Written(soql(parts, ...values))

export const nothing = new Written('')

const RESERVED =
  /^(?:and|asc|desc|excludes|first|from|group|having|in|includes|last|like|limit|not|null|nulls|or|order|select|true|false|using|where|with)$/i

/** Whether an object or field could be called so; a word of the language is no name. */
export const isName = (name: string): boolean => /^[A-Za-z]\w{0,99}$/.test(name) && !RESERVED.test(name)

/** Names of objects and fields are never quoted, so they are never anybody's text. */
export const names = (list: readonly string[]): Written => {
  const odd = list.find((name) => !isName(name))
  if (odd !== undefined || list.length === 0) throw new TypeError('A name of a statement must be an identifier')
  return new Written(list.join(', '))
}

export const anyOf = (conditions: readonly Written[]): Written => {
  if (conditions.length === 0) throw new TypeError('A condition needs at least one part')
  return new Written(`(${conditions.map(({ text }) => text).join(' OR ')})`)
}

/** For LIKE: what begins with the text, in which `%` and `_` are themselves. */
export const beginning = (text: string): Written =>
  new Written(`'${escaped(text).replaceAll('%', '\\%').replaceAll('_', '\\_')}%'`)

const SOSL_RESERVED = /[?&|!{}[\]()^~*:\\"'+-]/g

/** In quotes AND, OR and NOT are words like others. */
const quoted = (word: string): string => `"${word.replaceAll(SOSL_RESERVED, '\\$&')}"`

/** The words of a text that an index can hold: a mark alone is none. */
export const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word))

/** What FIND looks for: all of the words, or one of them. */
export const find = (words: readonly string[], how: 'AND' | 'OR'): Written => {
  if (words.length === 0) throw new TypeError('A search needs a word')
  return new Written(`{${words.map(quoted).join(` ${how} `)}}`)
}
