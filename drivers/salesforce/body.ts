import { VorelError } from '../../core/driver.ts'
import type { Fields, FieldValue } from '../../schemas/verbs.ts'
import { type Native, nativeOf } from './manifest.ts'
import { toNative } from './values.ts'

const FIRST_NAME_CHARACTERS = 40
/** What Salesforce itself writes where a required text is not known. */
const NOT_PROVIDED = '[not provided]'
const CLOSES_AFTER_MS = 30 * 86_400_000

const isPerson = (native: Native): boolean => native !== 'Opportunity'

/** A name as a whole, in the two fields Salesforce has for it. */
const splitName = (name: FieldValue): Fields => {
  if (name === null) return { FirstName: null, LastName: null }
  const whole = String(name).trim()
  const [, first = '', last = ''] = /^(.*\S)\s+(\S+)$/s.exec(whole) ?? []
  if (first === '' || [...first].length > FIRST_NAME_CHARACTERS) return { FirstName: null, LastName: whole }
  return { FirstName: first, LastName: last }
}

/** Values as the REST API takes them, and no field that only looks like one. */
export const toBody = (object: string, fields: Fields): Fields => {
  refuseOddNames(fields)
  const native = nativeOf(object)
  const entries = Object.entries(fields).map(([name, value]) => [name, toNative(value)] as const)
  const { Name, ...rest } = Object.fromEntries(entries)
  if (Name === undefined) return rest
  return isPerson(native) ? { ...splitName(Name), ...rest } : { Name, ...rest }
}

const refuseOddNames = (fields: Fields): void => {
  const odd = Object.keys(fields).filter((name) => !/^[A-Za-z]\w*$/.test(name) || /^(attributes|id)$/i.test(name))
  if (odd.length === 0) return
  throw new VorelError('field_invalid', 'Salesforce has no such field. Map the slot to a field of the object.', { fields: odd })
}

/** A new record with what Salesforce would refuse it for lacking. */
export const completed = (object: string, body: Fields, stage: string | undefined): Fields => {
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ''))
  const native = nativeOf(object)
  if (native === 'Opportunity')
    return {
      StageName: stage ?? 'Prospecting',
      CloseDate: new Date(Date.now() + CLOSES_AFTER_MS).toISOString().slice(0, 10),
      ...given,
    }
  const named = withLastName(given)
  return native === 'Lead' ? { Company: NOT_PROVIDED, ...named } : named
}

const withLastName = ({ FirstName, ...rest }: Fields): Fields => {
  if (rest.LastName !== undefined) return FirstName === undefined ? rest : { FirstName, ...rest }
  const LastName = FirstName ?? rest.Email ?? rest.Phone ?? rest.MobilePhone
  return LastName === undefined ? rest : { ...rest, LastName }
}
