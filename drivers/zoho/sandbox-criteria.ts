/** The `criteria` of a search: parsed to a tree, which is all that is then looked at. */
import { ZohoError } from './sandbox-errors.ts'
import type { StoredRow } from './sandbox-query.ts'

export type Criteria = { field: string; operator: string; values: string[] } | { connector: 'and' | 'or'; parts: Criteria[] }

const MOST_CONDITIONS = 10
const OPERATORS = [
  'equals',
  'not_equal',
  'starts_with',
  'in',
  'greater_than',
  'greater_equal',
  'less_than',
  'less_equal',
  'between',
]

const malformed = (reason: string) =>
  new ZohoError(400, 'INVALID_QUERY', 'Invalid query formed', { reason, api_name: 'criteria', operator: '' })

class Parser {
  readonly #text: string
  #at = 0
  #conditions = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Criteria {
    const criteria = this.#bracketed()
    this.#spaces()
    if (this.#at < this.#text.length) throw malformed('there is more behind the criteria')
    return criteria
  }

  #bracketed(): Criteria {
    this.#spaces()
    this.#expect('(')
    this.#spaces()
    const criteria = this.#text[this.#at] === '(' ? this.#joined() : this.#condition()
    this.#expect(')')
    return criteria
  }

  #joined(): Criteria {
    const parts = [this.#bracketed()]
    const connectors = new Set<string>()
    for (let found = this.#connector(); found; found = this.#connector()) {
      connectors.add(found)
      parts.push(this.#bracketed())
    }
    if (connectors.size > 1) throw malformed('and and or in one pair of brackets')
    const [only] = parts
    if (parts.length === 1 && only) return only
    return { connector: connectors.has('or') ? 'or' : 'and', parts }
  }

  #connector(): string | undefined {
    const [matched, word] = /^\s*(and|or)\s*(?=\()/i.exec(this.#text.slice(this.#at)) ?? []
    if (!matched) this.#spaces()
    else this.#at += matched.length
    return word?.toLowerCase()
  }

  #condition(): Criteria {
    const [matched, field = '', operator = ''] = /^(\w+):(\w+):/.exec(this.#text.slice(this.#at)) ?? []
    if (!matched) throw malformed('no condition')
    if (!OPERATORS.includes(operator)) throw malformed('unknown operator')
    this.#conditions += 1
    if (this.#conditions > MOST_CONDITIONS)
      throw new ZohoError(400, 'CRITERIA_LIMIT_EXCEEDED', `no of criterium that can be given exceed the limit ${MOST_CONDITIONS}`)
    this.#at += matched.length
    const values = this.#values()
    if (values.length > 1 && operator !== 'in' && operator !== 'between') throw malformed('several values')
    return { field, operator, values }
  }

  /** Up to the bare bracket that closes; a backslash takes what follows as it is. */
  #values(): string[] {
    const values = ['']
    for (; this.#at < this.#text.length; this.#at += 1) {
      let character = this.#text[this.#at] ?? ''
      if (character === ')') return values
      if (character === ',') {
        values.push('')
        continue
      }
      if (character === '\\') {
        this.#at += 1
        character = this.#text[this.#at] ?? ''
      } else if (/[({}[\]^:!?*/ -]/.test(character)) throw malformed('a special character without a backslash')
      values[values.length - 1] += character
    }
    throw malformed('no closing bracket')
  }

  #spaces(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw malformed(`no ${character}`)
    this.#at += 1
  }
}

export const parseCriteria = (text: string): Criteria => new Parser(text).whole()

export const meets = (criteria: Criteria, row: StoredRow): boolean => {
  if ('connector' in criteria)
    return criteria.connector === 'or'
      ? criteria.parts.some((part) => meets(part, row))
      : criteria.parts.every((part) => meets(part, row))
  const { field, operator, values } = criteria
  const mine = String(row[field] ?? '').toLowerCase()
  const [first = '', second = ''] = values.map((value) => value.toLowerCase())
  if (mine === '') return false
  switch (operator) {
    case 'equals':
      return mine.includes(first) // as Zoho does with plain text
    case 'not_equal':
      return mine !== first
    case 'starts_with':
      return mine.startsWith(first)
    case 'in':
      return values.some((value) => value.toLowerCase() === mine)
    case 'between':
      return mine >= first && mine <= second
    case 'greater_than':
      return mine > first
    case 'greater_equal':
      return mine >= first
    case 'less_than':
      return mine < first
    default:
      return mine <= first
  }
}
