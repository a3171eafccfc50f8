import t from 'tap'
import { tokensIn } from '../../core/oauth/tokens.ts'
import { credentialsOf } from '../../core/vault/keyring.ts'
import { signInDesk } from './sign-in-desk.ts'
import { page, refusedWith } from './sign-in-page.ts'

const BROWSER = { origin: 'https://console.example' }

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
  const tokens = tokensIn(
    await desk.service.app.pipeline.keyring.open(row?.sealed as Buffer, credentialsOf('acme', 'lantern', 1)),
  )
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
