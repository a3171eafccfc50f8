import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { secretFault, signatureHeaders } from '../../drivers/custom_webhook/signature.ts'

interface Vector {
  name: string
  secret: string
  headers: Record<string, string>
  payload: string
  verify_at: number
}
interface Accepted extends Vector {
  secret_bytes_hex: string
  id: string
  timestamp: number
  signature: string
}
interface Vectors {
  accept: Accepted[]
  reject: (Vector & { error_of_npm_library: string })[]
}

const sign = (secrets: string[], id: string, seconds: number, content: string) =>
  signatureHeaders(secrets, id, new Date(seconds * 1000 + 999), content)

/** What the stock library says at another time than now: nothing, or the sentence of its refusal. */
const refusalAt = ({ secret, payload, headers, verify_at }: Vector): string | null => {
  const { now } = Date
  Date.now = () => verify_at * 1000
  try {
    new Webhook(secret).verify(payload, headers)
    return null
  } catch (error) {
    return (error as Error).message
  } finally {
    Date.now = now
  }
}

const encoded = (bytes: number) =>
  Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 37 + 11) % 256)).toString('base64')

t.test('a signature is the base64 of the HMAC-SHA256 under the decoded secret over id, seconds and content', async (t) => {
  for (const content of ['{"a":1}', '', '{"name":"Zoë 你好 😀"}', 'type=crm.customer.lookup&email=a%40b.test', ' {\n}\n'])
    for (const bytes of [24, 32, 64]) {
      const secret = `whsec_${encoded(bytes)}`
      const hmac = createHmac('sha256', Buffer.from(encoded(bytes), 'base64'))
        .update(`msg_1.1767225600.${content}`)
        .digest('base64')
      t.strictSame(sign([secret], 'msg_1', 1767225600, content), {
        'webhook-id': 'msg_1',
        'webhook-timestamp': '1767225600',
        'webhook-signature': `v1,${hmac}`,
      })
    }
})

t.test('a signature is what openssl makes of the same bytes', async (t) => {
  const secret = `whsec_${Buffer.from('a secret of thirty-two bytes ok!').toString('base64')}`
  t.equal(
    sign([secret], 'msg_vorel', 1767225600, '{"type":"crm.connection.test"}')['webhook-signature'],
    'v1,tZoHSMY8Zcd3L/NBOi+lD4yGlczHoIKCDIv9qBw3GKk=',
  )
})

t.test('two secrets give two entries with a space between, each of which the stock library takes', async (t) => {
  const [fresh = '', old = ''] = [encoded(32), encoded(24)].map((text) => `whsec_${text}`)
  const headers = sign([fresh, old], 'msg_2', 1767225600, '{}')
  t.match(headers['webhook-signature'], /^v1,[\w+/]{43}= v1,[\w+/]{43}=$/)
  for (const secret of [fresh, old]) t.equal(refusalAt({ name: '', secret, headers, payload: '{}', verify_at: 1767225600 }), null)
})

t.test('a secret is 24 to 64 bytes in canonical base64, with whsec_ or without', async (t) => {
  for (const bytes of [24, 25, 26, 32, 63, 64]) {
    t.equal(secretFault(`whsec_${encoded(bytes)}`), null, `${bytes} bytes`)
    t.equal(secretFault(encoded(bytes)), null, `${bytes} bytes without the prefix`)
  }
  for (const bytes of [1, 16, 23, 65, 128]) t.match(secretFault(`whsec_${encoded(bytes)}`), /24 to 64/, `${bytes} bytes`)
  const good = encoded(32)
  for (const bad of [
    '',
    'whsec_',
    'pa$$word',
    `${good}\n`,
    ` ${good}`,
    good.replace('=', ''),
    `${good}=`,
    `whsk_${good}`,
    good.replace(/.=$/, '9='),
    Buffer.alloc(32, 0xfb).toString('base64url'),
  ])
    t.ok(secretFault(bad), JSON.stringify(bad))
})

const folder = process.env.VOREL_PROVIDER_FACTS
const file = folder ? join(folder, 'standard-webhooks-vectors.json') : ''
const skip = existsSync(file) ? false : 'VOREL_PROVIDER_FACTS does not name a folder with standard-webhooks-vectors.json'
const { accept, reject }: Vectors = skip ? { accept: [], reject: [] } : JSON.parse(readFileSync(file, 'utf8'))

t.test('published vectors: each signature is made again to the character', { skip }, async (t) => {
  t.ok(accept.length > 0)
  for (const { name, secret, id, timestamp, payload, signature } of accept)
    t.equal(sign([secret], id, timestamp, payload)['webhook-signature'], signature, name)
})

t.test('published vectors: what the stock library accepts and refuses, and why', { skip }, async (t) => {
  for (const vector of accept) t.equal(refusalAt(vector), null, vector.name)
  t.ok(reject.length > 0)
  for (const vector of reject) t.equal(refusalAt(vector), vector.error_of_npm_library, vector.name)
})

t.test('published vectors: both secrets of a rotation are in the header', { skip }, async (t) => {
  const entries = (header = '') => header.split(' ').sort()
  const rotation = accept.filter(({ name }) => name.startsWith('rotation-'))
  const secrets = rotation.map(({ secret }) => secret)
  t.ok(new Set(secrets).size > 1)
  for (const vector of rotation) {
    const headers = sign(secrets, vector.id, vector.timestamp, vector.payload)
    t.strictSame(entries(headers['webhook-signature']), entries(vector.headers['webhook-signature']), vector.name)
    t.equal(refusalAt({ ...vector, headers }), null, `${vector.name}, signed by us`)
  }
})

t.test('published vectors: a secret is taken by its length', { skip }, async (t) => {
  for (const { name, secret, secret_bytes_hex } of accept) {
    const bytes = secret_bytes_hex.length / 2
    t.equal(secretFault(secret) === null, bytes >= 24 && bytes <= 64, `${name}: ${bytes} bytes`)
  }
})
