import { Compile } from 'typebox/compile'
import Value from 'typebox/value'
import { type AnyDriver, formProperties, isSecret } from '../driver.ts'
import { VorelError } from '../errors.ts'

export interface Form {
  settings: Record<string, unknown>
  credentials: Record<string, unknown>
}

/** What was entered, held against the manifest's form, with secrets set apart. */
export const checkForm = (driver: AnyDriver, entered: Record<string, string>): Form => {
  const { auth, name } = driver.manifest
  const properties = formProperties(auth.fields)
  const unknown = Object.keys(entered).filter((field) => !Object.hasOwn(properties, field))
  if (unknown.length)
    throw new VorelError(
      'invalid_request',
      `${name} has no field ${unknown.join(', ')}. Its fields: ${Object.keys(properties).join(', ') || 'none'}.`,
    )
  const { values, faults } = held(driver, entered)
  if (faults.length) throw new VorelError('invalid_request', `${name} needs: ${[...new Set(faults.map(needOf))].join('; ')}.`)
  const secret = (field: string) => isSecret(properties[field] ?? {})
  const pick = (want: boolean) => Object.fromEntries(Object.entries(values).filter(([field]) => secret(field) === want))
  return { settings: pick(false), credentials: pick(true) }
}

/** What is wrong with what was entered, by field and without the values: for a form that shows each beside its field. */
export const formFaults = (driver: AnyDriver, entered: Record<string, string>): Record<string, string> => {
  const faults: Record<string, string> = {}
  for (const { instancePath, message, params } of held(driver, entered).faults) {
    const missing = 'requiredProperties' in params ? (params.requiredProperties as string[]) : []
    for (const field of missing) faults[field] ??= 'This is needed.'
    if (instancePath) faults[instancePath.slice(1)] ??= wordsOf(message, params)
  }
  return faults
}

const wordsOf = (message: string, params: object): string => {
  if ('pattern' in params) return 'This does not have the form that is asked for.'
  if ('allowedValues' in params) return 'Choose one of those offered.'
  return `This ${message}.`
}

const held = ({ manifest: { auth } }: AnyDriver, entered: Record<string, string>) => {
  const values = Value.Convert(auth.fields, Value.Default(auth.fields, { ...entered })) as Record<string, unknown>
  return { values, faults: Compile(auth.fields).Errors(values) }
}

const needOf = ({ instancePath, message, params }: { instancePath: string; message: string; params: object }): string => {
  const missing = 'requiredProperties' in params ? (params.requiredProperties as string[]) : []
  return missing.length ? missing.join(', ') : `${instancePath.slice(1)} ${message}`
}
