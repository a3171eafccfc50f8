import type { Manifest } from '../schemas/manifest.ts'

export interface Values {
  settings: Record<string, unknown>
  facts: Record<string, string>
  credentials?: Record<string, unknown>
}

/** What a manifest's templates are filled from. What was found out counts before what was entered, and both before a table. */
export const valuesOf = ({ tables = {} }: Manifest, { settings, facts, credentials = {} }: Values): Record<string, unknown> => {
  const chosen = { ...settings, ...facts }
  const values: Record<string, unknown> = {}
  for (const [name, { by, values: table }] of Object.entries(tables)) {
    const key = String(chosen[by] ?? '')
    if (Object.hasOwn(table, key)) values[name] = table[key]
  }
  return Object.assign(values, chosen, credentials)
}

/** Templates taken apart, texts and names in turn; there are as many as manifests have. */
const templates = new Map<string, string[]>()

const partsOf = (template: string): string[] => {
  const known = templates.get(template)
  if (known) return known
  const parts = template.split(/\{(\w+)\}/)
  templates.set(template, parts)
  return parts
}

/** `{name}` replaced by its value; by nothing where there is none. */
export const fill = (template: string, values: Record<string, unknown>): string => {
  let text = ''
  for (const [index, part] of partsOf(template).entries()) text += index % 2 ? String(values[part] ?? '') : part
  return text
}

/** The names that a template asks for. */
export const namesIn = (template: string): string[] => partsOf(template).filter((_, index) => index % 2)
