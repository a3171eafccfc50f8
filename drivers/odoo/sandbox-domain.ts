import type { Sentences } from './sandbox-exceptions.ts'
import type { Major, SandboxModel } from './sandbox-models.ts'

export type Values = Record<string, unknown>
/** The value of a field as a domain compares it; dotted paths go through many2one fields. */
export type Reader = (row: Values, path: string) => unknown

const ARITY: Record<string, number> = { '|': 2, '&': 2, '!': 1 }
type Test = (row: Values) => boolean

export interface DomainRules {
  major: Major
  model: string
  fields: SandboxModel
  say: Sentences
  read: Reader
}

/** Prefix notation, conditions side by side joined by 'and'. */
export const compileDomain = (domain: unknown, rules: DomainRules): Test => {
  if (!Array.isArray(domain)) throw rules.say.badDomain(domain)
  const rest = [...domain]
  const next = (): Test => {
    if (rest.length === 0) throw rules.say.badDomain(domain)
    const token: unknown = rest.shift()
    if (typeof token === 'string' && token in ARITY) return joined(token, next)
    if (Array.isArray(token) && token.length === 3) return condition(token, rules)
    throw rules.say.badDomain(domain)
  }
  const tests: Test[] = []
  while (rest.length > 0) tests.push(next())
  return (row) => tests.every((test) => test(row))
}

const joined = (token: string, next: () => Test): Test => {
  const first = next()
  if (token === '!') return (row) => !first(row)
  const second = next()
  return token === '|' ? (row) => first(row) || second(row) : (row) => first(row) && second(row)
}

const condition = (leaf: unknown[], rules: DomainRules): Test => {
  const [path, operator, value] = leaf as [string, string, unknown]
  const field = rules.fields[path.split('.')[0] ?? '']
  if (!field) throw rules.say.unknownInDomain(rules.model, leaf)
  if (path === 'phone_mobile_search') return phoneCondition(String(value), rules)
  if (rules.major === 19 && field.type === 'datetime' && /T.*Z/.test(String(value))) throw rules.say.zonedDatetime(String(value))
  const compare = comparison(operator, value, rules)
  return (row) => compare(rules.read(row, path))
}

const phoneCondition = (value: string, { say }: DomainRules): Test => {
  if (value.length < 3) throw say.shortPhone()
  const bare = (text: unknown) => String(text || '').replaceAll(/[\s\\./()-]/g, '')
  const looksFor = bare(value).replace(/^(\+|00)/, '')
  const needsPrefix = /^(\+|00)/.test(bare(value))
  return (row) =>
    [row.phone, row.mobile].some((stored) => {
      const number = bare(stored)
      return needsPrefix
        ? /^(\+|00)/.test(number) && number.replace(/^(\+|00)/, '').startsWith(looksFor)
        : number.includes(looksFor)
    })
}

const isNothing = (value: unknown): boolean => value === false || value === undefined || value === null

const comparison = (operator: string, value: unknown, { major, say, model }: DomainRules): ((stored: unknown) => boolean) => {
  const same = (stored: unknown) => (value === false ? isNothing(stored) || (major === 19 && stored === '') : stored === value)
  const order = (keep: (sign: number) => boolean) => (stored: unknown) => !isNothing(stored) && keep(sign(stored, value))
  const known: Record<string, (stored: unknown) => boolean> = {
    '=': same,
    '!=': (stored) => !same(stored),
    '>': order((sign) => sign > 0),
    '>=': order((sign) => sign >= 0),
    '<': order((sign) => sign < 0),
    '<=': order((sign) => sign <= 0),
    in: (stored) => Array.isArray(value) && value.includes(stored),
    'not in': (stored) => Array.isArray(value) && !value.includes(stored),
    ilike: like(`%${value}%`, 'i'),
    'not ilike': (stored) => !like(`%${value}%`, 'i')(stored),
    like: like(`%${value}%`, ''),
    '=ilike': like(String(value), 'i'),
    '=like': like(String(value), ''),
  }
  const found = known[operator]
  if (!found) throw say.unknownInDomain(model, ['', operator, value])
  return found
}

const sign = (stored: unknown, value: unknown): number =>
  typeof stored === 'number' && typeof value === 'number'
    ? stored - value
    : String(stored) < String(value)
      ? -1
      : Number(stored !== value)

/** SQL's LIKE: `%` and `_`, escaped by a backslash. */
const like = (pattern: string, flags: string): ((stored: unknown) => boolean) => {
  const source = pattern.replaceAll(/\\(.)|([%_])|([\s\S])/gu, (_, escaped, wildcard, plain) =>
    wildcard ? (wildcard === '%' ? '[\\s\\S]*' : '[\\s\\S]') : (escaped ?? plain).replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'),
  )
  const expression = new RegExp(`^${source}$`, flags)
  return (stored) =>
    pattern === '%%' || (!isNothing(stored) && expression.test(String(Array.isArray(stored) ? stored[1] : stored)))
}
