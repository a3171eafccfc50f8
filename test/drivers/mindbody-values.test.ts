import fc from 'fast-check'
import t from 'tap'
import { toE164 } from '../../core/driver.ts'
import { EXECUTES, type Kind } from '../../drivers/mindbody/fields.ts'
import { type Known, read, write, writeCustom } from '../../drivers/mindbody/values.ts'
import type { FieldType } from '../../schemas/field.ts'
import type { FieldValue } from '../../schemas/verbs.ts'
import { VALUES } from '../support/values.ts'

const RUNS = { numRuns: VALUES }
const EACH_ZONE = { numRuns: VALUES / 5 }
const MACHINES = ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'America/St_Johns', 'Europe/Berlin']
const SITES = [
  'America/Los_Angeles',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Europe/London',
]
const at = (zone: string): Known => ({ zone, region: 'US' })
const HOME = at('America/Los_Angeles')

/** Nothing here depends on where the machine stands. */
const onEveryMachine = (check: () => void) => {
  const before = process.env.TZ
  for (const zone of MACHINES) {
    process.env.TZ = zone
    check()
  }
  if (before === undefined) delete process.env.TZ
  else process.env.TZ = before
}

const wire = (value: unknown): unknown => JSON.parse(JSON.stringify({ value })).value
/** Out, over the wire, told again as the provider tells it, and back. */
const roundTrip = (
  value: FieldValue,
  type: FieldType,
  kind: Kind,
  known = HOME,
  told = (stored: unknown) => stored,
): FieldValue => {
  const { value: written, needs } = write(value, { kind }, known)
  if (needs) throw new Error(`${JSON.stringify(value)} is refused: ${needs}`)
  return read(wire(told(wire(written))), type, kind, known)
}
const custom = (value: FieldValue, type: FieldType, told = (text: string) => text): FieldValue =>
  read(wire(told(String(wire(writeCustom(value).value)))), type, 'custom', HOME)

const text = fc.string({ unit: 'binary', minLength: 1 })
const day = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
/** To the second, which is what the provider keeps. */
const moment = fc
  .date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2199-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => `${date.toISOString().slice(0, 19)}.000Z`)
const padded = (n: string) => String(Number(n))

t.test('texts come back as they were', async () => {
  for (const [type, kind] of [
    ['string', 'text'],
    ['text', 'long'],
  ] as const)
    fc.assert(
      fc.property(text, (value) => roundTrip(value, type, kind) === value),
      RUNS,
    )
  fc.assert(
    fc.property(text, (value) => custom(value, 'string') === value),
    RUNS,
  )
})

t.test('numbers come back as they were, as members and as texts of custom fields', async () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => roundTrip(value, 'integer', 'whole') === value),
    RUNS,
  )
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      (value) => roundTrip(value, 'integer', 'ref', HOME, (stored) => ({ Name: 'x', ...(stored as object) })) === value,
    ),
    RUNS,
  )
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0 || 0)
  fc.assert(
    fc.property(finite, (value) => custom(value, 'number') === value),
    RUNS,
  )
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => custom(value, 'integer') === value),
    RUNS,
  )
})

t.test('booleans come back as they were, however a custom field spells them', async () => {
  const spellings = fc.constantFrom(
    (word: string) => word,
    (word: string) => word.toUpperCase(),
    (word: string) => (word === 'true' ? 'Yes' : 'No'),
    (word: string) => (word === 'true' ? '1' : '0'),
  )
  fc.assert(
    fc.property(fc.boolean(), (value) => roundTrip(value, 'boolean', 'flag') === value),
    RUNS,
  )
  fc.assert(
    fc.property(fc.boolean(), spellings, (value, spelled) => custom(value, 'boolean', spelled) === value),
    RUNS,
  )
})

t.test('options come back as they were', async () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(EXECUTES)), (value) => roundTrip(value, 'option', 'option') === value),
    RUNS,
  )
  fc.assert(
    fc.property(text, (value) => roundTrip(value, 'option', 'text') === value),
    RUNS,
  )
})

t.test('no time zone, of the machine or of the site, shifts a date, however it is told', async () => {
  const told = fc.constantFrom(
    (stored: string) => stored,
    (stored: string) => `${stored}.000`,
    (stored: string) => stored.replace('T00:00:00', ''),
    (stored: string) => stored.replace('T00:00:00', 'T00:00:00:000'),
  )
  const american = (value: string) =>
    value.replace(/^(\d{4})-(\d\d)-(\d\d).*$/, (_, y, m, d) => `${padded(m)}/${padded(d)}/${y} 12:00:00 AM`)
  onEveryMachine(() => {
    fc.assert(
      fc.property(
        day,
        fc.constantFrom(...SITES),
        told,
        (value, zone, tell) => roundTrip(value, 'date', 'date', at(zone), (stored) => tell(String(stored))) === value,
      ),
      EACH_ZONE,
    )
    fc.assert(
      fc.property(
        day,
        fc.constantFrom((as: string) => as, american),
        (value, tell) => custom(value, 'date', tell) === value,
      ),
      EACH_ZONE,
    )
  })
})

t.test('a time comes back to the second, by the clocks of any site, unless they show it twice: then it is refused', async (t) => {
  let [taken, turnedAway] = [0, 0]
  onEveryMachine(() => {
    fc.assert(
      fc.property(moment, fc.constantFrom(...SITES), (value, zone) => {
        const { value: written, needs } = write(value, { kind: 'site' }, at(zone))
        if (needs) turnedAway += 1
        else taken += 1
        if (needs) return true
        return (
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(String(written)) &&
          ['', '.000', ':000'].every((parts) => read(`${wire(written)}${parts}`, 'datetime', 'site', at(zone)) === value)
        )
      }),
      EACH_ZONE,
    )
  })
  t.ok(taken > VALUES * 0.99 && turnedAway < VALUES * 0.01, `${taken} taken, ${turnedAway} refused`)
})

t.test('of the two hours that look the same in autumn the first is taken, the second refused, and none is shifted', async (t) => {
  const of = (minute: number) => new Date(Date.UTC(2026, 10, 1, 8, minute)).toISOString()
  for (let minute = 0; minute < 180; minute += 1) {
    const { value, needs } = write(of(minute), { kind: 'site' }, HOME)
    t.equal(needs !== undefined, minute >= 60 && minute < 120, of(minute))
    if (!needs) t.equal(read(value, 'datetime', 'site', HOME), of(minute))
  }
})

t.test('moments in UTC are read as such on every machine, whether they say so or not', async () => {
  const told = fc.constantFrom(
    (iso: string) => iso.replace('.000Z', 'Z'),
    (iso: string) => iso.replace('.000Z', ''),
    (iso: string) => iso,
  )
  onEveryMachine(() => {
    fc.assert(
      fc.property(moment, told, (value, tell) => read(tell(value), 'datetime', 'utc', HOME) === value),
      EACH_ZONE,
    )
  })
})

t.test('phones come back as the same number, and those of the own country go out as digits alone', async () => {
  const national = fc.tuple(
    fc.integer({ min: 201, max: 989 }),
    fc.integer({ min: 200, max: 999 }),
    fc.integer({ min: 0, max: 9999 }),
  )
  const own = national.map(([area, office, line]) => `+1${area}${office}${String(line).padStart(4, '0')}`)
  const abroad = fc.integer({ min: 2_000_000_000, max: 2_099_999_999 }).map((digits) => `+44${digits}`)
  fc.assert(
    fc.property(fc.oneof(own, abroad), fc.constantFrom('US', 'GB', 'DE'), (value, region) => {
      const known = { zone: 'UTC', region }
      const stored = String(write(value, { kind: 'phone' }, known).value)
      const isHome = value.startsWith(region === 'US' ? '+1' : region === 'GB' ? '+44' : 'none')
      return toE164(stored, region) === value && /^\d+$/.test(stored) === isHome
    }),
    RUNS,
  )
})

t.test('nothing is null, and what is nothing of a type is null and not guessed', async (t) => {
  const types: FieldType[] = ['string', 'text', 'html', 'integer', 'number', 'boolean', 'date', 'datetime', 'option', 'options']
  for (const type of types)
    for (const nothing of [null, undefined, '', {}, []])
      t.equal(read(nothing, type, 'text', HOME), null, `${type} ${JSON.stringify(nothing)}`)
  const wrong = { integer: 'abc', number: ' ', boolean: 'constructor', date: 'soon', datetime: '2026-13-45T99:00:00' } as const
  for (const [type, value] of Object.entries(wrong)) t.equal(read(value, type as FieldType, 'custom', HOME), null, type)
  t.equal(read(null, 'integer', 'ref', HOME), null)
  t.equal(read({ Name: 'x' }, 'integer', 'ref', HOME), null)
})

t.test('whatever is given to whatever kind of field is written or refused by what it needs', async () => {
  const kinds: Kind[] = ['text', 'long', 'phone', 'date', 'site', 'utc', 'flag', 'whole', 'ref', 'option']
  const anything = fc.oneof(
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string()),
    fc.constantFrom('constructor', '__proto__'),
  )
  fc.assert(
    fc.property(fc.constantFrom(...kinds), anything, (kind, value) => {
      const { value: written, needs } = write(value, { kind }, HOME)
      return needs === undefined ? written !== undefined && written !== null : /\w/.test(needs)
    }),
    RUNS,
  )
})
