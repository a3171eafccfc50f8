import fc from 'fast-check'
import t from 'tap'
import { toBody } from '../../drivers/salesforce/body.ts'
import { fromNative } from '../../drivers/salesforce/values.ts'
import { FieldType, type FieldValue } from '../../schemas/field.ts'
import { VALUES } from '../support/values.ts'
import { inEveryZone } from './salesforce/zones.ts'

const RUNS = { numRuns: VALUES }
const PER_ZONE = { numRuns: VALUES / 5 }
/** Salesforce knows no day before 1700 and none after 4000. */
const FIRST = Date.UTC(1700, 0, 1)
const LAST = Date.UTC(4000, 11, 31)
const COLUMN = 'Mapped__c'

const pad = (value: number): string => String(value).padStart(2, '0')

/** The same instant by the clocks of an offset, `+0530`, as Salesforce gives times: to the second, and without a colon. */
const shownAt = (iso: string, minutes: number): string => {
  const local = new Date(Date.parse(iso) + minutes * 60_000).toISOString().slice(0, 19)
  return `${local}.000${minutes < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}${pad(Math.abs(minutes) % 60)}`
}

type Shown = (written: unknown) => unknown

/** Kept as it was written, but for a text: that loses the space around it, and an empty one is none. */
const kept: Shown = (written) => (typeof written === 'string' ? written.trim() || null : written)

/** Out by the driver's body, over the wire, and back by its reader. */
const there = (value: FieldValue, type: FieldType, shown: Shown = kept): FieldValue => {
  const body: Record<string, unknown> = JSON.parse(JSON.stringify(toBody('deal', { [COLUMN]: value })))
  const answer: Record<string, unknown> = JSON.parse(JSON.stringify({ [COLUMN]: shown(body[COLUMN]) }))
  return fromNative(answer[COLUMN], type)
}

const text = fc
  .string({ unit: 'binary', minLength: 1 })
  .map((text) => text.trim())
  .filter((text) => text !== '')
const instant = fc.date({ min: new Date(FIRST), max: new Date(LAST), noInvalidDate: true })
const second = instant.map((date) => `${date.toISOString().slice(0, 19)}.000Z`)
const day = instant.map((date) => date.toISOString().slice(0, 10))
const offset = fc.integer({ min: -12 * 60, max: 14 * 60 })
/** No value of a field of several options has a semicolon, which parts them. */
const option = text.filter((value) => !value.includes(';'))

t.test('texts come back as they were, less the space around them', async () => {
  for (const type of ['string', 'text', 'html', 'option'] as const)
    fc.assert(
      fc.property(text, (value) => there(value, type) === value),
      RUNS,
    )
})

t.test('numbers and booleans come back as themselves', async () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => there(value, 'integer') === value),
    RUNS,
  )
  // JSON has no negative zero.
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
  fc.assert(
    fc.property(finite, (value) => there(value, 'number') === value),
    RUNS,
  )
  fc.assert(
    fc.property(fc.boolean(), (value) => there(value, 'boolean') === value),
    RUNS,
  )
})

t.test('no time zone of the machine shifts a date', async (t) => {
  fc.assert(
    fc.property(day, (value) => there(value, 'date') === value),
    RUNS,
  )
  inEveryZone((zone) => {
    fc.assert(
      fc.property(day, (value) => there(value, 'date') === value),
      PER_ZONE,
    )
    t.equal(new Date(2026, 0, 1).getTimezoneOffset() === 0, zone === 'UTC', `the machine stands in ${zone}`)
  })
})

t.test('a time is the same instant, by whatever offset Salesforce tells it and wherever the machine stands', async () => {
  const isSame = (iso: string, minutes: number) => there(iso, 'datetime', (written) => shownAt(String(written), minutes)) === iso
  fc.assert(fc.property(second, fc.constant(0), isSame), RUNS)
  inEveryZone(() => fc.assert(fc.property(second, offset, isSame), PER_ZONE))
})

t.test('of a time the fractions of a second are lost, and nothing else', async () => {
  fc.assert(
    fc.property(instant, (date) => {
      const iso = date.toISOString()
      return there(iso, 'datetime', (written) => shownAt(String(written), 0)) === `${iso.slice(0, 19)}.000Z`
    }),
    RUNS,
  )
})

t.test('of several options each comes back, in whatever order Salesforce keeps them', async () => {
  const byDefinition: Shown = (written) => String(written).split(';').sort().reverse().join(';')
  fc.assert(
    fc.property(fc.uniqueArray(option, { minLength: 1, maxLength: 8 }), (values) => {
      const back = there(values, 'options', byDefinition)
      return Array.isArray(back) && back.length === values.length && values.every((value) => back.includes(value))
    }),
    RUNS,
  )
})

t.test('null is null in every type, and so are an empty text and an empty list', async (t) => {
  for (const type of FieldType.enum as FieldType[]) t.equal(there(null, type), null, type)
  for (const type of ['string', 'text', 'html', 'option', 'options'] as const) t.equal(there('', type), null, type)
  t.equal(there([], 'options'), null)
  t.equal(fromNative('', 'options'), null)
})

t.test('whatever an answer holds, what is read of it is of the type that was asked for, or null', async () => {
  const kinds: Partial<Record<FieldType, string>> = { integer: 'number', number: 'number', boolean: 'boolean', options: 'object' }
  fc.assert(
    fc.property(fc.constantFrom(...(FieldType.enum as FieldType[])), fc.jsonValue(), (type, value) => {
      const read = fromNative(value, type)
      return read === null || (typeof read === (kinds[type] ?? 'string') && (type === 'options') === Array.isArray(read))
    }),
    RUNS,
  )
})
