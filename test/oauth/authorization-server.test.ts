import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { BACK, CHALLENGE, endOf, issued, serverWith, VERIFIER } from './authorization-desk.ts'

t.test('a sign-in brings tokens of the scope asked for, and the state comes back', async (t) => {
  const { server, back, byCode } = serverWith()
  const callback = back()
  t.equal(callback.get('state'), 's1')
  const { access_token, refresh_token, scope } = issued(byCode(callback.get('code')))
  t.equal(scope, 'read write')
  t.equal(server.accessState(access_token), 'good')
  t.match(server.introspect(access_token), { kind: 'access', scope: 'read write', expiresInSeconds: 600 })
  t.match(server.introspect(refresh_token ?? ''), { kind: 'refresh', scope: 'read write', expiresInSeconds: null })
  t.ok(server.hasLiveGrant)
})

t.test(
  'the consent page knows its app alone, goes back nowhere without an address, and tells what it does not take',
  async (t) => {
    const { authorize, back } = serverWith()
    t.match(authorize({ client_id: 'another' }), { error: 'invalid_client' })
    t.match(authorize({ client_id: null }), { error: 'invalid_client' })
    t.match(authorize({ redirect_uri: null }), { error: 'invalid_request' })
    const told = back({ response_type: 'token' })
    t.strictSame([told.get('error'), told.get('state'), told.get('code')], ['unsupported_response_type', 's1', null])
    t.equal(back({ state: null }).get('state'), null)
  },
)

t.test('who says no is believed', async (t) => {
  const { server, back } = serverWith()
  server.consent = 'deny'
  const told = back()
  t.strictSame([told.get('error'), told.get('state'), told.get('code')], ['access_denied', 's1', null])
  t.notOk(server.hasLiveGrant)
})

t.test('where PKCE is required there is no code without a challenge, and no token without its verifier', async (t) => {
  const { back, byCode } = serverWith({ pkce: 'required' })
  t.equal(back({ code_challenge: null }).get('error'), 'invalid_request')
  t.equal(back({ code_challenge_method: 'plain' }).get('error'), 'invalid_request')
  t.equal(back({ code_challenge_method: null }).get('error'), 'invalid_request')
  for (const code_verifier of [null, '', `${VERIFIER}x`, CHALLENGE])
    t.equal(endOf(byCode(back().get('code'), { code_verifier })), 'invalid_grant', String(code_verifier))
  t.equal(endOf(byCode(back().get('code'))), 'issued')
})

t.test('where PKCE is optional a challenge that was sent is held to', async (t) => {
  const { back, byCode } = serverWith({ pkce: 'optional' })
  t.equal(endOf(byCode(back({ code_challenge: null }).get('code'), { code_verifier: null })), 'issued')
  t.equal(endOf(byCode(back().get('code'), { code_verifier: null })), 'invalid_grant')
  t.equal(endOf(byCode(back().get('code'), { code_verifier: `${VERIFIER}x` })), 'invalid_grant')
  t.equal(endOf(byCode(back().get('code'))), 'issued')
})

t.test('where PKCE is ignored it makes no difference', async (t) => {
  const { back, byCode } = serverWith({ pkce: 'ignored' })
  t.equal(endOf(byCode(back({ code_challenge_method: 'plain' }).get('code'), { code_verifier: `${VERIFIER}x` })), 'issued')
  t.equal(endOf(byCode(back().get('code'), { code_verifier: null })), 'issued')
})

t.test('a code works once; used again it ends the grant of its tokens', async (t) => {
  const { server, back, byCode, byRefresh } = serverWith()
  const code = back().get('code')
  const { access_token, refresh_token } = issued(byCode(code))
  t.equal(endOf(byCode(code)), 'invalid_grant')
  t.equal(server.accessState(access_token), 'unknown')
  t.equal(endOf(byRefresh(refresh_token)), 'invalid_grant')
  t.notOk(server.hasLiveGrant)
})

t.test('a code is used up by a wrong try as well', async (t) => {
  const { back, byCode } = serverWith()
  const code = back().get('code')
  t.equal(endOf(byCode(code, { code_verifier: 'wrong' })), 'invalid_grant')
  t.equal(endOf(byCode(code)), 'invalid_grant')
})

t.test('a code is for the address that it was sent to', async (t) => {
  const { back, byCode } = serverWith()
  for (const redirect_uri of [null, `${BACK}/`, 'https://vorel.example/'])
    t.equal(endOf(byCode(back().get('code'), { redirect_uri })), 'invalid_grant', String(redirect_uri))
})

t.test('a code comes too late after its time', async (t) => {
  const { back, byCode } = serverWith({ codeSeconds: 0.01 })
  const code = back().get('code')
  await sleep(20)
  t.equal(endOf(byCode(code)), 'invalid_grant')
})

t.test('a code of another app, an unknown one and none are refused', async (t) => {
  const { back, byCode } = serverWith()
  const another = serverWith()
  t.equal(endOf(byCode(another.back().get('code'))), 'invalid_grant')
  t.equal(endOf(byCode('unheard-of')), 'invalid_grant')
  t.equal(endOf(byCode(null)), 'invalid_grant')
  const { id, secret } = another.server.client
  const code = back().get('code')
  t.equal(endOf(byCode(code, { client_id: id, client_secret: secret })), 'invalid_client')
  t.equal(endOf(byCode(code)), 'issued', 'and the code is still good')
})

t.test('a code of a grant that was revoked meanwhile is refused', async (t) => {
  const { server, back, byCode } = serverWith()
  const code = back().get('code')
  server.revokeGrants()
  t.equal(endOf(byCode(code)), 'invalid_grant')
})
