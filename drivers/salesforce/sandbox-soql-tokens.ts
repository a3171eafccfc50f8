import { badQuery } from './sandbox-errors.ts'

/** A character of a quoted text; `isLiteral`: written with a backslash, so no wildcard even in LIKE. */
export interface Letter {
  char: string
  isLiteral: boolean
}

export type Token =
  | { kind: 'word'; text: string }
  | { kind: 'string'; letters: Letter[] }
  | { kind: 'number' | 'date' | 'datetime' | 'symbol'; text: string }
  | { kind: 'end' }

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '"': '"', "'": "'", '\\': '\\' }

const PATTERNS: [Exclude<Token['kind'], 'string' | 'end'>, RegExp][] = [
  ['datetime', /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:?\d\d)/y],
  ['date', /\d{4}-\d\d-\d\d(?![\dT])/y],
  ['number', /-?\d+(?:\.\d+)?(?![\w.])/y],
  ['word', /[A-Za-z]\w*(?:\.[A-Za-z]\w*)*(?::\d+)?/y],
  ['symbol', /<=|>=|!=|<>|[=<>(),]/y],
]

/** The tokens of a statement; a backslash before anything that the language does not name is an error. */
export const tokensOf = (statement: string): Token[] => {
  const tokens: Token[] = []
  let at = 0
  while (at < statement.length) {
    const space = /\s*/y
    space.lastIndex = at
    at += space.exec(statement)?.[0].length ?? 0
    if (at >= statement.length) break
    const [token, length] = statement[at] === "'" ? quotedAt(statement, at) : plainAt(statement, at)
    tokens.push(token)
    at += length
  }
  return [...tokens, { kind: 'end' }]
}

const plainAt = (statement: string, at: number): [Token, number] => {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at
    const text = pattern.exec(statement)?.[0]
    if (text !== undefined) return [{ kind, text }, text.length]
  }
  throw badQuery(`unexpected token: '${statement[at]}'`)
}

const quotedAt = (statement: string, start: number): [Token, number] => {
  const letters: Letter[] = []
  let at = start + 1
  for (;;) {
    const char = statement[at]
    if (char === undefined) throw badQuery("line 1:0 no viable alternative at character '<EOF>'")
    if (char === "'") return [{ kind: 'string', letters }, at + 1 - start]
    const [letter, length] = char === '\\' ? escapedAt(statement, at) : [{ char, isLiteral: false }, 1]
    letters.push(letter)
    at += length
  }
}

const escapedAt = (statement: string, at: number): [Letter, number] => {
  const next = statement[at + 1] ?? ''
  const unicode = /^u([0-9a-f]{4})/i.exec(statement.slice(at + 1, at + 6))
  if (unicode) return [{ char: String.fromCharCode(Number.parseInt(unicode[1] ?? '', 16)), isLiteral: true }, 6]
  if (next === '%' || next === '_') return [{ char: next, isLiteral: true }, 2]
  const char = ESCAPES[/[NRTBF]/.test(next) ? next.toLowerCase() : next]
  if (char === undefined) throw badQuery(`Invalid string literal. Illegal character sequence '\\${next}' in string literal.`)
  return [{ char, isLiteral: next !== '%' && next !== '_' }, 2]
}
