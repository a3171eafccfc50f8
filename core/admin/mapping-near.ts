import type { FieldDescription } from '../../schemas/field.ts'

/** A field, and the object it is on. */
export interface ObjectField extends FieldDescription {
  object: string
}

const BEST = 5
const WORTH_NAMING = 0.28

/** Words, whichever way they are put together: `BudgetMax__c` and `Budget (max)` alike. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)

const trigramsOf = (words: string[], between: string): Set<string> => {
  const text = `  ${words.join(between)} `
  return new Set(Array.from({ length: text.length - 2 }, (_, at) => text.slice(at, at + 3)))
}

/** From 0, nothing in common, to 1, the same words. Half of it is the letters, put together or apart, half the words that both have. */
export const likeness = (a: string, b: string): number => {
  const [left, right] = [wordsOf(a), wordsOf(b)]
  if (left.length === 0 || right.length === 0) return 0
  if (left.join('') === right.join('')) return 1
  const letters = (between: string) => shared(trigramsOf(left, between), trigramsOf(right, between))
  return (Math.max(letters(' '), letters('')) + sharedWords(left, right)) / 2
}

/** Of two sets, by the size that both have on average. */
const shared = (a: Set<string>, b: Set<string>): number => (2 * [...a].filter((one) => b.has(one)).length) / (a.size + b.size)

/** `max` and `maximum` are one word. */
const sharedWords = (a: string[], b: string[]): number => {
  const isIn = (words: string[]) => (word: string) =>
    words.some((other) => other === word || (Math.min(word.length, other.length) >= 3 && isBegun(word, other)))
  return (a.filter(isIn(b)).length + b.filter(isIn(a)).length) / (a.length + b.length)
}

const isBegun = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a)

/** By its name or its label, whichever is closer. */
export const likenessOf = (wanted: string, { name, label }: Pick<FieldDescription, 'name' | 'label'>): number =>
  Math.max(likeness(wanted, name), likeness(wanted, label))

/** The fields closest to what was asked for by any of the names, the closest first; nothing that has little in common with it. */
export const nearest = <F extends ObjectField>(wanted: readonly string[], fields: readonly F[]): F[] =>
  fields
    .map((field) => ({ field, score: Math.max(...wanted.map((name) => likenessOf(name, field))) }))
    .filter(({ score }) => score >= WORTH_NAMING)
    .sort((a, b) => b.score - a.score)
    .slice(0, BEST)
    .map(({ field }) => field)

/** `lead.expected_revenue (Expected Revenue)` */
export const shownField = ({ object, name, label }: Pick<ObjectField, 'object' | 'name' | 'label'>): string =>
  label && label !== name ? `${object}.${name} (${label})` : `${object}.${name}`
