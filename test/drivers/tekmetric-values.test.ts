import fc from 'fast-check'
import t from 'tap'
import { toLocal } from '../../core/driver.ts'
import { describe, type Field, type Kind, tableOf } from '../../drivers/tekmetric/fields.ts'
import { marked, markIn, markOf } from '../../drivers/tekmetric/mark.ts'
import { fromNative, type Json, type Known, toNative, valueIn } from '../../drivers/tekmetric/values.ts'
import type { FieldValue } from '../../schemas/field.ts'
import { reference } from '../contract/connect.ts'
import { VALUES } from '../support/values.ts'

const RUNS = { numRuns: VALUES }
const MACHINES = ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'America/St_Johns']
const SHOPS = ['UTC', 'America/New_York', 'America/Chicago', 'America/Phoenix', 'Pacific/Honolulu', 'Australia/Lord_Howe']
const known = (zone: string): Known => ({ zone, region: 'US' })

const inEveryZone = (check: () => void) => {
  const before = process.env.TZ
  for (const zone of MACHINES) {
    process.env.TZ = zone
    check()
  }
  if (before === undefined) delete process.env.TZ
  else process.env.TZ = before
}

const field = (kind: Kind, more: Partial<Field> = {}): Field => ({ kind, label: kind, ...more })
/** Through the driver's writing, the wire, what Tekmetric makes of it, and the driver's reading. */
const there = (
  value: FieldValue,
  of: Field,
  at: Known = known('America/Chicago'),
  given: (json: Json) => unknown = (json) => json,
) => {
  const native = toNative(value, of, at)
  return native === undefined ? undefined : fromNative(given(JSON.parse(JSON.stringify(native))), of, at)
}
const comesBack = <T extends FieldValue>(values: fc.Arbitrary<T>, of: Field, given?: (json: Json) => unknown) =>
  fc.assert(
    fc.property(values, (value) => there(value, of, known('America/Chicago'), given) === value),
    RUNS,
  )

/** An empty text clears, and is read as nothing. */
const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.string({ minLength: 1 }),
  fc.constantFrom('null', '0', ' ', '\u2028'),
)

t.test('texts come back as they went, and an e-mail goes as a list and comes as the one that it holds', async () => {
  comesBack(text, field('text'))
  comesBack(text, field('long'))
  comesBack(text, field('email'), (json) => (json as string[])[0])
})

t.test('a description comes back without the mark that it is stored behind, and the mark stays', async (t) => {
  const mark = markOf(reference())
  comesBack(text, field('marked'), (json) => marked(mark, String(json)))
  fc.assert(
    fc.property(text, (value) => markIn(marked(mark, value)) === mark),
    RUNS,
  )
  t.equal(fromNative(mark, field('marked'), known('UTC')), null)
  t.equal(fromNative('typed by the staff', field('marked'), known('UTC')), 'typed by the staff')
  t.equal(markIn('typed by the staff'), '')
})

t.test('whole numbers, ids, flags and options come back as they went', async () => {
  comesBack(fc.maxSafeInteger(), field('integer'))
  comesBack(fc.integer({ min: 0, max: 999_999_999_999_999 }).map(String), field('id'))
  comesBack(fc.boolean(), field('flag'))
  for (const object of ['contact', 'repair_order', 'appointment'])
    for (const of of Object.values(tableOf(object)).filter(({ options }) => options))
      comesBack(fc.constantFrom(...Object.keys(of.options ?? {})), of)
})

t.test('a number of North America is kept in its groups, others as they are, and each comes back in E.164', async () => {
  const digit = fc.integer({ min: 2, max: 9 })
  const national = fc
    .tuple(digit, fc.integer({ min: 10, max: 99 }), digit, fc.integer({ min: 0, max: 999_999 }))
    .map(([a, rest, b, line]) => `+1${a}${rest}${b}${String(line).padStart(6, '0')}`)
  comesBack(national, field('phone'))
  comesBack(
    fc.integer({ min: 2_000_000_000, max: 2_099_999_999 }).map((number) => `+44${number}`),
    field('phone'),
  )
  comesBack(fc.constant('415-555-0100 ext. 5'), field('phone'))
})

/** To the second, as the samples of appointments have it; by the shop's clocks where they come without their zone. */
const second = fc
  .date({ min: new Date('1970-01-02T00:00:00Z'), max: new Date('2199-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => `${date.toISOString().slice(0, 19)}.000Z`)
const millisecond = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString())

t.test('times come back as they went, wherever the machine and the shop are', async () => {
  inEveryZone(() => {
    fc.assert(
      fc.property(millisecond, fc.constantFrom(...SHOPS), (iso, zone) => there(iso, field('time'), known(zone)) === iso),
      RUNS,
    )
  })
})

/** Of the hour that comes twice, clocks without a zone mean the first. */
const isSecondOfTwo = (iso: string, zone: string): boolean =>
  [0.5, 1].some((hours) => {
    const earlier = new Date(Date.parse(iso) - hours * 3_600_000).toISOString()
    return toLocal(earlier, zone) === toLocal(iso, zone)
  })

t.test('times that Tekmetric tells by the clocks of the shop come back as they went', async () => {
  inEveryZone(() => {
    fc.assert(
      fc.property(second, fc.constantFrom(...SHOPS), (iso, zone) => {
        const told = there(iso, field('time'), known(zone), (json) => toLocal(String(json), zone))
        return told === iso || isSecondOfTwo(iso, zone)
      }),
      { numRuns: VALUES / 4 },
    )
  })
})

t.test('a day is read as it stands, in any zone, with a time behind it or without', async () => {
  const day = millisecond.map((iso) => iso.slice(0, 10))
  inEveryZone(() => {
    fc.assert(
      fc.property(day, fc.constantFrom('', 'T00:00:00Z', 'T23:59:59.999Z'), fc.constantFrom(...SHOPS), (date, rest, zone) => {
        return fromNative(date + rest, field('day'), known(zone)) === date
      }),
      RUNS,
    )
  })
})

t.test('cents are read as the amount that has as many', async () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (cents) => {
      const amount = Number(fromNative(cents, field('money'), known('UTC')))
      return Math.round(amount * 100) === cents && /^-?\d+(\.\d{1,2})?$/.test(String(amount))
    }),
    RUNS,
  )
})

t.test('whatever Tekmetric tells of whatever field, the value is one of the shared form', async () => {
  const names = ['contact', 'repair_order', 'appointment'].flatMap((object) =>
    Object.keys(tableOf(object)).map((name) => [object, name] as const),
  )
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue(), ([object, name], raw) => {
      const of = tableOf(object)[name]
      const path = (of?.from ?? name).split('.')
      const row = path.reduceRight<unknown>((inner, member) => ({ [member]: inner }), raw)
      const value = valueIn(row as object, tableOf(object), name, known('America/Chicago'))
      return value === null || ['string', 'number', 'boolean'].includes(typeof value)
    }),
    RUNS,
  )
})

t.test(
  'what is described as writable takes a value of its type, and options are told of those alone that have them',
  async (t) => {
    const samples: Record<string, FieldValue> = {
      string: '4155550100',
      text: 'text',
      integer: 5,
      number: 5,
      boolean: true,
      date: '2026-12-01',
      datetime: '2026-12-01T15:00:00.000Z',
    }
    for (const object of ['contact', 'repair_order', 'appointment'])
      for (const { name, type, writable, options } of describe(object)) {
        const of = tableOf(object)[name] as Field
        const value = type === 'option' ? (options?.[0]?.value ?? '') : (samples[type] ?? null)
        if (writable) t.not(toNative(value, of, known('UTC')), undefined, `${object}.${name} takes a ${type}`)
        t.equal(type === 'option', options !== undefined, `${object}.${name} has options or none`)
      }
  },
)
