import t from 'tap'
import { signInDesk } from './sign-in-desk.ts'
import { refusedWith } from './sign-in-page.ts'

const BROWSER = { origin: 'https://console.example' }

t.test('a connection that does not test well replaces none that works, and its grant is ended where there is none', async (t) => {
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
  t.not((await desk.audit()).at(-2), 'grant.revoked ok acme ada', 'for some providers that would end the one that works')
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

t.test("a service without the platform's own app says which settings it lacks, and its callback leaves nothing", async (t) => {
  const desk = await signInDesk(t)
  const { flowId, callback } = await desk.begin()
  desk.forgetApps()
  await refusedWith(t, desk, desk.call(callback), {
    status: 424,
    says: /sets VOREL_OAUTH_LANTERN_CLIENT_ID and VOREL_OAUTH_LANTERN_CLIENT_SECRET/,
    audit: 'connection.activated auth_error acme ada',
  })
  t.match(await desk.status(flowId), { status: 'failed', code: 'auth_error' })
  t.equal(desk.sandbox.oauth?.tokenRequests().length, 0)
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
  await drivers.apply(
    { actorType: 'system', actorId: 'test' },
    { sources: { folders: [new URL('../support/drivers', import.meta.url).pathname], providers: { lantern: false } } },
  )
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
