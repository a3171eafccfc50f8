import { badSearch } from './sandbox-errors.ts'
import { type Select, SoqlReader } from './sandbox-soql.ts'

/** What FIND looks for. A phrase is text in quotes, escapes undone; a word may hold wildcards. */
export type Term =
  | { kind: 'phrase'; text: string }
  | { kind: 'word'; letters: { char: string; isLiteral: boolean }[] }
  | { kind: 'and' | 'or' | 'and not'; left: Term; right: Term }

export type Returning = Omit<Select, 'offset'>

export interface Find {
  term: Term
  scope: string
  returning: Returning[]
  limit: number | null
}

const RESERVED = new Set('?&|!{}[]()^~*:\\"\'+-')
const LONGEST_WITH_OPERATORS = 4_000
const LONGEST = 10_000

type Piece =
  | { kind: 'phrase'; text: string }
  | { kind: 'word'; letters: { char: string; isLiteral: boolean }[] }
  | { kind: 'symbol'; text: string }

/** The text between the braces, and where it ends: a brace of the text has a backslash before it. */
const braced = (statement: string): { pieces: Piece[]; rest: string } => {
  const start = /^\s*find\s*\{/i.exec(statement)
  if (!start) throw badSearch('No search term found. The search term must be enclosed in braces.')
  const pieces: Piece[] = []
  let at = start[0].length
  while (statement[at] !== '}') {
    const [piece, length] = pieceAt(statement, at)
    if (piece) pieces.push(piece)
    at += length
  }
  return { pieces, rest: statement.slice(at + 1) }
}

const pieceAt = (statement: string, at: number): [Piece | null, number] => {
  const char = statement[at]
  if (char === undefined) throw badSearch('line 1:0 expecting right brace')
  if (/\s/.test(char)) return [null, 1]
  if (char === '"') return phraseAt(statement, at)
  if (char === '(' || char === ')') return [{ kind: 'symbol', text: char }, 1]
  return wordAt(statement, at)
}

const unescaped = (statement: string, at: number): string => {
  const char = statement[at + 1] ?? ''
  if (!RESERVED.has(char)) throw badSearch(`Illegal character sequence '\\${char}'`)
  return char
}

const phraseAt = (statement: string, start: number): [Piece, number] => {
  let text = ''
  for (let at = start + 1; ; at += 1) {
    const char = statement[at]
    if (char === undefined) throw badSearch('unmatched quote in the search term')
    if (char === '"') return [{ kind: 'phrase', text }, at + 1 - start]
    if (RESERVED.has(char) && char !== '\\') throw badSearch(`reserved character '${char}' in the search term`)
    text += char === '\\' ? unescaped(statement, at) : char
    if (char === '\\') at += 1
  }
}

const wordAt = (statement: string, start: number): [Piece, number] => {
  const letters: { char: string; isLiteral: boolean }[] = []
  let at = start
  for (; ; at += 1) {
    const char = statement[at]
    if (char === undefined || /[\s()"}]/.test(char)) return [{ kind: 'word', letters }, at - start]
    if (RESERVED.has(char) && !'\\*?'.includes(char)) throw badSearch(`reserved character '${char}' in the search term`)
    letters.push({ char: char === '\\' ? unescaped(statement, at) : char, isLiteral: char === '\\' })
    if (char === '\\') at += 1
  }
}

const textOf = (piece: Piece): string => (piece.kind === 'word' ? piece.letters.map(({ char }) => char).join('') : piece.text)

const isWord = (piece: Piece | undefined, word: string): boolean =>
  piece?.kind === 'word' &&
  piece.letters
    .map(({ char }) => char)
    .join('')
    .toUpperCase() === word &&
  piece.letters.every(({ isLiteral }) => !isLiteral)

/** Terms side by side are all meant; over the length at which operators are dropped, all terms are. */
class TermReader {
  readonly #pieces: Piece[]
  readonly #hasOperators: boolean
  #at = 0

  constructor(pieces: Piece[], hasOperators: boolean) {
    this.#pieces = pieces
    this.#hasOperators = hasOperators
  }

  read(): Term {
    const term = this.#chain()
    if (this.#at < this.#pieces.length) throw badSearch("unexpected token: ')'")
    return term
  }

  #chain(): Term {
    let left = this.#single()
    while (this.#at < this.#pieces.length && !this.#isNextClosing())
      left = { kind: this.#operator(), left, right: this.#single() }
    return left
  }

  #single(): Term {
    const piece = this.#pieces[this.#at]
    this.#at += 1
    if (!piece) throw badSearch('the search term ends too early')
    if (piece.kind !== 'symbol') return piece
    if (piece.text === ')') throw badSearch("unexpected token: ')'")
    const inner = this.#chain()
    if (!this.#isNextClosing()) throw badSearch("expecting a right parentheses, found '}'")
    this.#at += 1
    return inner
  }

  #operator(): 'and' | 'or' | 'and not' {
    if (this.#accept('OR')) return 'or'
    this.#accept('AND')
    return this.#accept('NOT') ? 'and not' : 'and'
  }

  #accept(word: string): boolean {
    if (!this.#hasOperators || !isWord(this.#pieces[this.#at], word)) return false
    this.#at += 1
    return true
  }

  #isNextClosing(): boolean {
    const piece = this.#pieces[this.#at]
    return piece?.kind === 'symbol' && piece.text === ')'
  }
}

const OBJECT = /^\s*([A-Za-z]\w*)\s*(?:\(((?:[^()']|'(?:[^'\\]|\\.)*'|\([^()]*\))*)\))?\s*/

/** `Contact(Id, Name WHERE … LIMIT 5), Lead(Id)` */
const returningIn = (text: string): { returning: Returning[]; rest: string } => {
  const [whole, object, inner] = OBJECT.exec(text) ?? []
  if (!whole || !object) throw badSearch('unexpected token in RETURNING')
  const first =
    inner === undefined ? { object, fields: ['Id'], where: null, order: [], limit: null } : { object, ...fieldsIn(inner) }
  const rest = text.slice(whole.length)
  if (!rest.startsWith(',')) return { returning: [first], rest }
  const further = returningIn(rest.slice(1))
  return { returning: [first, ...further.returning], rest: further.rest }
}

const fieldsIn = (inner: string): Omit<Returning, 'object'> => {
  const reader = new SoqlReader(inner)
  const fields = reader.names()
  const { where, order, limit } = reader.clauses()
  reader.end()
  return { fields, where, order, limit }
}

const limitIn = (end: string): number | null => {
  const found = /^\s*(?:limit\s+(\d+)\s*)?$/i.exec(end)
  if (!found) throw badSearch(`unexpected token: '${end.trim().slice(0, 20)}'`)
  return found[1] === undefined ? null : Number(found[1])
}

export const parseSosl = (statement: string): Find => {
  const { pieces, rest } = braced(statement)
  if (pieces.map(textOf).join('').length < 2) throw badSearch('Search term must be longer than one character: ')
  const length = statement.length - rest.length // what stands in the braces is meant
  if (length > LONGEST) return { term: { kind: 'phrase', text: '' }, scope: 'ALL', returning: [], limit: null }
  const [scoped = '', scope = 'ALL'] = /^\s*in\s+(all|name|email|phone|sidebar)\s+fields/i.exec(rest) ?? []
  const afterScope = rest.slice(scoped.length)
  const [word = ''] = /^\s*returning\s/i.exec(afterScope) ?? []
  if (!word) throw badSearch('the sandbox answers searches that say what they return')
  const { returning, rest: end } = returningIn(afterScope.slice(word.length))
  return {
    term: new TermReader(pieces, length <= LONGEST_WITH_OPERATORS).read(),
    scope: scope.toUpperCase(),
    returning,
    limit: limitIn(end),
  }
}
