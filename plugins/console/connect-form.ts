import { type AnyDriver, formProperties, isSecret } from '../../core/driver.ts'
import type { Html } from './html.ts'
import { field } from './parts.ts'
import { type ConsoleRequest, sent } from './route.ts'

interface Property {
  title?: string
  description?: string
  default?: unknown
  pattern?: string
  format?: string
  maxLength?: number
  minLength?: number
  enum?: readonly string[]
}

/** Names in the form are apart from the console's own. */
const nameOf = (field: string): string => `f_${field}`

/** What was filled in: an empty field is one that was left out. */
export const enteredIn = (request: ConsoleRequest, { manifest: { auth } }: AnyDriver): Record<string, string> =>
  Object.fromEntries(
    Object.keys(formProperties(auth.fields))
      .map((name) => [name, sent(request, nameOf(name))] as const)
      .filter(([, value]) => value !== ''),
  )

/** The manifest's form. A secret is never shown again: it is typed anew after whatever went wrong. */
export const formFields = (
  { manifest: { auth } }: AnyDriver,
  known: Record<string, unknown>,
  faults: Record<string, string>,
): Html[] => {
  const required: readonly string[] = (auth.fields as { required?: string[] }).required ?? []
  return Object.entries(formProperties(auth.fields)).map(([name, schema]) => {
    const property = schema as Property
    const secret = isSecret(schema)
    const isRequired = required.includes(name)
    return field({
      name: nameOf(name),
      label: property.title ?? name,
      hint: property.description,
      error: faults[name],
      type: secret ? 'password' : 'text',
      value: secret ? '' : String(known[name] ?? property.default ?? ''),
      ...(property.enum && { options: optionsOf(property.enum, isRequired) }),
      isRequired: isRequired && property.default === undefined,
      attributes: {
        maxlength: property.enum ? undefined : property.maxLength,
        autocomplete: secret ? 'off' : undefined,
        spellcheck: property.enum ? undefined : 'false',
      },
    })
  })
}

const optionsOf = (values: readonly string[], isRequired: boolean): [string, string][] => [
  ...(isRequired ? [] : [['', '–'] as [string, string]]),
  ...values.map((value): [string, string] => [value, value]),
]
