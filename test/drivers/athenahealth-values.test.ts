import fc from 'fast-check'
import t from 'tap'
import { fromUsDate, toEastern, toIso, toUsDate } from '../../drivers/athenahealth/eastern.ts'
import { describe, fieldOf, PATIENT } from '../../drivers/athenahealth/fields.ts'
import { toForm } from '../../drivers/athenahealth/form.ts'
import { fromNative } from '../../drivers/athenahealth/values.ts'
import { type FieldDescription, FieldType, type FieldValue } from '../../schemas/field.ts'
import { VALUES } from '../support/values.ts'
import { inEveryZone } from './salesforce/zones.ts'

const RUNS = { numRuns: VALUES }
const PER_ZONE = { numRuns: VALUES / 5 }
const typeOf = new Map(describe('contact').map(({ name, type }: FieldDescription) => [name, type]))

type Shown = (written: string) => unknown
const asWritten: Shown = (written) => written

/** Out in a form, over the wire, and back by the reader of answers, in the way in which athenahealth tells it. */
const there = (name: string, value: FieldValue, shown: Shown = asWritten): FieldValue => {
  const sent = new URLSearchParams(toForm({ [name]: value }, PATIENT, 'US')).toString()
  const written = new URLSearchParams(sent).get(name) ?? ''
  const answer: Record<string, unknown> = JSON.parse(JSON.stringify({ [name]: shown(written) }))
  const field = fieldOf('contact', name)
  const type = typeOf.get(name)
  if (!field || !type) throw new Error(`${name} is no field`)
  return fromNative(answer[name], type, field)
}

const text = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed())
const day = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const digit = (from: number) => fc.integer({ min: from, max: 9 }).map(String)
/** Ten digits of the North American plan. */
const number = fc
  .tuple(digit(2), digit(0), digit(0), digit(2), digit(0), digit(0), digit(0), digit(0), digit(0), digit(0))
  .map((digits) => digits.join(''))

t.test('texts come back as they were', async () => {
  for (const name of ['firstname', 'notes'])
    fc.assert(
      fc.property(text, (value) => there(name, value) === value),
      RUNS,
    )
})

t.test('ids come back as texts, whether the app was set up for numbers or not', async () => {
  fc.assert(
    fc.property(fc.nat(), fc.boolean(), (id, isNumber) => {
      const value = String(id)
      return there('departmentid', value, (written) => (isNumber ? Number(written) : written)) === value
    }),
    RUNS,
  )
})

t.test('a flag comes back, told as such or as a word', async () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), (value, isWord) => {
      return there('consenttotext', value, (written) => (isWord ? written : written === 'true')) === value
    }),
    RUNS,
  )
})

t.test('an option comes back as its value, told by its letter or by its word in any case', async () => {
  const options = Object.entries(PATIENT.status?.options ?? {})
  fc.assert(
    fc.property(fc.constantFrom(...options), fc.constantFrom('value', 'word', 'WORD'), ([value, label], how) => {
      const told = how === 'value' ? value : how === 'word' ? label.toLowerCase() : label.toUpperCase()
      return there('status', value, () => told) === value
    }),
    RUNS,
  )
})

t.test('a number of the plan goes out as its ten digits and comes back as E.164, however it is told', async () => {
  const written: [string, Shown][] = [
    ['digits', asWritten],
    ['as people write', (digits) => digits.replace(/^(...)(...)(....)$/, '($1) $2-$3')],
  ]
  fc.assert(
    fc.property(number, fc.constantFrom(...written), (digits, [, shown]) => {
      let sent = ''
      const back = there('mobilephone', `+1${digits}`, (written) => {
        sent = written
        return shown(written)
      })
      return sent === digits && back === `+1${digits}`
    }),
    RUNS,
  )
})

t.test('no time zone of the machine shifts a date', async (t) => {
  const isSame = (value: string) => {
    let sent = ''
    const back = there('dob', value, (written) => {
      sent = written
      return written
    })
    return sent === `${value.slice(5, 7)}/${value.slice(8)}/${value.slice(0, 4)}` && back === value
  }
  fc.assert(fc.property(day, isSame), RUNS)
  inEveryZone((zone) => {
    fc.assert(fc.property(day, isSame), PER_ZONE)
    t.equal(new Date(2026, 0, 1).getTimezoneOffset() === 0, zone === 'UTC', `the machine stands in ${zone}`)
  })
})

t.test('a day told with a time, or without its zeros, is that day', async () => {
  const short: Shown = (written) => written.replaceAll(/\b0/g, '')
  const timed: Shown = (written) => `${written} 23:59`
  fc.assert(
    fc.property(
      day.filter((value) => value > '1000'),
      fc.constantFrom(short, timed),
      (value, shown) => there('dob', value, shown) === value,
    ),
    RUNS,
  )
  fc.assert(
    fc.property(day, (value) => fromUsDate(toUsDate(value)) === value),
    RUNS,
  )
})

t.test('an Eastern time is the same instant wherever the machine stands, but in the hour that comes twice', async () => {
  const instant = fc.date({ min: new Date('1970-01-02T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
  const isSame = (date: Date): boolean => {
    const iso = `${date.toISOString().slice(0, 19)}.000Z`
    const shown = toEastern(Date.parse(iso))
    const later = new Date(Date.parse(iso) + 3_600_000).toISOString()
    return toIso(shown) === (toEastern(Date.parse(later)) === shown ? later : iso)
  }
  fc.assert(fc.property(instant, isSame), RUNS)
  inEveryZone(() => fc.assert(fc.property(instant, isSame), PER_ZONE))
})

t.test(
  'what is empty is null in every type, and whatever an answer holds is of the type that was asked for, or null',
  async (t) => {
    const types = FieldType.enum as FieldType[]
    const field = { label: 'Any', kind: 'text' } as const
    for (const type of types) for (const empty of ['', null, undefined]) t.equal(fromNative(empty, type, field), null, type)
    t.equal(there('city', null), null)
    const kinds: Partial<Record<FieldType, string>> = { integer: 'number', number: 'number', boolean: 'boolean' }
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.jsonValue(), (type, value) => {
        const read = fromNative(value, type, field)
        return read === null || typeof read === (kinds[type] ?? 'string')
      }),
      RUNS,
    )
  },
)

t.test('minutes are a number, told as one or as a text', async () => {
  const duration = fieldOf('appointment', 'duration')
  if (!duration) throw new Error('there is no duration')
  fc.assert(
    fc.property(
      fc.nat(),
      fc.boolean(),
      (minutes, isText) => fromNative(isText ? String(minutes) : minutes, 'integer', duration) === minutes,
    ),
    RUNS,
  )
})
