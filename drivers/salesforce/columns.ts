import { readOf } from '../../core/driver.ts'
import type { ReadFields } from '../../schemas/verbs.ts'
import type { Ctx } from './call.ts'
import { missingIn } from './faults.ts'
import { nativeOf, OBJECTS, type ObjectName } from './manifest.ts'
import { READ, readableFields } from './map.ts'
import { isName } from './soql.ts'

/** What to ask for of an object. */
export type Columns = (object: ObjectName) => string[]

export interface Reading {
  read?: ReadFields
}

/** So many fields may be gone at once; each costs a request. */
const MOST_GONE = 5

const keyOf = (field: string): string => field.toLowerCase()

/** Fields to read beside the usual ones, each once. What is no name is no field, and nothing that stands in `read` is one for that alone. */
const wantedOf = (reading: Reading, object: ObjectName): string[] => {
  const usual = READ[nativeOf(object)].map(keyOf)
  const names = readOf(reading, object).map(({ field }) => field)
  const wanted = new Map(names.filter((name) => isName(name)).map((name) => [keyOf(name), name]))
  return [...wanted].flatMap(([key, name]) => (usual.includes(key) ? [] : [name]))
}

/**
 * One field that the org has no more, or hides from the user by now, makes Salesforce refuse a whole statement. It says which: the statement is sent
 * again without that one.
 */
export const withColumns = async <T>(ctx: Ctx, reading: Reading, ask: (columns: Columns) => Promise<T>): Promise<T> => {
  const gone = new Set<string>()
  const left = (object: ObjectName) => wantedOf(reading, object).filter((name) => !gone.has(`${object}.${keyOf(name)}`))
  for (;;) {
    try {
      return await ask((object) => [...readableFields(ctx, object), ...left(object)])
    } catch (error) {
      const missing = missingIn(error)
      const objects = OBJECTS.filter((object) => missing?.isOf(nativeOf(object)))
      const dropped = objects.filter((object) => left(object).some((name) => keyOf(name) === keyOf(missing?.field ?? '')))
      if (!missing || dropped.length === 0 || gone.size >= MOST_GONE) throw error
      for (const object of dropped) gone.add(`${object}.${keyOf(missing.field)}`)
      ctx.log.warn({ field: missing.field }, 'Salesforce has no such field, or hides it: it is read as empty. Map the slot anew.')
    }
  }
}
