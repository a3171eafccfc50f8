import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { credentialsOf, Keyring, payloadOf } from '../../core/vault/keyring.ts'
import { openKeyring } from '../../core/vault/open.ts'
import { startSandbox, startService } from '../support/service.ts'
import { kmsConfig, startKms } from './kms-server.ts'

const master = randomBytes(32)
const parts = credentialsOf('acme', 'memory', 1)
const stage = async (t: Test) => {
  const server = await startKms(t, ['key-one', 'key-two'])
  const ring = (keyId: string, older: string[] = [], encryptionKey: Buffer | null = null, seals = true) =>
    openKeyring({ encryptionKey, olderEncryptionKeys: [], kms: { ...kmsConfig(server, keyId, older), seals } })
  return { server, ring }
}

t.test('a credential has a data key of its own; opened many times at once, it costs one call, and again none', async (t) => {
  const { server, ring } = await stage(t)
  const sealed = await Promise.all(['a', 'b'].map(async (value) => (await ring('key-one')).seal(value, parts)))
  t.same(server.calls, ['GenerateDataKey', 'GenerateDataKey'])
  const other = await ring('key-one')
  const [first = Buffer.alloc(0)] = sealed
  t.same(await Promise.all(Array.from({ length: 20 }, () => other.open(first, parts))), Array(20).fill('a'))
  t.same(await other.open(first, parts), 'a')
  t.equal(server.calls.filter((call) => call === 'Decrypt').length, 1)
  await t.rejects(other.open(first, credentialsOf('other', 'memory', 1)), { code: 'internal' }, 'the context binds the tenant')
  await t.rejects(other.open(first, credentialsOf('acme', 'memory', 2)), 'the envelope binds the row')
})

t.test('creates of a tenant share a data key for a thousand values, and tenants share none', async (t) => {
  const { server, ring } = await stage(t)
  const mine = await ring('key-one')
  for (let n = 0; n < 1_001; n += 1) await mine.seal(n, payloadOf('acme', String(n)))
  t.equal(server.calls.length, 2)
  await mine.seal('x', payloadOf('other', 'x'))
  t.equal(server.calls.length, 3)
})

t.test('from one key of the service to another nothing is opened here; between modes it is', async (t) => {
  const { server, ring } = await stage(t)
  const sealed = await (await ring('key-one')).seal({ token: 'kept' }, parts)
  server.calls.length = 0
  const two = await (await ring('key-two', ['key-one'])).reseal(sealed, parts)
  t.same(server.calls, ['ReEncrypt'])
  const back = await (await ring('key-two', [], master, false)).reseal(two, parts)
  t.same(await new Keyring(master).open(back, parts), { token: 'kept' })
  const again = await (await ring('key-two', [], master)).reseal(back, parts)
  t.same(await (await ring('key-two')).open(again, parts), { token: 'kept' })
})

t.test('a key service that refuses or is slow is a 503 without its words, within the deadline; then all is well', async (t) => {
  const { server } = await stage(t)
  const service = await startService(t, { encryptionKey: null, kms: kmsConfig(server, 'key-one'), deadlineMs: 1_500 })
  const key = await service.tenant('acme', { sandbox: await startSandbox(t) })
  const lookup = () => service.post('/v1/crm/lookup-customer', key, { phone: '+14155550100' })
  for (const fault of [{ name: 'AccessDeniedException', status: 400 }, { waitMs: 4_000 }]) {
    server.fault = fault
    const begun = performance.now()
    const { status, body } = await lookup()
    t.match({ status, body }, { status: 503, body: { code: 'vault_unavailable', retryable: true } })
    t.notMatch(body.detail, /arn|AccessDenied/)
    t.ok(performance.now() - begun < 3_000)
  }
  server.fault = null
  // Who comes while the slow question is under way waits for its answer with the others.
  for (let turn = 0; turn < 5 && (await lookup()).status !== 200; turn += 1);
  t.equal((await lookup()).status, 200)
  const create = { object: 'lead', fields: { name: 'Ada' }, idempotency_key: 'one' }
  t.equal((await service.post('/v1/crm/create-record', key, create)).status, 201)
  t.equal((await service.post('/v1/crm/create-record', key, create)).headers.get('idempotent-replayed'), 'true')
})
