import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { startSandbox, startService, token } from '../support/service.ts'

const TOOL = '/api/tools/crm_lookup_customer'
const claims = { tenant_id: 'acme', conversation_id: 'c1' }
const lookup = { email: 'ada@example.test' }

/** An identity provider's public keys, and tokens signed with the private one. */
const identityProvider = async (t: Test, alg: string) => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg, use: 'sig' }
  let asked = 0
  const server = createServer((_, response) => {
    asked += 1
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    asked: () => asked,
    publicKey: jwk,
    sign: (kid = 'key-1') => new SignJWT(claims).setProtectedHeader({ alg, kid }).setExpirationTime('1h').sign(privateKey),
  }
}

for (const alg of ['RS256', 'ES256', 'EdDSA'])
  t.test(`tokens signed by an identity provider with ${alg} are let in by its public keys, others are not`, async (t) => {
    const provider = await identityProvider(t, alg)
    const stranger = await identityProvider(t, alg)
    const service = await startService(t, { jwt: { jwksUrl: provider.jwksUrl } })
    await service.tenant('acme', { sandbox: await startSandbox(t) })
    for (let n = 0; n < 3; n += 1) t.match(await service.post(TOOL, await provider.sign(), lookup), { status: 200 })
    t.equal(provider.asked(), 1, 'keys are fetched once')
    t.match(await service.post(TOOL, await stranger.sign(), lookup), { status: 401 }, 'signed by another key of that name')
    t.match(await service.post(TOOL, await provider.sign('key-2'), lookup), { status: 401 }, 'an unknown key')
    const confused = await token(claims, { secret: JSON.stringify(provider.publicKey) })
    t.match(await service.post(TOOL, confused, lookup), { status: 401 }, 'a public key is no shared secret')
  })

t.test('issuer and audience are asked for where they are configured', async (t) => {
  const service = await startService(t, { jwtIssuer: 'https://id.example.test', jwtAudience: 'vorel' })
  await service.tenant('acme', { sandbox: await startSandbox(t) })
  const right = { ...claims, iss: 'https://id.example.test', aud: 'vorel' }
  t.match(await service.post(TOOL, await token(right), lookup), { status: 200 })
  for (const wrong of [{ iss: 'https://other.example.test' }, { aud: 'other' }, { iss: undefined }, { aud: undefined }])
    t.match(await service.post(TOOL, await token({ ...right, ...wrong }), lookup), { status: 401 }, JSON.stringify(wrong))
})
