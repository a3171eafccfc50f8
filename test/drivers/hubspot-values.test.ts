import fc from 'fast-check'
import t from 'tap'
import { fromLocal, toLocal } from '../../core/driver.ts'
import { fromText, toProperties } from '../../drivers/hubspot/values.ts'
import type { FieldType } from '../../schemas/field.ts'
import type { FieldValue } from '../../schemas/verbs.ts'
import { VALUES } from '../support/values.ts'

const RUNS = { numRuns: VALUES }
const MACHINES = ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kolkata', 'America/St_Johns', 'Europe/Berlin']
const ACCOUNTS = ['UTC', 'Pacific/Kiritimati', 'Pacific/Auckland', 'Pacific/Pago_Pago', 'America/Los_Angeles', 'Asia/Kolkata']

/** The rest of a check runs the same wherever the machine stands. */
const inEveryZone = (check: () => void) => {
  const before = process.env.TZ
  for (const zone of MACHINES) {
    process.env.TZ = zone
    check()
  }
  if (before === undefined) delete process.env.TZ
  else process.env.TZ = before
}

/** What HubSpot makes of a text that was written; the one it tells later may be written otherwise. */
type Kept = (text: string) => string
const asWritten: Kept = (text) => text

/** Out by the writing side, over the wire as JSON, kept by HubSpot, over the wire again, in by the reading side. */
const roundTrip = (name: string, type: FieldType, value: FieldValue, kept: Kept = asWritten, zone = 'UTC'): FieldValue => {
  const overTheWire = <T>(body: T): T => JSON.parse(JSON.stringify(body)) as T
  const { properties } = overTheWire({ properties: toProperties({ [name]: value }, zone) })
  const text = properties[name] ?? ''
  const told = overTheWire({ properties: { [name]: text === '' ? null : kept(text) } })
  return fromText(name, type, told.properties[name], zone)
}

const day = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const moment = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString())

/** A moment as HubSpot may tell it: as it is, without its thousandths where there are none, by a shorter fraction, in milliseconds. */
const moments: Kept[] = [
  asWritten,
  (text) => text.replace('.000Z', 'Z'),
  (text) => text.replace(/(\.\d*?)0+Z$/, '$1Z').replace('.Z', 'Z'),
  (text) => String(Date.parse(text)),
]
const days: Kept[] = [asWritten, (text) => String(Date.parse(text))]

t.test('texts come back as they were; the empty one as nothing', async (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({ minLength: 1 }),
    fc.constantFrom('null', ';', '\u2028', '0'),
  )
  for (const type of ['string', 'text', 'html', 'option'] as const) {
    fc.assert(
      fc.property(text, (value) => roundTrip('city', type, value) === value),
      RUNS,
    )
    t.equal(roundTrip('city', type, ''), null, type)
  }
})

t.test('numbers come back exactly, however HubSpot writes them', async () => {
  const kept: Kept[] = [
    asWritten,
    (text) => (/^-?\d+$/.test(text) ? `${text}.0` : text),
    (text) => Number(text).toExponential().toUpperCase(),
  ]
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
  for (const [type, number] of [
    ['number', finite],
    ['integer', fc.maxSafeInteger()],
  ] as const)
    fc.assert(
      fc.property(number, fc.constantFrom(...kept), (value, how) => roundTrip('amount', type, value, how) === value),
      RUNS,
    )
})

t.test('yes and no come back, in any case of their letters', async () => {
  const kept: Kept[] = [asWritten, (text) => text.toUpperCase()]
  fc.assert(
    fc.property(fc.boolean(), fc.constantFrom(...kept), (value, how) => roundTrip('is_vip', 'boolean', value, how) === value),
    RUNS,
  )
})

t.test('several options come back in their order, with a separator too many or without; none as nothing', async (t) => {
  const option = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes(';'))
  const kept: Kept[] = [asWritten, (text) => `;${text}`, (text) => `${text};`]
  fc.assert(
    fc.property(fc.array(option, { minLength: 1 }), fc.constantFrom(...kept), (value, how) => {
      const back = roundTrip('hs_buying_role', 'options', value, how)
      return JSON.stringify(back) === JSON.stringify(value)
    }),
    RUNS,
  )
  t.equal(roundTrip('hs_buying_role', 'options', []), null)
})

t.test('no zone of the machine or the account shifts a date', async () => {
  inEveryZone(() =>
    fc.assert(
      fc.property(day, fc.constantFrom(...days), fc.constantFrom(...ACCOUNTS), (date, how, zone) => {
        return roundTrip('move_in', 'date', date, how, zone) === date
      }),
      RUNS,
    ),
  )
})

t.test('no zone of the machine or the account shifts a moment', async () => {
  inEveryZone(() =>
    fc.assert(
      fc.property(moment, fc.constantFrom(...moments), fc.constantFrom(...ACCOUNTS), (time, how, zone) => {
        return roundTrip('called_at', 'datetime', time, how, zone) === time
      }),
      RUNS,
    ),
  )
})

/** Some islands have moved across the date line and left a day out. */
const isDayThere = (date: string, zone: string) => toLocal(fromLocal(`${date}T12:00:00`, zone) ?? '', zone).startsWith(date)

t.test('a day of closing comes back as that day and is seen as that day in the account, whatever its zone', async () => {
  inEveryZone(() =>
    fc.assert(
      fc.property(day, fc.constantFrom(...moments), fc.constantFrom(...ACCOUNTS), (date, how, zone) => {
        fc.pre(isDayThere(date, zone))
        const seen = toLocal(toProperties({ closedate: date }, zone).closedate ?? '', zone)
        return seen.startsWith(date) && roundTrip('closedate', 'date', date, how, zone) === date
      }),
      { numRuns: VALUES / 5 },
    ),
  )
})

t.test('a deal that was closed in the evening was closed on that day', async (t) => {
  const evening = '2027-01-01T02:30:00Z' // half past six in Los Angeles
  t.equal(fromText('closedate', 'date', evening, 'America/Los_Angeles'), '2026-12-31')
  t.equal(fromText('closedate', 'date', String(Date.parse(evening)), 'America/Los_Angeles'), '2026-12-31')
  t.equal(fromText('closedate', 'date', evening, 'UTC'), '2027-01-01')
  t.equal(fromText('closedate', 'datetime', evening, 'America/Los_Angeles'), '2027-01-01T02:30:00.000Z')
})

t.test('what is empty, missing or of another type is nothing', async (t) => {
  const types = ['string', 'text', 'html', 'integer', 'number', 'boolean', 'date', 'datetime', 'option', 'options'] as const
  for (const type of types) for (const text of ['', null, undefined]) t.equal(fromText('x', type, text, 'UTC'), null, type)
  for (const [type, text] of [
    ['number', 'five'],
    ['number', ' '],
    ['number', 'Infinity'],
    ['integer', '1,5'],
    ['boolean', 'yes'],
    ['date', 'Kitchen 5'],
    ['datetime', 'Kitchen 5'],
    ['datetime', '2026-12-31T09:30:00'],
    ['datetime', '9'.repeat(18)],
  ] as const)
    t.equal(fromText('x', type, text, 'UTC'), null, `${type} ${text}`)
})
