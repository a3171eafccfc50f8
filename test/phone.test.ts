import fc from 'fast-check'
import t from 'tap'
import { isRegion, samePhone, toE164 } from '../core/phone.ts'

t.test("a number without a country code is read as the region's", async (t) => {
  t.equal(toE164('(415) 555-0100', 'US'), '+14155550100')
  t.equal(toE164('050 123 4567', 'AE'), '+971501234567')
  t.equal(toE164('0171 2345678', 'DE'), '+491712345678')
  t.equal(toE164('+971 50 123 4567', 'US'), '+971501234567')
  t.equal(toE164('00971501234567', 'DE'), '+971501234567')
})

t.test('what is no possible number is null', async (t) => {
  for (const raw of ['', '12', 'abc', '+', '+999999', '1'.repeat(60), '\u0000']) t.equal(toE164(raw, 'US'), null, raw)
})

t.test('no text makes it throw, and what it gives is E.164', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (raw) => /^\+[1-9]\d{1,14}$/.test(toE164(raw, 'US') ?? '+10')),
    { numRuns: 2000 },
  )
})

t.test('phones are the same as numbers, not as texts', async (t) => {
  t.ok(samePhone('(415) 555-0100', '+1 415 555 0100', 'US'))
  t.notOk(samePhone('(415) 555-0100', '+1 415 555 0101', 'US'))
  t.notOk(samePhone('abc', 'abc', 'US'), 'two that are none are not the same')
})

t.test('a region is a country code in capitals', async (t) => {
  for (const region of ['US', 'AE', 'DE']) t.ok(isRegion(region), region)
  for (const region of ['', 'us', 'XX', 'USA', 'constructor', '__proto__']) t.notOk(isRegion(region), region)
})
