import { coqlName, coqlText, criteriaText } from './literals.ts'

/** COQL takes conditions in pairs only: `((a or b) or c)`. */
const paired = (conditions: string[]): string => conditions.reduce((left, right) => `(${left} or ${right})`)

export const equalsAny = (columns: readonly string[], texts: readonly string[]): string => {
  const list = texts.map(coqlText)
  const right = list.length === 1 ? `= ${list[0]}` : `in (${list.join(', ')})`
  return paired(columns.map((column) => `${coqlName(column)} ${right}`))
}

export const since = (moment: string): string => `Modified_Time >= ${coqlText(moment)}`

export const selectFrom = (module: string, columns: readonly string[], where: string, tail: string): string =>
  `select ${columns.map(coqlName).join(', ')} from ${coqlName(module)} where ${where} ${tail}`

/** `criteria` of a search: any of these begins with the text. */
export const startsWith = (columns: readonly string[], text: string): string => {
  const conditions = columns.map((column) => `(${coqlName(column)}:starts_with:${criteriaText(text)})`)
  return conditions.length === 1 ? String(conditions[0]) : `(${conditions.join('or')})`
}
