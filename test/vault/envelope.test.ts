import { createCipheriv, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { open, seal } from '../../core/vault/envelope.ts'

const key = randomBytes(32)
const parts = ['credentials', 'acme', 'memory', '1']
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const someParts = fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 5 })

t.test('what was sealed opens with the same key and parts', async () => {
  fc.assert(
    fc.property(bytes, someParts, (plain, belongsTo) => open(key, seal(key, plain, belongsTo), belongsTo).equals(plain)),
    { numRuns: 1000 },
  )
})

t.test('every change of a single byte is refused', async (t) => {
  const sealed = seal(key, Buffer.from('a refresh token'), parts)
  for (let at = 0; at < sealed.length; at += 1) {
    for (const mask of [1, 128, 255]) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ mask
      t.throws(() => open(key, changed, parts), `byte ${at} ^ ${mask}`)
    }
  }
})

t.test('a value cut short at any length, or lengthened, is refused', async (t) => {
  const sealed = seal(key, Buffer.from('a refresh token'), parts)
  for (let length = 0; length < sealed.length; length += 1)
    t.throws(() => open(key, sealed.subarray(0, length), parts), `${length}`)
  t.throws(() => open(key, Buffer.concat([sealed, Buffer.of(0)]), parts))
})

t.test('a tag of 4 bytes is refused, although GCM knows such tags', async (t) => {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 4 })
  cipher.setAAD(Buffer.from(parts.map((part) => `${part.length}:${part}`).join('')))
  const body = Buffer.concat([cipher.update('guessed'), cipher.final()])
  const short = cipher.getAuthTag()
  t.equal(short.length, 4)
  t.throws(() => open(key, Buffer.concat([Buffer.of(1), iv, short, body]), parts))
  t.throws(() => open(key, Buffer.concat([Buffer.of(1), iv, short, Buffer.alloc(12), body]), parts))
})

t.test('another key opens nothing', async (t) => {
  const sealed = seal(key, Buffer.from('a refresh token'), parts)
  t.throws(() => open(randomBytes(32), sealed, parts))
})

t.test('a value opens for its own parts alone: changed, missing, added, swapped or shifted ones are refused', async (t) => {
  const sealed = seal(key, Buffer.from('a refresh token'), parts)
  const others = [
    ...parts.map((_, at) => parts.with(at, 'other')),
    parts.slice(0, -1),
    [...parts, ''],
    parts.toReversed(),
    ['credentialsacme', '', 'memory', '1'],
    ['credentials', 'acm', 'ememory', '1'],
    [parts.join('')],
    [],
  ]
  for (const other of others) t.throws(() => open(key, sealed, other), JSON.stringify(other))
})

t.test('no two lists of parts read the same', async () => {
  fc.assert(
    fc.property(someParts, someParts, (mine, other) => {
      fc.pre(JSON.stringify(mine) !== JSON.stringify(other))
      const sealed = seal(key, Buffer.from('x'), mine)
      try {
        open(key, sealed, other)
        return false
      } catch {
        return true
      }
    }),
    { numRuns: 1000 },
  )
  for (const [mine, other] of [
    [
      ['ab', 'c'],
      ['a', 'bc'],
    ],
    [['1:a'], ['1', 'a']],
    [
      ['', 'a'],
      ['a', ''],
    ],
    [['é'], ['e\u0301']],
  ] as const)
    t.throws(() => open(key, seal(key, Buffer.from('x'), [...mine]), [...other]), `${mine} / ${other}`)
})

t.test('the same value is sealed differently each time, and under no IV twice', async (t) => {
  const sealed = Array.from({ length: 5000 }, () => seal(key, Buffer.from('the same'), parts))
  t.equal(new Set(sealed.map((value) => value.subarray(1, 13).toString('hex'))).size, 5000)
  t.equal(new Set(sealed.map((value) => value.subarray(29).toString('hex'))).size, 5000)
})

t.test('a value of an unknown version is refused by name', async (t) => {
  const sealed = seal(key, Buffer.from('x'), parts)
  sealed[0] = 2
  t.throws(() => open(key, sealed, parts), { message: /known version/ })
})
