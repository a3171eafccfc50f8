import { VorelError } from '../../core/driver.ts'
import type { Fields, FieldValue } from '../../schemas/verbs.ts'
import { FULL_NAME, isName, type Layout } from './fields.ts'

const isEmpty = (value: FieldValue | undefined): boolean => value === undefined || value === null || value === ''

/** `id` would point at another record, and the reference field is this driver's. */
export const refuseOddNames = (fields: Fields, referenceField: string): void => {
  const odd = Object.keys(fields).filter((name) => name === 'id' || name === referenceField || !isName(name))
  if (odd.length) throw new VorelError('field_invalid', 'These are no fields of Zoho that can be written.', { fields: odd })
}

/** `Ada King Lovelace`: Zoho keeps the last word apart, and takes no name in one piece. */
export const splitName = (fields: Fields): Fields => {
  const { [FULL_NAME]: whole, ...rest } = fields
  if (whole === undefined || 'Last_Name' in rest) return rest
  if (isEmpty(whole)) return { ...rest, First_Name: null, Last_Name: null }
  const name = String(whole).trim().replaceAll(/\s+/g, ' ')
  const known = isEmpty(rest.First_Name) ? '' : `${rest.First_Name} `
  const at = known && name.startsWith(known) ? known.length : name.lastIndexOf(' ') + 1
  return { First_Name: name.slice(0, at).trim() || null, ...rest, Last_Name: name.slice(at) }
}

/** Zoho's times have an offset and no fractions. */
export const toMoment = (iso: string): string => {
  const time = Date.parse(iso)
  return Number.isNaN(time) ? iso : `${new Date(time).toISOString().slice(0, 19)}+00:00`
}

/** One value, as Zoho takes it; an empty list would leave open what is meant. */
export const toNative = ({ lookups, datetimes }: Layout, name: string, value: FieldValue): unknown => {
  if (Array.isArray(value)) return value.length ? value : null
  if (typeof value !== 'string') return value
  if (lookups.includes(name)) return value === '' ? null : { id: value }
  return datetimes.includes(name) ? toMoment(value) : value
}

export const toWrite = (layout: Layout, fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(splitName(fields)).map(([name, value]) => [name, toNative(layout, name, value)]))

/** What Zoho refuses to do without: the last name, and where the organisation wants them a company and first options. */
export const completed = (layout: Layout, object: string, given: Fields): Fields => {
  const fields = splitName(given)
  if (object !== 'deal' && isEmpty(fields.Last_Name)) {
    const { First_Name, Last_Name: _, ...rest } = fields
    const standIn = [First_Name, rest.Email, rest.Phone, rest.Mobile].find((value) => !isEmpty(value))
    return standIn === undefined ? fields : completed(layout, object, { ...rest, Last_Name: standIn })
  }
  const missing = layout.mandatory.filter((name) => isEmpty(fields[name]))
  const defaults: Fields = Object.fromEntries(
    missing.flatMap((name) => {
      const option = layout.first[name]
      if (option !== undefined) return [[name, option]]
      return name === 'Company' ? [[name, [fields.First_Name, fields.Last_Name].filter(Boolean).join(' ')]] : []
    }),
  )
  return { ...fields, ...defaults }
}
