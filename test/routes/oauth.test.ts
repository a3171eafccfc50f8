import t, { type Test } from 'tap'
import { tokensIn } from '../../core/oauth/tokens.ts'
import { credentialsOf } from '../../core/vault/keyring.ts'
import { type Desk, signInDesk } from './sign-in-desk.ts'

const BROWSER = { origin: 'https://console.example' }

const page = (t: Test, { headers, body }: { headers: Headers; body: string }) => {
  t.match(headers.get('content-type'), 'text/html')
  t.equal(headers.get('cache-control'), 'no-store')
  t.equal(headers.get('referrer-policy'), 'no-referrer')
  t.match(headers.get('content-security-policy'), /^default-src 'none'; style-src 'sha256-/)
  t.notMatch(body, /<script|<img|<link|https?:/, 'it loads nothing')
}

/** The callback is refused with this page and audit row, and nothing is stored. */
const refusedWith = async (
  t: Test,
  desk: Desk,
  answer: Promise<{ status: number; headers: Headers; body: string }>,
  { status, says, audit }: { status: number; says: RegExp; audit: string },
) => {
  const before = await desk.stored()
  const got = await answer
  t.equal(got.status, status)
  t.match(got.body, says)
  page(t, got)
  t.equal((await desk.audit()).at(-1), audit)
  t.same(await desk.stored(), before, 'nothing was stored')
}

t.test('who consents is connected: tokens sealed, facts of the answer and of the test, and told on the page', async (t) => {
  const desk = await signInDesk(t)
  const { flowId, callback } = await desk.begin()
  t.match(await desk.status(flowId), { status: 'pending', code: null })
  t.same(await desk.stored(), [0, 0])
  const done = await desk.call(callback)
  t.equal(done.status, 200)
  page(t, done)
  t.match(done.body, 'Lantern CRM is connected')
  t.match(done.body, 'Shop corner')
  t.match(await desk.status(flowId), { status: 'done', account: 'Shop corner', code: null, detail: null })
  const [row] = await desk.ask(
    'select c.status, c.settings, c.facts, c.account, s.sealed, s.token_version, s.refresh_at from connection c join tenant_credentials s using (tenant_id)',
  )
  t.match(row, {
    status: 'active',
    settings: { shop: 'corner' },
    facts: { shop_id: 's-1', plan: 'gold' },
    account: 'Shop corner',
    token_version: 1,
    refresh_at: /^2\d{3}-/,
  })
  const tokens = tokensIn(desk.service.app.pipeline.keyring.open(row?.sealed as Buffer, credentialsOf('acme', 'lantern', 1)))
  t.equal(desk.sandbox.oauth?.server.accessState(tokens?.access_token ?? ''), 'good')
  t.ok(tokens?.refresh_token)
  t.same(await desk.audit(), ['connection.sign_in_started ok acme ada', 'connection.activated ok acme ada'])
  const [asked] = desk.sandbox.oauth?.tokenRequests() ?? []
  t.equal(new URLSearchParams(asked?.body).get('redirect_uri'), `${desk.service.url}/oauth/callback/lantern`)
  t.ok(new URLSearchParams(asked?.body).get('code_verifier'), 'by PKCE')
})

t.test('a callback counts once, however often and however fast it comes', async (t) => {
  const desk = await signInDesk(t)
  const { flowId, callback } = await desk.begin()
  const all = await Promise.all(Array.from({ length: 5 }, () => desk.call(callback)))
  t.same(all.map(({ status }) => status).sort(), [200, 409, 409, 409, 409])
  t.equal(desk.sandbox.oauth?.tokenRequests().length, 1)
  await refusedWith(t, desk, desk.call(callback), {
    status: 409,
    says: /over already/,
    audit: 'connection.sign_in_refused used_before acme sign-in',
  })
  t.match(await desk.status(flowId), { status: 'done' })
  t.ok(desk.sandbox.oauth?.server.hasLiveGrant, 'the code was not used again')
})

t.test('a state that was never given is refused, and no tenant is named', async (t) => {
  const desk = await signInDesk(t)
  const { flowId, callback } = await desk.begin()
  const audit = 'connection.sign_in_refused unknown_state nobody sign-in'
  for (const state of [null, '', 'another', 'x'.repeat(5_000)]) {
    const url = new URL(callback)
    if (state === null) url.searchParams.delete('state')
    else url.searchParams.set('state', state)
    await refusedWith(t, desk, desk.call(url), { status: 400, says: /no sign-in that was begun here/, audit })
  }
  t.equal(desk.sandbox.oauth?.tokenRequests().length, 0)
  t.match(await desk.status(flowId), { status: 'pending' })
})

t.test('consent denied is told on the page, in the audit log and to who waits', async (t) => {
  const desk = await signInDesk(t)
  if (desk.sandbox.oauth) desk.sandbox.oauth.server.consent = 'deny'
  const { flowId, callback } = await desk.begin()
  await refusedWith(t, desk, desk.call(callback), {
    status: 403,
    says: /Access was not granted/,
    audit: 'connection.sign_in_refused access_denied acme ada',
  })
  t.match(await desk.status(flowId), { status: 'failed', code: 'access_denied', detail: /start again/ })
})

t.test("a provider's other words for no are looked up, and none is passed on", async (t) => {
  const desk = await signInDesk(t)
  const cases: [Record<string, string>, number, string][] = [
    [{ error: 'invalid_scope', error_description: 'Ada may not' }, 424, 'app_refused'],
    [{ error: 'server_error' }, 503, 'provider_failed'],
    [{ error: 'Ada said <b>no</b>' }, 400, 'no_code'],
    [{}, 400, 'no_code'],
  ]
  for (const [words, status, code] of cases) {
    const { callback } = await desk.begin()
    callback.searchParams.delete('code')
    for (const [name, value] of Object.entries(words)) callback.searchParams.set(name, value)
    const answer = desk.call(callback)
    await refusedWith(t, desk, answer, { status, says: /did not succeed/, audit: `connection.sign_in_refused ${code} acme ada` })
    t.notMatch((await answer).body, /Ada/)
  }
})

t.test("another provider's callback is refused, and the right one still counts", async (t) => {
  const desk = await signInDesk(t)
  const { callback } = await desk.begin()
  const other = new URL(callback.href.replace('/lantern', '/beacon'))
  await refusedWith(t, desk, desk.call(other), {
    status: 400,
    says: /another provider/,
    audit: 'connection.sign_in_refused other_provider acme sign-in',
  })
  t.equal((await desk.call(new URL(callback.href.replace('/lantern', '/nowhere')))).status, 400)
  t.equal((await desk.call(callback)).status, 200)
})

t.test('after 10 minutes it is too late', async (t) => {
  const desk = await signInDesk(t)
  const { flowId, callback } = await desk.begin()
  const [row] = await desk.ask('select extract(epoch from expires_at - clock_timestamp()) as seconds from oauth_flow')
  t.ok(Number(row?.seconds) > 590 && Number(row?.seconds) <= 600)
  await desk.ask('update oauth_flow set expires_at = clock_timestamp()')
  await refusedWith(t, desk, desk.call(callback), {
    status: 410,
    says: /Too much time/,
    audit: 'connection.sign_in_refused expired acme sign-in',
  })
  t.match(await desk.status(flowId), { status: 'failed', code: 'expired' })
  t.equal(desk.sandbox.oauth?.tokenRequests().length, 0)
})

t.test('a sign-in that a browser began is finished by that browser alone', async (t) => {
  const desk = await signInDesk(t)
  for (const headers of [BROWSER, { 'sec-fetch-site': 'same-origin' }]) {
    const { callback, cookie } = await desk.begin({ headers })
    const other = await desk.begin({ headers })
    const wrong = `${cookie?.split('=')[0]}=${other.cookie?.split('=')[1]}`
    for (const sent of [{}, { cookie: other.cookie ?? '' }, { cookie: wrong }])
      await refusedWith(t, desk, desk.call(callback, { headers: sent as Record<string, string> }), {
        status: 403,
        says: /another browser/,
        audit: 'connection.sign_in_refused other_browser acme sign-in',
      })
    t.equal((await desk.call(callback, { headers: { cookie: `a=b; ${cookie}; c=d` } })).status, 200)
  }
})

t.test('the cookie is for the callback alone, unreadable to scripts, and Secure where the service is', async (t) => {
  const desk = await signInDesk(t)
  const body = { provider: 'lantern', settings: { shop: 'corner' } }
  const begun = await desk.service.post('/api/tenants/acme/connection', desk.operator, body, BROWSER)
  t.match(
    begun.headers.get('set-cookie'),
    /^vorel_sign_in_[0-9a-f]{16}=[\w-]{43}; Path=\/oauth\/callback\/; Max-Age=600; HttpOnly; SameSite=Lax$/,
  )
  const secure = await signInDesk(t, { publicUrl: 'https://crm.example/vorel' })
  const there = await secure.service.post('/api/tenants/acme/connection', secure.operator, body, BROWSER)
  t.match(there.headers.get('set-cookie'), /; Path=\/vorel\/oauth\/callback\/; .*; SameSite=Lax; Secure$/)
  t.match(new URL(there.body.authorize_url).searchParams.get('redirect_uri'), 'https://crm.example/vorel/oauth/callback/lantern')
  t.equal((await desk.begin()).cookie, null, 'a program gets none')
})

t.test('a look ahead does not use the callback up', async (t) => {
  const desk = await signInDesk(t)
  const { flowId, callback } = await desk.begin()
  for (const headers of [{ 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }, { 'x-moz': 'prefetch' }]) {
    const ahead = await desk.call(callback, { headers: headers as unknown as Record<string, string> })
    t.equal(ahead.status, 503, 'so that no browser takes it for the page')
    page(t, ahead)
  }
  for (const method of ['HEAD', 'POST', 'OPTIONS']) t.equal((await desk.call(callback, { method })).status, 404, method)
  t.match(await desk.status(flowId), { status: 'pending' })
  t.equal(desk.sandbox.oauth?.tokenRequests().length, 0)
  t.equal((await desk.call(callback)).status, 200)
})

t.test('a connection that does not test well replaces none that works, and its grant is ended', async (t) => {
  const desk = await signInDesk(t)
  for (const [shop, status, says, code] of [
    ['closed', 424, /The shop is closed/, 'auth_error'],
    ['broken', 503, /Lantern CRM/, 'provider_unavailable'],
  ] as const) {
    const { flowId, callback } = await desk.begin({ shop })
    await refusedWith(t, desk, desk.call(callback), { status, says, audit: `connection.activated ${code} acme ada` })
    t.equal((await desk.audit()).at(-2), 'grant.revoked ok acme ada')
    t.notOk(desk.sandbox.oauth?.server.hasLiveGrant)
    t.match(await desk.status(flowId), { status: 'failed', code })
  }
  const good = await desk.begin()
  await desk.call(good.callback)
  const select =
    'select c.status, c.settings, s.sealed, s.token_version from connection c join tenant_credentials s using (tenant_id)'
  const before = await desk.ask(select)
  const { callback } = await desk.begin({ shop: 'closed' })
  t.equal((await desk.call(callback)).status, 424)
  t.same(await desk.ask(select), before, 'the one that works')
  t.ok(desk.sandbox.oauth?.server.hasLiveGrant)
})

t.test('where the grant cannot be ended, the reason is the same, and the audit log says so', async (t) => {
  const desk = await signInDesk(t)
  const { callback } = await desk.begin({ shop: 'closed' })
  const { revoke } = desk.service.app.pipeline.oauth
  t.teardown(() => Object.assign(desk.service.app.pipeline.oauth, { revoke }))
  const server = desk.sandbox.oauth?.server
  // The token and the shop are asked, then the line to the provider is cut.
  const refuse = server?.clientRefusal.bind(server)
  let asked = 0
  if (server)
    server.clientRefusal = (request) => (++asked > 1 ? { error: 'invalid_client', description: '' } : (refuse?.(request) ?? null))
  await refusedWith(t, desk, desk.call(callback), {
    status: 424,
    says: /The shop is closed/,
    audit: 'connection.activated auth_error acme ada',
  })
  t.equal((await desk.audit()).at(-2), 'grant.revoked app acme ada')
})

t.test('a token endpoint that is down, slow to make sense, or refuses the app leaves nothing', async (t) => {
  const desk = await signInDesk(t)
  const cases = [
    ['unavailable', 503, 'provider_unavailable'],
    ['html_200', 503, 'provider_unavailable'],
    ['reset_before', 503, 'provider_unavailable'],
    ['rate_limited', 429, 'provider_rate_limited'],
  ] as const
  for (const [fault, status, code] of cases) {
    const { flowId, callback } = await desk.begin()
    desk.sandbox.play(fault)
    await refusedWith(t, desk, desk.call(callback), {
      status,
      says: /did not succeed/,
      audit: `connection.activated ${code} acme ada`,
    })
    t.match(await desk.status(flowId), { status: 'failed', code })
  }
  const { callback } = await desk.begin()
  const server = desk.sandbox.oauth?.server
  if (server) server.client.secret = 'another'
  await refusedWith(t, desk, desk.call(callback), {
    status: 424,
    says: /refuses this service&#39;s own app \(invalid_client\).*VOREL_OAUTH_LANTERN_/,
    audit: 'connection.activated auth_error acme ada',
  })
})

t.test('the code of one sign-in is of no use in another', async (t) => {
  const desk = await signInDesk(t)
  await desk.service.tenant('other')
  const stolen = await desk.begin()
  const own = await desk.begin({ tenant: 'other' })
  own.callback.searchParams.set('code', stolen.callback.searchParams.get('code') ?? '')
  await refusedWith(t, desk, desk.call(own.callback), {
    status: 424,
    says: /did not accept the answer of its own sign-in \(invalid_grant\)/,
    audit: 'connection.activated auth_error other ada',
  })
  t.equal(desk.sandbox.oauth?.tokenRequests().length, 1)
})

t.test('a sign-in belongs to its tenant: moved to another it opens no more, and others cannot ask for it', async (t) => {
  const desk = await signInDesk(t)
  await desk.service.tenant('other')
  const { flowId, callback } = await desk.begin()
  t.match(await desk.service.get(`/api/tenants/other/connection/sign-ins/${flowId}`, desk.operator), {
    status: 404,
    body: { code: 'not_found' },
  })
  await desk.ask("update oauth_flow set tenant_id = 'other'")
  await refusedWith(t, desk, desk.call(callback), {
    status: 500,
    says: /log says more/,
    audit: 'connection.activated internal other ada',
  })
  t.equal(desk.sandbox.oauth?.tokenRequests().length, 0)
})

t.test('a provider that was switched off meanwhile is not connected', async (t) => {
  const desk = await signInDesk(t)
  const { callback } = await desk.begin()
  const { drivers } = desk.service.app
  await drivers.reload({ folders: [new URL('../support/drivers', import.meta.url).pathname], providers: { lantern: false } })
  await refusedWith(t, desk, desk.call(callback), {
    status: 409,
    says: /No provider &#39;lantern&#39; is switched on/,
    audit: 'connection.activated provider_disabled acme ada',
  })
})

t.test('access that ends soon and cannot be renewed is no connection', async (t) => {
  const desk = await signInDesk(t)
  const server = desk.sandbox.oauth?.server
  const token = server?.token.bind(server)
  if (server && token)
    server.token = (request) => {
      const answer = token(request)
      return 'error' in answer ? answer : { ...answer, refresh_token: null }
    }
  const { callback } = await desk.begin()
  await refusedWith(t, desk, desk.call(callback), {
    status: 424,
    says: /cannot be renewed/,
    audit: 'connection.activated auth_error acme ada',
  })
  t.notOk(server?.hasLiveGrant)
})

t.test('what an account is called is text on the page, whatever it looks like', async (t) => {
  const desk = await signInDesk(t)
  const { callback } = await desk.begin({ shop: '<img src=x onerror="alert(1)">' })
  const done = await desk.call(callback)
  t.equal(done.status, 200)
  page(t, done)
  t.match(done.body, 'Shop &lt;img src=x onerror=&quot;alert(1)&quot;&gt;')
})

t.test('sign-ins of yesterday are forgotten when another is begun', async (t) => {
  const desk = await signInDesk(t)
  const old = await desk.begin()
  const recent = await desk.begin()
  await desk.ask("update oauth_flow set created_at = created_at - interval '25 hours' where id = $1", old.flowId)
  await desk.ask("update oauth_flow set created_at = created_at - interval '23 hours' where id = $1", recent.flowId)
  const fresh = await desk.begin()
  const rows = await desk.ask('select id from oauth_flow order by created_at')
  t.same(
    rows.map(({ id }) => id),
    [recent.flowId, fresh.flowId],
  )
})

t.test('nothing secret of any sign-in is logged, audited, shown or stored in the open', async (t) => {
  const desk = await signInDesk(t)
  const seen: string[] = []
  const secrets = new Set<string>([desk.operator])
  const run = async (shop: string, headers: Record<string, string>, before: (callback: URL) => unknown = () => undefined) => {
    const { callback, cookie, flowId } = await desk.begin({ shop, headers })
    for (const name of ['code', 'state']) secrets.add(callback.searchParams.get(name) ?? '-')
    if (cookie) secrets.add(cookie.split('=')[1] ?? '-')
    callback.searchParams.set('error_description', 'words-of-the-provider')
    before(callback)
    const answer = await desk.call(callback, { headers: cookie ? { cookie } : {} })
    seen.push(answer.body, JSON.stringify([...answer.headers]), JSON.stringify(await desk.status(flowId)))
    return answer.status
  }
  const server = desk.sandbox.oauth?.server
  t.equal(await run('corner', BROWSER), 200)
  t.equal(await run('closed', {}), 424)
  t.equal(await run('broken', {}), 503)
  t.equal(await run('corner', {}, (callback) => callback.searchParams.set('error', 'access_denied')), 403)
  t.equal(await run('corner', {}, (callback) => callback.searchParams.set('state', 'state-never-given')), 400)
  t.equal(await run('corner', {}, () => desk.sandbox.play('unavailable')), 503)
  t.equal(await run('corner', {}, () => desk.ask("update oauth_flow set sealed = '\\x00' where used_at is null")), 500)
  t.equal(await run('corner', {}, () => Object.assign(server?.client ?? {}, { secret: 'changed-secret' })), 424)
  for (const { body } of desk.sandbox.oauth?.tokenRequests() ?? [])
    for (const name of ['code', 'code_verifier', 'client_secret']) secrets.add(new URLSearchParams(body).get(name) ?? '-')
  for (const { answer } of desk.sandbox.exchanges)
    for (const name of ['access_token', 'refresh_token'])
      secrets.add(String((answer.body as Record<string, unknown> | undefined)?.[name] ?? '-'))
  for (const word of ['words-of-the-provider', 'state-never-given', 'changed-secret']) secrets.add(word)
  secrets.delete('-')
  t.ok(secrets.size > 20, `${secrets.size} secrets`)
  const rows = await desk.ask('select to_jsonb(a) as row from audit_log a')
  const flows = await desk.ask("select to_jsonb(f) - 'sealed' as row from oauth_flow f")
  const connections = await desk.ask('select to_jsonb(c) as row from connection c')
  const everything = `${desk.logged()}${seen.join()}${JSON.stringify([rows, flows, connections])}`
  t.match(desk.logged(), /"msg":"sign-in"/, 'it is logged at all')
  for (const secret of secrets) t.notOk(everything.includes(secret), `${secret.slice(0, 6)}… is nowhere`)
})
