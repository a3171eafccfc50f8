/** The one place where text becomes part of a statement. */
import { VorelError } from '../../core/driver.ts'
import { isName } from './fields.ts'

/** What stands for something else in COQL, in one of the ways to escape it: quotes are doubled or follow a backslash, Zoho's pages differ. */
const TOUCHY = /['"\\\p{C}\u2028\u2029]/u

/** Whether a text means the same in COQL whichever way its quotes are escaped. What does not goes by `search`, which takes values as they are. */
export const isPlain = (text: string): boolean => !TOUCHY.test(text)

export const coqlText = (text: string): string => {
  if (isPlain(text)) return `'${text}'`
  throw new VorelError('internal', 'The driver put a text into a query that may not stand there; tell whoever maintains it.')
}

/** Columns come from manifests, from what Zoho says of its fields, and from mappings. */
export const coqlName = (name: string): string => {
  if (isName(name)) return name
  throw new VorelError('internal', 'The driver put a field into a query that has no proper name; tell whoever maintains it.')
}

const SPECIAL = /[\\(),{}[\]^:/!?*\-+&|~" ]/g

/** In criteria a backslash takes the next character as it is; a bare `)` would end the condition. */
export const criteriaText = (text: string): string => text.replaceAll(SPECIAL, '\\$&')
