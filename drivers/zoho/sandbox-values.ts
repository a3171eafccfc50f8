/** What Zoho checks of a record before it takes it. */
import { badField } from './sandbox-errors.ts'
import type { Field } from './sandbox-fields.ts'

const FORMS: Record<string, [RegExp, string]> = {
  email: [/^[^\s@]+@[^\s@]+$/, 'email'],
  date: [/^\d{4}-\d\d-\d\d$/, 'date'],
  datetime: [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/, 'datetime'],
}

const invalid = (field: Field, expected_data_type: string) =>
  badField('INVALID_DATA', 'invalid data', field.api_name, { expected_data_type })

const checkText = (field: Field, value: unknown): void => {
  const [form, expected] = FORMS[field.data_type] ?? [/^/, 'string']
  if (typeof value !== 'string' || !form.test(value)) throw invalid(field, expected)
  if ([...value].length > field.length)
    throw badField('INVALID_DATA', 'invalid data', field.api_name, { maximum_length: field.length })
}

const checkLookup = (field: Field, value: unknown, exists: (module: string, id: string) => boolean): void => {
  const { id } = (typeof value === 'object' && value !== null ? value : {}) as { id?: unknown }
  if (typeof id !== 'string' || !/^\d+$/.test(id)) throw invalid(field, 'jsonobject')
  if (!exists(field.lookup ?? '', id)) throw badField('INVALID_DATA', 'the id given seems to be invalid', field.api_name)
}

const checkValue = (field: Field, value: unknown, exists: (module: string, id: string) => boolean): void => {
  if (value === null) return
  if (field.lookup) return checkLookup(field, value, exists)
  switch (field.data_type) {
    case 'integer':
      if (!Number.isInteger(value)) throw invalid(field, 'integer')
      return
    case 'bigint':
      if (!/^\d{1,18}$/.test(String(value))) throw invalid(field, 'long')
      return
    case 'currency':
      if (typeof value !== 'number') throw invalid(field, 'double')
      return
    case 'boolean':
      if (typeof value !== 'boolean') throw invalid(field, 'boolean')
      return
    case 'multiselectpicklist':
      if (!Array.isArray(value) || value.some((one) => typeof one !== 'string')) throw invalid(field, 'jsonarray')
      return
    default:
      return checkText(field, value)
  }
}

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === ''

/** Throws the first fault of a record; `known` is the record before the change, if there is one. */
export const checkRecord = (
  fields: Field[],
  given: Record<string, unknown>,
  known: Record<string, unknown> | undefined,
  exists: (module: string, id: string) => boolean,
): void => {
  for (const [name, value] of Object.entries(given)) {
    const field = fields.find(({ api_name }) => api_name === name)
    if (!field || field.field_read_only) throw badField('INVALID_DATA', 'invalid data', name)
    checkValue(field, value === '' ? null : value, exists)
  }
  const lacking = fields.find(
    ({ api_name, system_mandatory }) => system_mandatory && isBlank(api_name in given ? given[api_name] : known?.[api_name]),
  )
  if (lacking) throw badField('MANDATORY_NOT_FOUND', 'required field not found', lacking.api_name)
}
