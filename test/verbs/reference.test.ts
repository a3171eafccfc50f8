import fc from 'fast-check'
import t from 'tap'
import { fingerprintOf, referenceOf } from '../../core/verbs/reference.ts'

t.test('a reference is v and 26 of a-z2-7, whatever tenant and key hold', async () => {
  const any = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(any, any, (tenant, key) => /^v[a-z2-7]{26}$/.test(referenceOf(tenant, key))),
    { numRuns: 1000 },
  )
})

t.test('a reference is the same on every repeat, and in every release', async (t) => {
  t.equal(referenceOf('acme', 'k'), referenceOf('acme', 'k'))
  t.equal(referenceOf('acme', 'conv_42:turn_7'), 'vp6zw7m737sierai2mfskewgkuz', 'providers keep it: it must never change')
})

t.test('a hundred thousand references are all different', async (t) => {
  const seen = new Set<string>()
  for (let n = 0; n < 100_000; n += 1) seen.add(referenceOf(`tenant-${n % 10}`, `key-${n}`))
  t.equal(seen.size, 100_000)
})

t.test('each of its letters is used at each place, so no bit is lost', async (t) => {
  const references = Array.from({ length: 3000 }, (_, n) => referenceOf('acme', String(n)))
  for (let at = 1; at < 27; at += 1) t.equal(new Set(references.map((text) => text[at])).size, 32, `place ${at}`)
})

t.test('tenant and key do not run into one another', async (t) => {
  const pairs = [
    ['ab', 'c'],
    ['a', 'bc'],
    ['abc', ''],
    ['', 'abc'],
    ['a","b', 'c'],
    ['a', 'b","c'],
    ['a:b', 'c'],
    ['a', 'b:c'],
    ['a\n', 'b'],
    ['a', '\nb'],
  ] as const
  t.equal(new Set(pairs.map(([tenant, key]) => referenceOf(tenant, key))).size, pairs.length)
})

const fields = fc.dictionary(
  fc.string({ minLength: 1 }),
  fc.oneof(
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string()),
  ),
)

t.test('a fingerprint does not depend on the order of the fields', async () => {
  fc.assert(
    fc.property(fields, (given) => {
      const turned = Object.fromEntries(Object.entries(given).reverse())
      return fingerprintOf('lead', given).equals(fingerprintOf('lead', turned))
    }),
    { numRuns: 1000 },
  )
})

t.test('a fingerprint tells objects, names, values and their types apart', async (t) => {
  const all = [
    fingerprintOf('lead', { a: '1' }),
    fingerprintOf('contact', { a: '1' }),
    fingerprintOf('lead', { a: 1 }),
    fingerprintOf('lead', { a: true }),
    fingerprintOf('lead', { a: 'true' }),
    fingerprintOf('lead', { a: null }),
    fingerprintOf('lead', { a: 'null' }),
    fingerprintOf('lead', { a: ['1'] }),
    fingerprintOf('lead', { a: '["1"]' }),
    fingerprintOf('lead', { a: ['1', '2'] }),
    fingerprintOf('lead', { a: ['2', '1'] }),
    fingerprintOf('lead', { a: '' }),
    fingerprintOf('lead', { a: [] }),
    fingerprintOf('lead', {}),
    fingerprintOf('lead', { b: '1' }),
    fingerprintOf('lead', { a: '1', b: '1' }),
    fingerprintOf('lead', JSON.parse('{"__proto__":"1"}')),
  ]
  t.equal(new Set(all.map((hash) => hash.toString('hex'))).size, all.length)
})
