import { randomBytes } from 'node:crypto'
import t from 'tap'
import { SigningKey, verifySignature } from '../../core/vault/signing-key.ts'

t.test('what was signed is vouched for by the public half alone', async (t) => {
  const key = new SigningKey(randomBytes(32))
  const data = Buffer.from('a certificate')
  const signature = key.sign(data)
  t.equal(verifySignature(key.publicKey, data, signature), true)
  t.equal(verifySignature(key.publicKey, Buffer.from('another one'), signature), false)
  t.equal(verifySignature(new SigningKey(randomBytes(32)).publicKey, data, signature), false)
})

t.test('a seed is one key, and its codes for different purposes have nothing in common', async (t) => {
  const seed = randomBytes(32)
  t.equal(new SigningKey(seed).id, new SigningKey(seed).id)
  t.equal(new SigningKey(seed).macKey('audit').length, 32)
  t.notSame(new SigningKey(seed).macKey('audit'), new SigningKey(seed).macKey('other'))
})
