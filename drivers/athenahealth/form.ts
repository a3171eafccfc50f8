import type { Static, TSchema } from 'typebox'
import { VorelError } from '../../core/driver.ts'
import type { Fields as Values } from '../../schemas/verbs.ts'
import type { Field, Fields } from './fields.ts'
import type { Ctx } from './manifest.ts'
import { toNative } from './values.ts'

export type Form = Record<string, string>

const HEADERS = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }

/** Everything is written as a form here; JSON would be taken for no fields at all. */
export const sendForm = async <S extends TSchema>(
  { http, callId }: Ctx,
  method: 'POST' | 'PUT',
  path: string,
  shape: S,
  form: Form,
): Promise<Static<S>> => {
  const headers = { ...HEADERS, 'x-request-id': callId } // what their support asks for
  const { body } = await http.raw({ method, path, headers, body: new URLSearchParams(form).toString() })
  return http.decode(shape, parsed(body))
}

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

export const invalid = (detail: string, fields: string[]): VorelError =>
  new VorelError('field_invalid', `${detail} Nothing was written.`, { fields })

export const refuseUnknown = (values: Values, known: Fields, what: string): void => {
  const others = Object.keys(values).filter((name) => !Object.hasOwn(known, name))
  if (others.length) throw invalid(`${what} takes no ${others.join(', ')}. It takes: ${Object.keys(known).join(', ')}.`, others)
}

/** Values as the provider writes them; an empty text clears. */
export const toForm = (values: Values, known: Fields, region: string): Form => {
  const form: Form = {}
  const faults: [name: string, needs: string][] = []
  for (const [name, field] of Object.entries(known)) {
    const value = values[name]
    if (value === undefined) continue
    const written = toNative(value, field, region)
    if (written === null) faults.push([name, NEEDS[field.kind]])
    else form[name] = written
  }
  if (faults.length === 0) return form
  const told = faults.map(([name, needs]) => `${name} needs ${needs}`).join('; ')
  throw invalid(
    `${told}.`,
    faults.map(([name]) => name),
  )
}

const NEEDS: Record<Field['kind'], string> = {
  text: 'one text',
  phone: 'a North American number, which is all that athenahealth keeps',
  email: 'an e-mail address of at most 50 characters',
  date: 'a date such as 1990-12-31',
  flag: 'true or false',
  id: 'an id, which is digits at athenahealth',
  option: 'one of its options',
}
