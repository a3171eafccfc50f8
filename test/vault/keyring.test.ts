import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { credentialsOf, Keyring, parseKey, payloadOf, responseOf } from '../../core/vault/keyring.ts'

const first = randomBytes(32)
const second = randomBytes(32)
const parts = credentialsOf('acme', 'memory', 1)

t.test('any JSON value comes back as it was', async () => {
  const ring = new Keyring(first)
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const opened = await ring.open(await ring.seal(value, parts), parts)
      return JSON.stringify(opened) === JSON.stringify(value)
    }),
    { numRuns: 1000 },
  )
})

t.test('a value of an older key opens while the key is in the ring, and new values carry the current key', async (t) => {
  const before = new Keyring(first)
  const sealed = await before.seal({ token: 'kept' }, parts)
  const after = new Keyring(second, [first])
  t.same(await after.open(sealed, parts), { token: 'kept' })
  t.equal(after.currentId, new Keyring(second).currentId)
  t.not(after.currentId, before.currentId)
  t.same(await new Keyring(second).open(await after.seal('new', parts), parts), 'new')
  t.ok(after.knows(before.currentId))
  t.notOk(before.knows(after.currentId))
})

t.test('a value whose key is gone names the key, the setting to mend, and nothing else', async (t) => {
  const ring = new Keyring(first)
  const sealed = await ring.seal({ token: 'a very secret token' }, parts)
  const refused = new Keyring(second).open(sealed, parts)
  const message = await refused.then(String, String)
  t.match(message, new RegExp(`${ring.currentId}.*CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD`))
  t.notMatch(message, first.toString('base64'))
  t.notMatch(message, 'very secret')
})

t.test('a value that names another key of the ring than the one it was sealed with is refused', async (t) => {
  const ring = new Keyring(second, [first])
  const sealed = await new Keyring(first).seal('x', parts)
  Buffer.from(ring.currentId, 'hex').copy(sealed)
  await t.rejects(ring.open(sealed, parts))
})

t.test('the id of a key says nothing of the key and differs between keys', async (t) => {
  const ids = new Set(Array.from({ length: 1000 }, () => new Keyring(randomBytes(32)).currentId))
  t.equal(ids.size, 1000)
  t.notOk(first.toString('hex').includes(new Keyring(first).currentId))
})

t.test('credentials, payloads and answers of any tenant, provider, key and version do not open as one another', async (t) => {
  const ring = new Keyring(first)
  const kinds = [
    credentialsOf('acme', 'memory', 1),
    credentialsOf('acme', 'memory', 2),
    credentialsOf('acme', 'odoo', 1),
    credentialsOf('other', 'memory', 1),
    payloadOf('acme', 'k'),
    payloadOf('acme', 'k2'),
    payloadOf('other', 'k'),
    responseOf('acme', 'k'),
  ]
  for (const mine of kinds)
    for (const other of kinds)
      if (mine !== other) await t.rejects(ring.open(await ring.seal('x', mine), other), `${mine} as ${other}`)
})

t.test('a key is base64 of exactly 32 bytes, padded or not', async (t) => {
  const text = first.toString('base64')
  t.same(parseKey(text), first)
  t.same(parseKey(text.replace('=', '')), first)
  for (const wrong of [
    '',
    'short',
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'),
    first.toString('hex'),
  ])
    t.equal(parseKey(wrong), null, wrong)
  t.equal(parseKey(Buffer.alloc(32, 0xfb).toString('base64url')), null, 'base64url is another alphabet')
  t.equal(parseKey(`${text.slice(0, 20)} ${text.slice(20)}`), null, 'a gap inside')
})
