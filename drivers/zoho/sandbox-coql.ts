/** COQL, as much as a driver needs: parsed to a tree, which is all that is then looked at. */
import { ZohoError } from './sandbox-errors.ts'

/** How a quote stands within quotes. Zoho's community pages show it doubled; others report a backslash before it. */
export type Quoting = 'doubled' | 'backslash'

type Scalar = string | number | boolean | null
export type Condition =
  | { column: string; operator: string; values: Scalar[] }
  | { connector: 'and' | 'or'; left: Condition; right: Condition }

export interface Query {
  columns: string[]
  module: string
  where: Condition
  order: { column: string; isDescending: boolean }[]
  offset: number
  limit: number
}

interface Token {
  kind: 'word' | 'text' | 'number' | 'sign' | 'end'
  text: string
  at: number
}

const syntaxError = (at: number, near: string) =>
  new ZohoError(400, 'SYNTAX_ERROR', 'invalid query formed', { line: 1, column: at + 1, near: near.slice(0, 20) })

const TEXT: Record<Quoting, RegExp> = {
  doubled: /'((?:[^']|'')*)'/y,
  backslash: /'((?:[^'\\]|\\.)*)'/sy,
}

const unquoted: Record<Quoting, (text: string) => string> = {
  doubled: (text) => text.replaceAll("''", "'"),
  backslash: (text) => text.replaceAll(/\\(.)/gs, '$1'),
}

/** No names, unless within quotes. */
const KEPT = /^(select|from|where|and|or|not|in|is|null|like|between|order|by|asc|desc|limit|offset|group|external)$/i

const PLAIN: [Token['kind'], RegExp][] = [
  ['number', /-?\d+(?:\.\d+)?/y],
  ['word', /[A-Za-z][\w.]*/y],
  ['sign', />=|<=|!=|<>|[=<>(),]/y],
]

const tokensOf = (text: string, quoting: Quoting): Token[] => {
  const tokens: Token[] = []
  const take = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  for (let at = 0; at < text.length; ) {
    const space = take(/\s+/y, at)
    if (space) at += space[0].length
    if (at >= text.length) break
    const quoted = take(TEXT[quoting], at)
    const plain = PLAIN.map(([kind, pattern]) => [kind, take(pattern, at)] as const).find(([, match]) => match)
    const match = quoted ?? plain?.[1]
    if (!match) throw syntaxError(at, text.slice(at))
    tokens.push({
      kind: quoted ? 'text' : (plain?.[0] ?? 'end'),
      text: quoted ? unquoted[quoting](match[1] ?? '') : match[0],
      at,
    })
    at += match[0].length
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }]
}

class Parser {
  readonly #tokens: Token[]
  #next = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  query(): Query {
    this.#word('select')
    const columns = this.#list(() => this.#name())
    this.#word('from')
    const module = this.#name()
    this.#word('where')
    const where = this.#pair()
    const order = this.#isWord('order') ? this.#order() : []
    const [first, second] = this.#isWord('limit') ? this.#limit() : [200, undefined]
    if (this.#peek().kind !== 'end') throw this.#wrong()
    return { columns, module, where, order, offset: second === undefined ? 0 : first, limit: second ?? first }
  }

  /** One condition, or two; more than two have to be bracketed in pairs. */
  #pair(): Condition {
    const left = this.#condition()
    const word = this.#peek()
    if (word.kind !== 'word' || !/^(and|or)$/i.test(word.text)) return left
    this.#take()
    const right = this.#condition()
    if (this.#isWord('and') || this.#isWord('or')) throw this.#wrong()
    return { connector: word.text.toLowerCase() as 'and' | 'or', left, right }
  }

  #condition(): Condition {
    if (this.#isSign('(')) {
      this.#take()
      const inner = this.#pair()
      this.#sign(')')
      return inner
    }
    const column = this.#name()
    return { column, ...this.#comparison() }
  }

  #comparison(): { operator: string; values: Scalar[] } {
    const { kind, text } = this.#take()
    if (kind === 'sign' && /^(=|!=|<>|>=|<=|>|<)$/.test(text)) return { operator: text, values: [this.#scalar()] }
    const word = kind === 'word' ? text.toLowerCase() : ''
    if (word === 'like') return { operator: word, values: [this.#scalar()] }
    if (word === 'in') return { operator: word, values: this.#bracketed() }
    if (word === 'not') return { operator: `not ${this.#named('in')}`, values: this.#bracketed() }
    if (word === 'between') return { operator: word, values: [this.#scalar(), this.#and()] }
    if (word !== 'is') throw this.#wrong()
    const isNot = this.#isWord('not') && Boolean(this.#take())
    this.#word('null')
    return { operator: isNot ? 'is not' : 'is', values: [null] }
  }

  #and(): Scalar {
    this.#word('and')
    return this.#scalar()
  }

  #bracketed(): Scalar[] {
    this.#sign('(')
    const values = this.#list(() => this.#scalar())
    this.#sign(')')
    return values
  }

  #order() {
    this.#word('order')
    this.#word('by')
    return this.#list(() => {
      const column = this.#name()
      const isDescending = this.#isWord('desc')
      if (isDescending || this.#isWord('asc')) this.#take()
      return { column, isDescending }
    })
  }

  #limit(): number[] {
    this.#word('limit')
    return this.#list(() => Number(this.#of('number').text))
  }

  #scalar(): Scalar {
    const { kind, text } = this.#take()
    if (kind === 'text') return text
    if (kind === 'number') return Number(text)
    if (kind === 'word' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
    throw this.#wrong()
  }

  #list<T>(one: () => T): T[] {
    const items = [one()]
    while (this.#isSign(',') && this.#take()) items.push(one())
    return items
  }

  #name(): string {
    if (KEPT.test(this.#peek().text)) throw this.#wrong()
    return this.#of('word').text
  }

  #named(word: string): string {
    this.#word(word)
    return word
  }

  #word(word: string): void {
    if (!this.#isWord(word)) throw this.#wrong()
    this.#take()
  }

  #sign(sign: string): void {
    if (!this.#isSign(sign)) throw this.#wrong()
    this.#take()
  }

  #of(kind: Token['kind']): Token {
    if (this.#peek().kind !== kind) throw this.#wrong()
    return this.#take()
  }

  #isWord(word: string): boolean {
    return this.#peek().kind === 'word' && this.#peek().text.toLowerCase() === word
  }

  #isSign(sign: string): boolean {
    return this.#peek().kind === 'sign' && this.#peek().text === sign
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: 0 }
  }

  #take(): Token {
    const token = this.#peek()
    this.#next += 1
    return token
  }

  #wrong(): ZohoError {
    const { at, text } = this.#peek()
    return syntaxError(at, text)
  }
}

export const parseCoql = (text: string, quoting: Quoting): Query => new Parser(tokensOf(text, quoting)).query()
