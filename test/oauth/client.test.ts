import t from 'tap'
import { APP, at, BEFORE, BEGUN, CODE, GOOD, grantFault, refusal, refusals } from './desk.ts'
import { REDIRECT_URI } from './provider.ts'

const secondsOf = ({ expires_at, issued_at }: { expires_at: number | null; issued_at: number }) =>
  expires_at === null ? null : (expires_at - issued_at) / 1000

t.test('the life of an access token is read from whatever says it, and nonsense counts as not told', async (t) => {
  const TEN_YEARS = 315_360_000
  const answers: [told: object, auth: object, seconds: number | null][] = [
    [{ expires_in: 1800 }, {}, 1800],
    [{ expires_in: '1800' }, {}, 1800],
    [{ expires_in: 0 }, {}, 0],
    [{ expires_in: 1800 }, { accessTokenSeconds: 60 }, 1800],
    [{}, { accessTokenSeconds: 60 }, 60],
    [{}, {}, null],
    [{ expires_in: 3_600_000, expires_in_sec: 3600 }, { lifetimeMember: 'expires_in_sec' }, 3600],
    [{ expires_in: 3600 }, { lifetimeMember: 'expires_in_sec' }, 3600],
    [{ expires_in: 3_600_000, expires_in_sec: '3600' }, { lifetimeMember: 'expires_in_sec' }, 3600],
    [{ expires_in: null }, { accessTokenSeconds: 60 }, 60],
    [{ expires_in: '' }, { accessTokenSeconds: 60 }, 60],
    [{ expires_in: -1 }, { accessTokenSeconds: 60 }, 60],
    [{ expires_in: 'never' }, {}, null],
    [{ expires_in: [3600] }, {}, null],
    [{ expires_in: 1e300 }, {}, TEN_YEARS],
  ]
  for (const [told, auth, seconds] of answers) {
    const { expires_in: _, ...good } = GOOD
    const { tokens } = await at({ body: { ...good, ...told } }, { auth }).refresh()
    t.equal(secondsOf(tokens), seconds, JSON.stringify({ told, auth }))
  }
})

t.test('members that are odd, empty or of no use do not spoil an answer', async (t) => {
  const odd = [
    { scope: ['a', 'b'] },
    { scope: null },
    { token_type: undefined },
    { token_type: null },
    { token_type: 'Bearer' },
    { id_token: 'no.jwt.at-all' },
    { id_token: 5 },
    { error: '' },
  ]
  for (const members of odd) {
    const { tokens } = await at({ body: { ...GOOD, ...members } }).exchange()
    t.match(tokens, { access_token: GOOD.access_token, refresh_token: GOOD.refresh_token }, JSON.stringify(members))
  }
})

t.test('a refresh that brings no new refresh token keeps the old one', async (t) => {
  for (const refresh_token of [undefined, null, '']) {
    const { tokens } = await at({ body: { ...GOOD, refresh_token } }).refresh()
    t.match(tokens, { access_token: GOOD.access_token, refresh_token: BEFORE.refresh_token }, String(refresh_token))
  }
  const { tokens } = await at({ body: { ...GOOD, refresh_token: undefined } }).exchange()
  t.equal(tokens.refresh_token, null, 'a first answer has none to keep')
})

t.test('without a refresh token the grant is dead, and nobody is asked', async (t) => {
  const { refresh, requests } = at({ body: GOOD })
  t.equal(await grantFault(refresh({ ...BEFORE, refresh_token: null })), 'dead: no_refresh_token')
  t.equal(requests.length, 0)
})

t.test('what the token endpoint is sent: a form with everything in its body, and the host that it stands for', async (t) => {
  const { exchange, refresh, clientCredentials, requests } = at({ body: GOOD })
  await exchange()
  await refresh()
  await clientCredentials()
  const app = { client_id: APP.clientId, client_secret: APP.clientSecret }
  t.strictSame(
    requests.map(({ form }) => Object.fromEntries(form)),
    [
      { ...app, grant_type: 'authorization_code', code: CODE, redirect_uri: REDIRECT_URI, code_verifier: BEGUN.verifier },
      { ...app, grant_type: 'refresh_token', refresh_token: BEFORE.refresh_token },
      { ...app, grant_type: 'client_credentials', scope: 'openid offline_access contacts' },
    ],
  )
  for (const { method, path, headers } of requests) {
    t.strictSame([method, path], ['POST', '/token'])
    t.match(headers, {
      'content-type': /^application\/x-www-form-urlencoded/,
      accept: 'application/json',
      'x-forwarded-host': 'judge.example',
    })
    t.notMatch(headers, { authorization: String })
  }
})

t.test('by basic authentication the secret is in the header alone, readable by servers that do not decode it', async (t) => {
  const app = { clientId: 'vorel_app-1.2', clientSecret: 'se-sa_me.~7', variants: {} }
  const { refresh, requests } = at({ body: GOOD }, { auth: { clientAuthentication: 'basic' }, app })
  await refresh()
  t.equal(requests[0]?.headers.authorization, `Basic ${btoa('vorel_app-1.2:se-sa_me.~7')}`)
  t.strictSame([...(requests[0]?.form.keys() ?? [])].sort(), ['grant_type', 'refresh_token'])
})

t.test('where a verifier was not sent before, none is sent with the code', async (t) => {
  const { client, subject, requests } = at({ body: GOOD })
  const callback = new URLSearchParams({ code: CODE, state: BEGUN.state })
  await client.exchange(subject, { ...BEGUN, verifier: null }, callback, AbortSignal.timeout(5_000))
  t.notOk(requests[0]?.form.has('code_verifier'))
})

t.test('revoking sends the refresh token, else the access token, and takes any answer below 300 for done', async (t) => {
  for (const body of ['', '<p>done', { status: 'success' }]) {
    const { revoke, requests } = at({ body })
    t.equal(await revoke(), true)
    t.match(requests, [{ path: '/token/revocation' }])
    t.equal(requests[0]?.form.get('token'), BEFORE.refresh_token)
  }
  const { revoke, requests } = at({})
  await revoke({ ...BEFORE, refresh_token: null })
  t.equal(requests[0]?.form.get('token'), BEFORE.access_token)
  t.equal(await grantFault(at({ status: 400, body: '<p>no such token' }).revoke()), 'unreachable: http_400')
})

t.test('a provider that cannot revoke is not asked to', async (t) => {
  const { client, subject, requests } = at({})
  const { revokeUrl: _, ...auth } = subject.driver.manifest.auth as { revokeUrl?: string }
  const driver = { ...subject.driver, manifest: { ...subject.driver.manifest, auth: auth as never } }
  t.equal(await client.revoke({ ...subject, driver }, BEFORE, AbortSignal.timeout(5_000)), false)
  t.equal(requests.length, 0)
})

t.test('the consent page is asked for what the manifest says, and its extras overrule nothing of ours', async (t) => {
  const auth = {
    authorizeUrl: 'https://judge.example/auth?theme=dark',
    scopes: ['a.read', 'b.write'],
    scopeSeparator: ',',
    authorizeParams: { prompt: 'consent', state: 'theirs', redirect_uri: 'https://elsewhere.example' },
  }
  const url = await at({}, { auth, url: 'http://127.0.0.1:9' }).authorizeUrl()
  t.equal(url.origin + url.pathname, 'http://127.0.0.1:9/auth')
  t.match(Object.fromEntries(url.searchParams), {
    theme: 'dark',
    prompt: 'consent',
    response_type: 'code',
    client_id: APP.clientId,
    redirect_uri: REDIRECT_URI,
    state: BEGUN.state,
    scope: 'a.read,b.write',
    code_challenge_method: 'S256',
    code_challenge: /^[\w-]{43}$/,
  })
  t.notMatch(url.href, BEGUN.verifier, 'the verifier stays here')
})

t.test('a consent page may be at a host that is never called', async (t) => {
  const url = await at({}, { auth: { authorizeUrl: 'https://www.consent.example/auth' } }).authorizeUrl()
  t.equal(url.pathname, '/auth')
})

t.test('no empty scope and no challenge where there is neither', async (t) => {
  const url = await at({}, { auth: { scopes: [] } }).authorizeUrl({ verifier: null })
  for (const name of ['scope', 'code_challenge', 'code_challenge_method']) t.notOk(url.searchParams.has(name), name)
  const { clientCredentials, requests } = at({ body: GOOD }, { auth: { scopes: [] } })
  await clientCredentials()
  t.notOk(requests[0]?.form.has('scope'))
})

t.test('a value of the app that differs by a setting or fact is used where there is one', async (t) => {
  const app = {
    ...APP,
    variants: { EU: { clientSecret: 'eu-sesame-1c2d' }, CN: { clientId: 'cn-app', clientSecret: 'cn-sesame-3e4f' } },
  }
  const sent = async (settings: object, facts = {}) => {
    const { refresh, requests } = at({ body: GOOD }, { auth: { appBy: 'region' }, app, settings: { ...settings }, facts })
    await refresh()
    return [requests[0]?.form.get('client_id'), requests[0]?.form.get('client_secret')]
  }
  t.strictSame(await sent({ region: 'us' }), [APP.clientId, APP.clientSecret])
  t.strictSame(await sent({}), [APP.clientId, APP.clientSecret])
  t.strictSame(await sent({ region: 'eu' }), [APP.clientId, 'eu-sesame-1c2d'])
  t.strictSame(await sent({ region: 'us' }, { region: 'cn' }), ['cn-app', 'cn-sesame-3e4f'], 'what was found out counts first')
})

t.test('an app that is not set up is told with the settings to make, the special ones where they would do', async (t) => {
  const unset = at({}, { app: null })
  for (const error of await refusals(
    unset.authorizeUrl(),
    unset.exchange(),
    unset.refresh(),
    unset.clientCredentials(),
    unset.revoke(),
  ))
    t.match(error, {
      code: 'auth_error',
      message: /sets VOREL_OAUTH_JUDGE_CLIENT_ID and VOREL_OAUTH_JUDGE_CLIENT_SECRET\.$/,
    })
  t.equal(unset.requests.length, 0)
  const half = { clientId: 'vorel-app', variants: {} }
  const told = (region: string) => refusal(at({}, { app: half, auth: { appBy: 'region' }, settings: { region } }).refresh())
  t.match(await told('eu'), { message: /\(where 'eu' has its own: VOREL_OAUTH_JUDGE_CLIENT_ID_EU\)/ })
  t.notMatch(await told('x; rm -rf'), { message: /rm -rf/ })
})

t.test('a setting that an address needs is named where it is missing', async (t) => {
  const auth = { authorizeUrl: 'https://{shard}.judge.example/auth', tokenUrl: 'https://{shard}.judge.example/token' }
  for (const settings of [{}, { shard: '' }, { shard: null }]) {
    const { authorizeUrl, exchange, requests } = at({ body: GOOD }, { auth, settings })
    for (const error of await refusals(authorizeUrl(), exchange()))
      t.match(error, { code: 'invalid_request', message: /'shard'/ }, JSON.stringify(settings))
    t.equal(requests.length, 0)
  }
  const tables = { shard: { by: 'region', values: { us: '', eu: 'eu.' } } }
  const manifest = { tables, hosts: ['eu.judge.example', 'judge.example'] }
  const open = { authorizeUrl: 'https://{shard}judge.example/auth' }
  t.equal(
    (await at({}, { auth: open, manifest, settings: { region: 'us' } }).authorizeUrl()).pathname,
    '/auth',
    'a table may say nothing',
  )
})

t.test("a tenant's words lead nowhere but to the provider, at the consent page and at the token endpoint", async (t) => {
  const auth = { authorizeUrl: 'https://{shard}.judge.example/auth', tokenUrl: 'https://{shard}.judge.example/token' }
  const manifest = { hosts: ['*.judge.example'] }
  for (const shard of [
    'evil.example/',
    'evil.example#',
    'evil.example?',
    'a@evil.example/',
    'evil.example\\',
    'a b',
    'evil.example:8443/',
  ]) {
    const { authorizeUrl, exchange, refresh, requests } = at({ body: GOOD }, { auth, manifest, settings: { shard } })
    for (const error of await refusals(authorizeUrl(), exchange(), refresh())) t.match(error, { code: 'invalid_request' }, shard)
    t.equal(requests.length, 0)
  }
  const { exchange, requests } = at({ body: GOOD }, { auth, manifest, settings: { shard: 'eu1' } })
  await exchange()
  t.match(requests, [{ headers: { 'x-forwarded-host': 'eu1.judge.example' } }])
})

t.test('what needs no consent has no consent page', async (t) => {
  const { client, subject } = at({})
  const { authorizeUrl: _, ...auth } = subject.driver.manifest.auth as { authorizeUrl?: string }
  const driver = { ...subject.driver, manifest: { ...subject.driver.manifest, auth: auth as never } }
  t.match(await refusal(client.authorizeUrl({ ...subject, driver }, BEGUN)), { code: 'invalid_request' })
})
