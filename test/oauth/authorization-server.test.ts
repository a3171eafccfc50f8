import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { AuthorizationServer, type Issued, type NotIssued, type SandboxRequest } from '../../core/sandbox.ts'
import type { AuthorizationRules } from '../../core/sandbox-authorization.ts'

const RULES: AuthorizationRules = {
  clientAuthentication: 'body',
  pkce: 'required',
  accessTokenSeconds: 600,
  codeSeconds: 60,
  rotates: true,
}
const BACK = 'https://vorel.example/oauth/callback/lantern'
const VERIFIER = 'a-verifier-of-forty-three-characters-or-more'
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

type Params = Record<string, string | null>
const given = (params: Params) => Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== null)

/** One app, one person, one server: each step with all that is right, but for what a test makes otherwise. */
const serverWith = (rules: Partial<AuthorizationRules> = {}) => {
  const server = new AuthorizationServer({ ...RULES, ...rules })
  const { id, secret } = server.client
  const authorize = (other: Params = {}) => {
    const right = { response_type: 'code', client_id: id, redirect_uri: BACK, state: 's1', scope: 'read write' }
    const challenge = { code_challenge: CHALLENGE, code_challenge_method: 'S256' }
    return server.authorize(new URLSearchParams(given({ ...right, ...challenge, ...other })))
  }
  const back = (other: Params = {}): URLSearchParams => {
    const sent = authorize(other)
    if (!('location' in sent)) throw new Error(`Not sent back: ${sent.description}`)
    return new URL(sent.location).searchParams
  }
  const request = (form: Params, headers: SandboxRequest['headers'] = {}): SandboxRequest => ({
    method: 'POST',
    path: '/token',
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(given({ client_id: id, client_secret: secret, ...form })).toString(),
  })
  const token = (form: Params, headers: SandboxRequest['headers'] = {}) => server.token(request(form, headers))
  const byCode = (code: string | null, other: Params = {}) =>
    token({ grant_type: 'authorization_code', code, redirect_uri: BACK, code_verifier: VERIFIER, ...other })
  const byRefresh = (refresh_token: string | null) => token({ grant_type: 'refresh_token', refresh_token })
  const signedIn = () => issued(byCode(back().get('code')))
  return { server, authorize, back, request, token, byCode, byRefresh, signedIn }
}

const issued = (answer: Issued | NotIssued): Issued => {
  if ('error' in answer) throw new Error(`Not issued: ${answer.error}, ${answer.description}`)
  return answer
}

/** The error, or `issued`. */
const endOf = (answer: Issued | NotIssued): string => ('error' in answer ? answer.error : 'issued')

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
