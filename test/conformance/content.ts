import type { Document, Schema } from './documents.ts'
import { faultsOf } from './schema.ts'
import type { Strictness } from './translate.ts'
import { valueIn } from './values.ts'

export const FORM = 'application/x-www-form-urlencoded'

/** `application/json` of `Application/JSON; charset=utf-8`. */
export const essence = (type: string): string => type.split(';', 1)[0]?.trim().toLowerCase() ?? ''

/** What is wrong with a body of a declared type. */
export const contentFaults = (
  document: Document,
  type: string,
  schema: Schema,
  strictness: Strictness,
  text: string,
): string[] => {
  const read = type === FORM ? { value: form(document, schema, new URLSearchParams(text)) } : readAs(type, text)
  const faults = 'fault' in read ? [read.fault] : faultsOf(document, schema, strictness, read.value)
  return faults.map((fault) => `body ${fault}`)
}

const readAs = (type: string, text: string): { value: unknown } | { fault: string } => {
  if (!/[/+]json$/.test(type)) return { value: text }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { fault: 'is not JSON' }
  }
}

const form = (document: Document, schema: Schema, fields: URLSearchParams): Record<string, unknown> => {
  const { properties = {} } = document.resolve(schema)
  const named = [...new Set(fields.keys())]
  return Object.fromEntries(
    named.map((name) => [name, valueIn(document, { schema: properties[name] ?? {} }, fields.getAll(name))]),
  )
}
