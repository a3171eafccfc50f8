import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { endOf, issued, serverWith } from './authorization-desk.ts'

t.test('where refresh tokens rotate each works once, and one used again ends the grant, the newest included', async (t) => {
  const { server, signedIn, byRefresh } = serverWith({ rotates: true })
  const first = signedIn()
  const second = issued(byRefresh(first.refresh_token))
  t.not(second.refresh_token, first.refresh_token)
  t.not(second.access_token, first.access_token)
  t.equal(second.grantId, first.grantId)
  t.equal(server.introspect(first.refresh_token ?? ''), null)
  t.equal(endOf(byRefresh(first.refresh_token)), 'invalid_grant')
  t.equal(endOf(byRefresh(second.refresh_token)), 'invalid_grant')
  t.equal(server.accessState(second.access_token), 'unknown')
})

t.test('where they do not rotate the first goes on, and no other is given', async (t) => {
  const { signedIn, byRefresh } = serverWith({ rotates: false })
  const { refresh_token } = signedIn()
  for (const _ of [1, 2]) t.equal(issued(byRefresh(refresh_token)).refresh_token, null)
})

t.test('an unknown refresh token, an access token in its place, and none are refused', async (t) => {
  const { signedIn, byRefresh } = serverWith()
  const { access_token } = signedIn()
  for (const token of ['unheard-of', access_token, null]) t.equal(endOf(byRefresh(token)), 'invalid_grant')
})

t.test('revoking a token of either kind ends its grant, and no other grant', async (t) => {
  for (const kind of ['access_token', 'refresh_token'] as const) {
    const { server, signedIn, byRefresh } = serverWith()
    const granted = signedIn()
    const other = signedIn()
    t.equal(server.revoke(granted[kind] ?? ''), true)
    t.equal(server.accessState(granted.access_token), 'unknown')
    t.equal(server.introspect(granted.access_token), null)
    t.equal(server.introspect(granted.refresh_token ?? ''), null)
    t.equal(endOf(byRefresh(granted.refresh_token)), 'invalid_grant')
    t.equal(server.accessState(other.access_token), 'good')
    t.equal(server.revoke('unheard-of'), false)
  }
})

t.test('whoever uninstalls the app ends every grant', async (t) => {
  const { server, signedIn } = serverWith()
  const granted = [signedIn(), signedIn()]
  t.ok(server.hasLiveGrant)
  server.revokeGrants()
  t.strictSame(
    granted.map(({ access_token }) => server.accessState(access_token)),
    ['unknown', 'unknown'],
  )
  t.notOk(server.hasLiveGrant)
})

t.test('an access token that is too old is told from one that never was, and its grant goes on', async (t) => {
  const { server, signedIn, byRefresh } = serverWith({ accessTokenSeconds: 0.01 })
  const { access_token, refresh_token } = signedIn()
  await sleep(20)
  t.equal(server.accessState(access_token), 'expired')
  t.equal(server.introspect(access_token), null)
  t.equal(server.accessState('unheard-of'), 'unknown')
  t.equal(server.accessState(refresh_token ?? ''), 'unknown', 'a refresh token opens nothing')
  t.equal(endOf(byRefresh(refresh_token)), 'issued')
  const lasting = serverWith()
  const granted = lasting.signedIn()
  lasting.server.expireTokens()
  t.equal(lasting.server.accessState(granted.access_token), 'expired')
})

t.test('an app says who it is in the body where the body is asked for, and not in the header', async (t) => {
  const { server, token } = serverWith({ clientAuthentication: 'body' })
  const form = { grant_type: 'client_credentials' }
  const { id, secret } = server.client
  const basic = { authorization: `Basic ${btoa(`${id}:${secret}`)}` }
  t.equal(endOf(token(form)), 'issued')
  t.equal(endOf(token({ ...form, client_secret: 'wrong' })), 'invalid_client')
  t.equal(endOf(token({ ...form, client_secret: null })), 'invalid_client')
  t.equal(endOf(token({ ...form, client_id: 'another' })), 'invalid_client')
  t.equal(endOf(token({ ...form, client_id: null, client_secret: null }, basic)), 'invalid_client')
})

t.test('an app says who it is in the header where the header is asked for, and not in the body', async (t) => {
  const { server, token, request } = serverWith({ clientAuthentication: 'basic' })
  const { id, secret } = server.client
  const form = { grant_type: 'client_credentials' }
  const bare = { ...form, client_id: null, client_secret: null }
  const by = (credentials: string, scheme = 'Basic') => endOf(token(bare, { authorization: `${scheme} ${btoa(credentials)}` }))
  t.equal(by(`${id}:${secret}`), 'issued')
  t.equal(by(`${id.replaceAll('-', '%2D')}:${secret}`, 'basic'), 'issued', 'each part may be form-encoded')
  t.equal(by(`${id}:wrong`), 'invalid_client')
  t.equal(by(`another:${secret}`), 'invalid_client')
  t.equal(by(`${id}:%`), 'invalid_client')
  t.equal(by(id), 'invalid_client')
  t.equal(by(`${id}:${secret}`, 'Bearer'), 'invalid_client')
  t.equal(endOf(token(form)), 'invalid_client')
  t.equal(server.clientRefusal(request(bare))?.error, 'invalid_client')
})

t.test('the token endpoint takes forms, and the grants that it knows', async (t) => {
  const { token } = serverWith()
  for (const grant_type of ['password', '', null])
    t.equal(endOf(token({ grant_type })), 'unsupported_grant_type', String(grant_type))
  t.equal(endOf(token({ grant_type: 'client_credentials' }, { 'content-type': 'application/json' })), 'invalid_request')
  t.equal(endOf(token({ grant_type: 'client_credentials' }, { 'content-type': undefined })), 'invalid_request')
})

t.test('client credentials bring an access token, no refresh token, and no consent', async (t) => {
  const { server, token } = serverWith()
  const granted = issued(token({ grant_type: 'client_credentials', scope: 'read' }))
  t.match(granted, { refresh_token: null, scope: 'read' })
  t.equal(server.accessState(granted.access_token), 'good')
  t.notOk(server.hasLiveGrant)
})

t.test("tokens look as the provider's do", async (t) => {
  const { back, byCode } = serverWith({ tokenOf: (kind, random) => `${kind}.${random}` })
  const code = back().get('code')
  t.match(code, /^code\.\w{20,}$/)
  t.match(issued(byCode(code)), { access_token: /^access\.\w{20,}$/, refresh_token: /^refresh\.\w{20,}$/ })
})
