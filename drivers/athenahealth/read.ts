import type { Fields } from '../../schemas/field.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import { fieldOf } from './fields.ts'
import { fromNative } from './values.ts'

export type Read = readonly ReadField[]

/** What the fields asked for are in an answer. Only what can be mapped is looked at: an answer holds more, such as social security numbers. */
export const valuesOf = (object: string, answer: object, read: Read): Fields => {
  const values = new Map<string, unknown>(Object.entries(answer))
  const of = ({ field: name, type }: ReadField) => {
    const field = fieldOf(object, name)
    return field ? fromNative(values.get(name), type, field) : null
  }
  return Object.fromEntries(read.map((wanted) => [wanted.field, of(wanted)]))
}

/** Whether an answer lacks a field by its documentation that another one has, so that it must be read by itself. */
export const isShort = (object: string, read: Read, lacks: (field: string) => boolean): boolean =>
  read.some(({ field }) => fieldOf(object, field) !== undefined && lacks(field))

/** Lists of patients lack these. */
export const lacksInList = (field: string): boolean => ['altfirstname', 'referralsourceother'].includes(field)
/** A search answers in short, with a zip that is a number and has lost its zeros. */
export const lacksInSearch = (field: string): boolean => !['firstname', 'lastname', 'preferredname'].includes(field)
/** A patient's appointments lack these. */
export const lacksInHistory = (field: string): boolean => ['urgentyn', 'supervisingproviderid'].includes(field)
