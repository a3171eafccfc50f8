import { badQuery } from './sandbox-errors.ts'
import { type Letter, type Token, tokensOf } from './sandbox-soql-tokens.ts'

export type Literal =
  | { kind: 'string'; text: string; letters: Letter[] }
  | { kind: 'number' | 'date' | 'datetime'; text: string }
  | { kind: 'boolean'; isTrue: boolean }
  | { kind: 'null' }

export type Condition =
  | { kind: 'and' | 'or'; parts: Condition[] }
  | { kind: 'not'; inner: Condition }
  | { kind: 'compare'; field: string; operator: string; value: Literal }
  | { kind: 'in'; field: string; isNot: boolean; values: Literal[] }

export interface Order {
  field: string
  isDescending: boolean
}

export interface Select {
  fields: string[]
  object: string
  where: Condition | null
  order: Order[]
  limit: number | null
  offset: number
}

const RESERVED =
  /^(select|from|where|and|or|not|in|like|order|by|asc|desc|nulls|limit|offset|group|having|for|using|with|null|true|false)$/i

/** Reads one statement or a part of one: of SOSL's RETURNING too, whose conditions are the same. */
export class SoqlReader {
  readonly #tokens: Token[]
  #at = 0

  constructor(text: string) {
    this.#tokens = tokensOf(text)
  }

  select(): Select {
    this.#expect('select')
    const fields = [this.#name(), ...this.#more(() => this.#name())]
    this.#expect('from')
    const object = this.#name()
    const select = { fields, object, ...this.clauses() }
    this.end()
    return select
  }

  /** WHERE, ORDER BY, LIMIT and OFFSET, in this order. */
  clauses(): Omit<Select, 'fields' | 'object'> {
    return {
      where: this.#accept('where') ? this.#condition() : null,
      order: this.#accept('order') ? this.#orders() : [],
      limit: this.#accept('limit') ? this.#count() : null,
      offset: this.#accept('offset') ? this.#count() : 0,
    }
  }

  /** Names divided by commas. */
  names(): string[] {
    return [this.#name(), ...this.#more(() => this.#name())]
  }

  end(): void {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'end') throw unexpected(token)
  }

  #condition(): Condition {
    const first = this.#term()
    const kind = this.#isNext('and') ? 'and' : this.#isNext('or') ? 'or' : null
    if (!kind) return first
    const parts = [first]
    while (this.#accept(kind)) parts.push(this.#term())
    // Both in one chain need parentheses.
    if (this.#isNext('and') || this.#isNext('or')) throw unexpected(this.#tokens[this.#at])
    return { kind, parts }
  }

  #term(): Condition {
    if (this.#accept('not')) return { kind: 'not', inner: this.#term() }
    if (!this.#accept('(')) return this.#comparison()
    const inner = this.#condition()
    this.#expect(')')
    return inner
  }

  #comparison(): Condition {
    const field = this.#name()
    const isNot = this.#accept('not')
    if (isNot || this.#isNext('in')) {
      this.#expect('in')
      this.#expect('(')
      const values = [this.#literal(false), ...this.#more(() => this.#literal(false))]
      this.#expect(')')
      return { kind: 'in', field, isNot, values }
    }
    const operator = this.#operator()
    return { kind: 'compare', field, operator, value: this.#literal(operator === 'like') }
  }

  #operator(): string {
    const token = this.#next()
    const text = 'text' in token ? token.text.toLowerCase() : ''
    if (['=', '!=', '<>', '<', '>', '<=', '>=', 'like'].includes(text)) return text
    throw unexpected(token)
  }

  #literal(isPattern: boolean): Literal {
    const token = this.#next()
    if (token.kind === 'string') return quoted(token.letters, isPattern)
    if (token.kind === 'number' || token.kind === 'date' || token.kind === 'datetime')
      return { kind: token.kind, text: token.text }
    const word = token.kind === 'word' ? token.text.toLowerCase() : ''
    if (word === 'true' || word === 'false') return { kind: 'boolean', isTrue: word === 'true' }
    if (word === 'null') return { kind: 'null' }
    throw unexpected(token)
  }

  #orders(): Order[] {
    this.#expect('by')
    const one = (): Order => {
      const field = this.#name()
      const isDescending = this.#accept('desc')
      if (!isDescending) this.#accept('asc')
      return { field, isDescending }
    }
    return [one(), ...this.#more(one)]
  }

  #count(): number {
    const token = this.#next()
    if (token.kind !== 'number' || !/^\d+$/.test(token.text)) throw unexpected(token)
    return Number(token.text)
  }

  #name(): string {
    const token = this.#next()
    if (token.kind !== 'word' || RESERVED.test(token.text)) throw unexpected(token)
    return token.text
  }

  #more<T>(read: () => T): T[] {
    const found: T[] = []
    while (this.#accept(',')) found.push(read())
    return found
  }

  #isNext(text: string): boolean {
    const token = this.#tokens[this.#at]
    return (
      token !== undefined &&
      'text' in token &&
      (token.kind === 'word' || token.kind === 'symbol') &&
      token.text.toLowerCase() === text
    )
  }

  #accept(text: string): boolean {
    if (!this.#isNext(text)) return false
    this.#at += 1
    return true
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw unexpected(this.#tokens[this.#at])
  }

  #next(): Token {
    const token = this.#tokens[this.#at] ?? { kind: 'end' }
    this.#at += 1
    return token
  }
}

/** `\%` and `\_` mean something in LIKE alone. */
const quoted = (letters: Letter[], isPattern: boolean): Literal => {
  if (!isPattern && letters.some(({ char, isLiteral }) => isLiteral && (char === '%' || char === '_')))
    throw badQuery("Invalid string literal. Illegal character sequence '\\%' in string literal.")
  return { kind: 'string', text: letters.map(({ char }) => char).join(''), letters }
}

const unexpected = (token: Token | undefined) => {
  const text = !token || token.kind === 'end' ? '<EOF>' : token.kind === 'string' ? 'a string' : token.text
  return badQuery(`unexpected token: '${text}'`)
}

export const parseSoql = (statement: string): Select => new SoqlReader(statement).select()
