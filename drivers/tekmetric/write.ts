import { VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { type Table, writableIn } from './fields.ts'
import { type Json, type Known, NEEDS, toNative } from './values.ts'

export const invalid = (detail: string, fields: string[]): VorelError =>
  new VorelError('field_invalid', `${detail} Nothing was written.`, { fields })

/** Values as they stand in the JSON, by field; what Tekmetric would not take is refused before it is asked. */
export const toWritten = (values: Fields, table: Table, known: Known, what: string): Record<string, Json> => {
  const writable = writableIn(table)
  const others = Object.keys(values).filter((name) => !writable.includes(name))
  if (others.length) throw invalid(`Of ${what} these can be written: ${writable.join(', ')}.`, others)
  const written = Object.entries(values).map(([name, value]) => [name, converted(value, table[name], known)] as const)
  const wrong = written.flatMap(([name, value]) => (value === undefined ? [name] : []))
  if (wrong.length) throw invalid(wrong.map((name) => `${name} needs ${needOf(table, name)}.`).join(' '), wrong)
  return Object.fromEntries(written) as Record<string, Json>
}

const converted = (value: Fields[string] | undefined, field: Table[string] | undefined, known: Known) =>
  field && value !== undefined ? toNative(value, field, known) : undefined

const needOf = (table: Table, name: string): string => NEEDS[table[name]?.kind ?? 'text']

/** Refuses what is required and empty. */
export const refuseEmpty = (written: Record<string, Json>, names: string[], what: string): void => {
  const empty = names.filter((name) => written[name] === '')
  if (empty.length) throw invalid(`${what} cannot be without ${empty.join(', ')}.`, empty)
}

/** Refuses what is required and not there. */
export const refuseMissing = (written: Record<string, Json>, names: string[], what: string): void => {
  const missing = names.filter((name) => written[name] === undefined || written[name] === '')
  if (missing.length) throw invalid(`Tekmetric takes no ${what} without ${missing.join(', ')}.`, missing)
}
