import type { FieldDescription } from '../../schemas/field.ts'

/** A field, and the object it is on. */
export interface ObjectField extends FieldDescription {
  object: string
}

const BEST = 5
const WORTH_NAMING = 0.28
const WITHIN = 0.9

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

/** `max` and `maximum` are nearly one word. */
const sharedWords = (a: string[], b: string[]): number => {
  const best = (words: string[], word: string) => Math.max(...words.map((other) => sameness(word, other)))
  const sum = [...a.map((word) => best(b, word)), ...b.map((word) => best(a, word))].reduce((all, one) => all + one, 0)
  return sum / (a.length + b.length)
}

const sameness = (a: string, b: string): number => {
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  return short === long ? 1 : short.length >= 3 && long.startsWith(short) ? 0.5 + short.length / long.length / 2 : 0
}

/** By its name or its label, whichever is closer. */
export const likenessOf = (wanted: string, { name, label }: Pick<FieldDescription, 'name' | 'label'>): number =>
  Math.max(likeness(wanted, name), likeness(wanted, label))

/** What was asked for as a whole, within a longer name, is likely what was meant. */
const nearness = (wanted: string, field: ObjectField): number => {
  const part = wordsOf(wanted).join('')
  const isWithin = part.length > 3 && [field.name, field.label].some((text) => wordsOf(text).join('').includes(part))
  return Math.max(likenessOf(wanted, field), isWithin ? WITHIN : 0)
}

/** The fields closest to what was asked for by any of the names, the closest first; nothing that has little in common with it. */
export const nearest = <F extends ObjectField>(wanted: readonly string[], fields: readonly F[]): F[] =>
  fields
    .map((field) => ({ field, score: Math.max(...wanted.map((name) => nearness(name, field))) }))
    .filter(({ score }) => score >= WORTH_NAMING)
    .sort((a, b) => b.score - a.score)
    .slice(0, BEST)
    .map(({ field }) => field)

/** `lead.expected_revenue (Expected Revenue)` */
export const shownField = ({ object, name, label }: Pick<ObjectField, 'object' | 'name' | 'label'>): string =>
  label && label !== name ? `${object}.${name} (${label})` : `${object}.${name}`
