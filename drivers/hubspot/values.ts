import type { Fields, FieldValue } from '../../schemas/verbs.ts'
import { FULL_NAME } from './manifest.ts'

export const isEmpty = (value: FieldValue | undefined): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)

/** HubSpot takes a day for its midnight in UTC, which west of Greenwich is the day before; noon is the same day nearly everywhere. */
const closeDay = (value: string): string => (/^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T12:00:00.000Z` : value)

const toText = (name: string, value: FieldValue): string => {
  if (value === null) return ''
  if (Array.isArray(value)) return value.join(';')
  return name === 'closedate' ? closeDay(String(value)) : String(value)
}

/** Values as HubSpot takes them, all of them texts; the empty one clears. */
export const toProperties = (fields: Fields): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, toText(name, value)]))

/** A whole name in HubSpot's two parts, the last word being the second; parts that were given themselves stay. */
export const withNameParts = (fields: Fields): Fields => {
  const { [FULL_NAME]: whole, ...rest } = fields
  if (whole === undefined || !isEmpty(rest.firstname) || !isEmpty(rest.lastname)) return rest
  const words = String(whole ?? '')
    .trim()
    .split(/\s+/)
  const lastname = words.length > 1 ? words.pop() : ''
  return { ...rest, firstname: words.join(' '), lastname: lastname ?? '' }
}
