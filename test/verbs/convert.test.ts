import fc from 'fast-check'
import t from 'tap'
import { convert } from '../../core/verbs/convert.ts'
import type { FieldType } from '../../schemas/field.ts'
import { FieldType as FieldTypes } from '../../schemas/field.ts'
import type { FieldValue } from '../../schemas/verbs.ts'
import { VALUES } from '../support/values.ts'

const RUNS = { numRuns: VALUES }
const RUNS_A_ZONE = { numRuns: VALUES / 5 }
const ZONES = ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kolkata', 'America/St_Johns', 'Europe/Berlin']
const TYPES = FieldTypes.enum as FieldType[]
const OPTIONS = [
  { value: 'Cold', label: 'hot' },
  { value: 'hot', label: 'Very interested' },
  { value: '2', label: 'Warm' },
]

const to = (type: FieldType, value: FieldValue) => convert(value, { field: 'x', type, options: OPTIONS })
const written = (type: FieldType, value: FieldValue) => to(type, value).value
const faultOf = (type: FieldType, value: FieldValue) => to(type, value).fault

/** The rest of the file runs the same wherever the machine stands. */
const inEveryZone = (check: () => void) => {
  const before = process.env.TZ
  for (const zone of ZONES) {
    process.env.TZ = zone
    check()
  }
  if (before === undefined) delete process.env.TZ
  else process.env.TZ = before
}

const pad = (value: number, length = 2) => String(value).padStart(length, '0')
const day = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const anything: fc.Arbitrary<FieldValue> = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string()),
  fc.constantFrom('constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'),
)

t.test('whatever is given to whatever type, the answer is a fault that reads on, or a JSON value', async () => {
  const isJson = (value: unknown) => JSON.stringify(JSON.parse(JSON.stringify(value))) === JSON.stringify(value)
  const kinds: Record<string, string> = { integer: 'number', number: 'number', boolean: 'boolean', options: 'object' }
  fc.assert(
    fc.property(fc.constantFrom(...TYPES), anything, (type, value) => {
      const { value: made, fault } = to(type, value)
      if (fault !== undefined) return made === undefined && /^needs \S/.test(fault)
      if (value === null) return made === null
      return isJson(made) && typeof made === (kinds[type] ?? 'string') && (type !== 'options' || Array.isArray(made))
    }),
    { numRuns: VALUES * 2 },
  )
})

t.test('null clears a field of every type', async (t) => {
  for (const type of TYPES) t.equal(written(type, null), null, type)
})

t.test('a list goes into a field of several options and nowhere else', async (t) => {
  for (const type of TYPES.filter((type) => type !== 'options'))
    for (const list of [[], ['1'], ['true'], ['2026-01-31'], ['hot']])
      t.match(faultOf(type, list), /not a list/, `${type} ${list}`)
})

t.test('text stays as it is, and numbers and booleans become text', async (t) => {
  for (const type of ['string', 'text', 'html'] as const) {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => written(type, text) === text),
      RUNS,
    )
    t.equal(written(type, 500_000), '500000')
    t.equal(written(type, false), 'false')
  }
})

t.test('every finite number stays itself, as a number or written out', async () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(finite, (number) => Object.is(written('number', number), number)),
    RUNS,
  )
  const decimal = fc.tuple(fc.constantFrom('', '+', '-'), fc.nat(), fc.option(fc.nat({ max: 9999 }), { nil: undefined }))
  fc.assert(
    fc.property(decimal, ([sign, whole, part]) => {
      const text = `${sign}${whole}${part === undefined ? '' : `.${part}`}`
      return written('number', ` ${text} `) === Number(text)
    }),
    RUNS,
  )
})

t.test('what is no number is refused rather than guessed', async (t) => {
  for (const value of ['', ' ', '1,5', '1.234,56', '$5', '5 USD', '0x10', '1e3', 'NaN', 'Infinity', '9'.repeat(400), true, false])
    for (const type of ['number', 'integer'] as const) t.ok(faultOf(type, value), `${type} ${String(value).slice(0, 12)}`)
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) t.ok(faultOf('number', value))
})

t.test('whole numbers that can be kept exactly are kept, and others are refused', async (t) => {
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      (number) => written('integer', number) === number && written('integer', String(number)) === number,
    ),
    RUNS,
  )
  for (const value of [1.5, '1.5', 2 ** 53, '9007199254740993']) t.match(faultOf('integer', value), /whole number/, String(value))
  t.equal(written('integer', '2.0'), 2)
})

t.test('booleans are read from the words for them, and from nothing else', async (t) => {
  for (const value of [true, 'true', 'TRUE', ' yes ', 1, '1']) t.equal(written('boolean', value), true, String(value))
  for (const value of [false, 'false', 'No', 0, '0']) t.equal(written('boolean', value), false, String(value))
  for (const value of ['', 'maybe', 2, 'constructor', '__proto__', 'toString'])
    t.match(faultOf('boolean', value), /true or false/, String(value))
})

t.test('no time zone shifts a date', async () => {
  inEveryZone(() =>
    fc.assert(
      fc.property(
        day,
        fc.constantFrom('', 'T00:00:00Z', 'T23:59:59Z', 'T23:59:59.999-12:00', 'T00:00+14:00', 'T12:00'),
        (date, time) => {
          return written('date', date + time) === date
        },
      ),
      RUNS_A_ZONE,
    ),
  )
})

t.test('days that the calendar does not have are refused', async (t) => {
  for (const date of [
    '2026-02-29',
    '2026-02-31',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '1900-02-29',
    '2026-1-31',
    '31.01.2026',
    '01/31/2026',
  ])
    for (const type of ['date', 'datetime'] as const)
      t.ok(faultOf(type, type === 'date' ? date : `${date}T10:00:00Z`), `${type} ${date}`)
  t.equal(written('date', '2028-02-29'), '2028-02-29')
  for (const value of ['2026-01-31Tomorrow', '2026-01-31T25:00:00Z', '2026-01-31 or so', 20260131, true])
    t.ok(faultOf('date', value), String(value))
})

t.test('a time means the same instant with any offset and in any zone of the machine', async () => {
  const minutes = fc.integer({ min: -14 * 60, max: 14 * 60 })
  const instant = fc.date({ min: new Date('0002-01-01T00:00:00Z'), max: new Date('9998-12-31T00:00:00Z'), noInvalidDate: true })
  inEveryZone(() =>
    fc.assert(
      fc.property(instant, minutes, fc.constantFrom(':', ''), (time, offset, colon) => {
        const local = new Date(time.getTime() + offset * 60_000).toISOString().slice(0, -1)
        const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(offset) / 60))}${colon}${pad(Math.abs(offset) % 60)}`
        return written('datetime', local + zone) === time.toISOString()
      }),
      RUNS_A_ZONE,
    ),
  )
})

t.test('a time without a zone is refused where the account tells none, and read by its clocks where it does', async (t) => {
  const inZone = (value: FieldValue, zone: string) => convert(value, { field: 'x', type: 'datetime' }, zone).value
  inEveryZone(() => {
    t.match(faultOf('datetime', '2026-01-31T09:00:00'), /with its zone/)
    t.equal(inZone('2026-01-31T09:00', 'America/Los_Angeles'), '2026-01-31T17:00:00.000Z')
    t.equal(inZone('2026-07-31T09:00:00', 'America/Los_Angeles'), '2026-07-31T16:00:00.000Z')
    t.equal(inZone('2026-07-31T09:00:00Z', 'America/Los_Angeles'), '2026-07-31T09:00:00.000Z', 'its own zone counts before')
    t.equal(inZone('2026-11-01T01:30', 'America/New_York'), '2026-11-01T05:30:00.000Z', 'the first of the hour that comes twice')
    t.equal(inZone('2026-03-08T02:30', 'America/New_York'), '2026-03-08T07:30:00.000Z', 'later in the hour that is left out')
  })
  t.ok(convert('2026-02-31T09:00', { field: 'x', type: 'datetime' }, 'UTC').fault)
  t.ok(convert('2026-01-31T24:00', { field: 'x', type: 'datetime' }, 'UTC').fault)
})

t.test('a day alone stays that day wherever it is looked at', async (t) => {
  inEveryZone(() => t.equal(written('datetime', '2026-01-31'), '2026-01-31T12:00:00.000Z'))
  const shownIn = (zone: string, iso: string) =>
    new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(iso))
  const days = fc.date({ min: new Date('1975-01-02T00:00:00Z'), max: new Date('2090-01-01T00:00:00Z'), noInvalidDate: true })
  const zones = fc.constantFrom(
    'UTC',
    'Pacific/Pago_Pago',
    'Asia/Kolkata',
    'America/St_Johns',
    'Australia/Sydney',
    'America/Los_Angeles',
  )
  fc.assert(
    fc.property(days, zones, fc.boolean(), (date, zone, isTold) => {
      const given = date.toISOString().slice(0, 10)
      const { value } = convert(given, { field: 'x', type: 'datetime' }, isTold ? zone : undefined)
      return shownIn(zone, String(value)) === given
    }),
    RUNS_A_ZONE,
  )
})

t.test('what is no time is refused', async (t) => {
  for (const value of [
    '2026-01-31T24:00:00Z',
    '2026-01-31T09:60:00Z',
    '2026-01-31T09:00:00+99:99',
    '2026-01-31T09Z',
    'now',
    1767225600,
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-01:00',
  ])
    t.ok(faultOf('datetime', value), String(value))
})

t.test('an option is picked by value, then by label or value in any case', async (t) => {
  t.equal(written('option', 'hot'), 'hot', 'a value wins over a label of the same text')
  t.equal(written('option', 'HOT'), 'Cold', 'else the first that is the same in another case')
  t.equal(written('option', ' very INTERESTED '), 'hot')
  t.equal(written('option', 2), '2')
  t.equal(written('option', 'warm'), '2')
  t.equal(written('option', 'cold'), 'Cold')
})

t.test('an unknown option is refused with the labels there are', async (t) => {
  for (const value of ['tepid', '', 'constructor', true])
    t.equal(faultOf('option', value), 'needs one of: hot, Very interested, Warm', String(value))
})

t.test('of several options each is picked, in order; one unknown refuses them all', async (t) => {
  t.same(written('options', ['warm', 'hot']), ['2', 'hot'])
  t.same(written('options', 'warm'), ['2'])
  t.same(written('options', []), [])
  t.match(faultOf('options', ['warm', 'tepid']), /one of/)
})

t.test('where the options are not known, any value goes', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => convert(text, { field: 'x', type: 'option' }).value === text),
    RUNS,
  )
})
