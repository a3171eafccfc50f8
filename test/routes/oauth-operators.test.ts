import t from 'tap'
import { credentialsOf } from '../../core/vault/keyring.ts'
import { operatorToken, startSandbox, token } from '../support/service.ts'
import { CONNECTION, signInDesk } from './sign-in-desk.ts'

const body = { provider: 'lantern', settings: { shop: 'corner' } }

t.test("operators' routes take operators' tokens alone, and agents' tools take none of them", async (t) => {
  const { service, operator } = await signInDesk(t)
  const agent = { tenant_id: 'acme', conversation_id: 'c1' }
  const cases: [string, string, number][] = [
    ['no token', '', 401],
    ['an API key', await service.tenant('keyed'), 401],
    ["an agent's", await token(agent), 401],
    ["an agent's with a name", await token({ ...agent, sub: 'agent' }), 401],
    ["an agent's that claims the role", await token({ ...agent, sub: 'agent', role: 'platform_operator' }), 403],
    ['one for a tenant', await operatorToken({ tenant_id: 'acme' }), 403],
    ['one for a conversation', await operatorToken({ conversation_id: 'c1' }), 403],
    ['one without a name', await token({ role: 'platform_operator' }), 401],
    ['another role', await operatorToken({ role: 'support' }), 403],
    ['an expired one', await token({ sub: 'ada', role: 'platform_operator' }, { expiresIn: 1 }), 401],
    ['one signed by another', await token({ sub: 'ada', role: 'platform_operator' }, { secret: 'x'.repeat(40) }), 401],
  ]
  for (const [name, bearer, status] of cases) {
    t.equal((await service.post(CONNECTION, bearer, body)).status, status, `${name}: connect`)
    t.equal((await service.get(CONNECTION, bearer)).status, status, `${name}: read`)
    t.equal((await service.delete(CONNECTION, bearer)).status, status, `${name}: disconnect`)
  }
  const { SignJWT } = await import('jose')
  const { JWT_SECRET } = await import('../support/service.ts')
  const endless = await new SignJWT({ sub: 'ada', role: 'platform_operator' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(JWT_SECRET))
  t.equal((await service.get(CONNECTION, endless)).status, 401, 'one that never expires')
  const lookup = (bearer: string) => service.post('/api/tools/crm_lookup_customer', bearer, { email: 'ada@example.test' })
  t.equal((await lookup(operator)).status, 401)
  t.match(await lookup(await token({ ...agent, role: 'platform_operator' })), { status: 403, body: { detail: /operator's/ } })
  t.equal(
    (await lookup(await token({ ...agent, role: 'anything else' }))).status,
    409,
    "an identity provider's own roles do not matter",
  )
})

t.test('a form is tested and stored at once, and what is shown of it is not secret', async (t) => {
  const { service, operator } = await signInDesk(t)
  const memory = await startSandbox(t)
  t.match(await service.get(CONNECTION, operator), { status: 409, body: { code: 'not_connected', detail: /vorel connect acme/ } })
  const form = { provider: 'memory', settings: memory.settings, credentials: memory.credentials, on_unmapped: 'skip' }
  const done = await service.post(CONNECTION, operator, form)
  t.equal(done.status, 201)
  t.same(done.body, { provider: 'memory', status: 'active', account: 'In-memory sandbox', warning: null })
  const { token: age, recent_errors, budget_left, ...shown } = (await service.get(CONNECTION, operator)).body
  t.match({ age, recent_errors, budget_left }, { age: { rotated_at: /Z$/ }, recent_errors: [], budget_left: null })
  t.same(shown, {
    provider: 'memory',
    status: 'active',
    status_reason: null,
    account: 'In-memory sandbox',
    settings: memory.settings,
    on_unmapped: 'skip',
    drift: [],
    drift_checked_at: null,
  })
  const wrong = await service.post(CONNECTION, operator, { ...form, credentials: { api_key: 'hush-hush' } })
  t.match(wrong, { status: 424, body: { code: 'auth_error' } })
  t.notMatch(JSON.stringify(wrong.body), 'hush-hush')
})

t.test('a wrong call says what to do instead', async (t) => {
  const { service, operator, stored } = await signInDesk(t)
  const cases: [string, unknown, number, RegExp][] = [
    ['acme', { provider: 'lantern', settings: {} }, 400, /Lantern CRM needs: shop/],
    ['acme', { provider: 'lantern', settings: { shop: 'corner', colour: 'red' } }, 400, /no field colour. Its fields: shop/],
    ['acme', { provider: 'nothing', settings: {} }, 409, /Switched on: .*lantern/],
    ['acme', { settings: {} }, 400, /provider/],
    ['acme', { ...body, colour: 'red' }, 400, /colour/],
    ['nobody', body, 400, /vorel tenants create nobody/],
  ]
  for (const [tenant, sent, status, detail] of cases)
    t.match(await service.post(`/api/tenants/${tenant}/connection`, operator, sent), { status, body: { detail } }, String(detail))
  t.match(await service.get(`${CONNECTION}/sign-ins/nothing`, operator), { status: 400 })
  t.same(await stored(), [0, 0])
})

t.test("without the platform's own app nothing begins, and its settings are named", async (t) => {
  const { service, operator, ask, audit, stored } = await signInDesk(t, { oauthApps: {} })
  t.match(await service.post(CONNECTION, operator, body), {
    status: 424,
    body: { code: 'auth_error', detail: /VOREL_OAUTH_LANTERN_CLIENT_ID and VOREL_OAUTH_LANTERN_CLIENT_SECRET/ },
  })
  t.match(await service.post(CONNECTION, operator, { ...body, provider: 'beacon' }), {
    status: 424,
    body: { detail: /VOREL_OAUTH_BEACON_CLIENT_ID/ },
  })
  t.same(await audit(), ['connection.sign_in_started auth_error acme ada', 'connection.activated auth_error acme ada'])
  t.same(await ask('select from oauth_flow'), [])
  t.same(await stored(), [0, 0])
})

t.test('where the app itself is granted access nobody has to consent', async (t) => {
  const { service, operator, beacon, stored, audit, ask } = await signInDesk(t)
  const connect = (shop: string) => service.post(CONNECTION, operator, { provider: 'beacon', settings: { shop } })
  t.match(await connect('closed'), { status: 424, body: { detail: /The shop is closed. Nothing was stored/ } })
  beacon.play('unavailable')
  t.match(await connect('corner'), { status: 503 })
  t.same(await stored(), [0, 0])
  t.match(await connect('corner'), { status: 201, body: { provider: 'beacon', status: 'active', account: 'Shop corner' } })
  t.same(await stored(), [1, 1])
  t.match(
    await ask('select facts, refresh_at is not null as is_renewed from connection join tenant_credentials using (tenant_id)'),
    [{ facts: { shop_id: 's-1', plan: 'gold' }, is_renewed: true }],
  )
  t.same(await audit(), [
    'grant.revoked ok acme ada',
    'connection.activated auth_error acme ada',
    'connection.activated provider_unavailable acme ada',
    'connection.activated ok acme ada',
  ])
})

t.test('who disconnects ends the grant, the credentials, and every sign-in under way', async (t) => {
  const { service, operator, sandbox, begin, call, stored, audit, status } = await signInDesk(t)
  t.match(await service.delete(CONNECTION, operator), { status: 409, body: { code: 'not_connected' } })
  await call((await begin()).callback)
  const open = await begin()
  t.ok(sandbox.oauth?.server.hasLiveGrant)
  const done = await service.delete(CONNECTION, operator)
  t.equal(done.status, 200)
  t.same(done.body, { provider: 'lantern', status: 'disconnected', revocation: 'done' })
  t.same(await stored(), [1, 0])
  t.match((await service.get(CONNECTION, operator)).body, { status: 'disconnected', account: null, settings: { shop: 'corner' } })
  t.same((await audit()).slice(-2), ['grant.revoked ok acme ada', 'connection.disconnected ok acme ada'])
  t.match(await status(open.flowId), { status: 'failed', code: 'disconnected' })
  t.equal((await call(open.callback)).status, 409)
  t.same(await stored(), [1, 0])
  t.same((await service.delete(CONNECTION, operator)).body, { provider: 'lantern', status: 'disconnected', revocation: 'none' })
  const agent = await token({ tenant_id: 'acme', conversation_id: 'c1' })
  t.match(await service.post('/api/tools/crm_lookup_customer', agent, { email: 'ada@example.test' }), {
    status: 409,
    body: { code: 'connection_not_active' },
  })
})

t.test('a grant that cannot be ended does not keep anybody connected', async (t) => {
  const { service, operator, sandbox, begin, call, stored, audit } = await signInDesk(t)
  await call((await begin()).callback)
  sandbox.play('unavailable')
  t.match(await service.delete(CONNECTION, operator), { status: 200, body: { revocation: 'failed' } })
  t.same(await stored(), [1, 0])
  t.same((await audit()).slice(-2), ['grant.revoked unreachable acme ada', 'connection.disconnected ok acme ada'])
})

t.test('tokens renewed while somebody disconnects are ended and deleted as well', async (t) => {
  const { service, operator, sandbox, begin, call, ask } = await signInDesk(t)
  await call((await begin()).callback)
  const { oauth, keyring } = service.app.pipeline
  const revoke = oauth.revoke.bind(oauth)
  const revoked: string[] = []
  let renewed = ''
  oauth.revoke = async (subject, tokens, signal) => {
    revoked.push(tokens.access_token)
    if (revoked.length === 1) {
      const granted = await oauth.refresh(subject, tokens, signal)
      renewed = granted.tokens.access_token
      const sealed = await keyring.seal(granted.tokens, credentialsOf('acme', 'lantern', 2))
      await ask('update tenant_credentials set sealed = $1, token_version = 2', sealed)
    }
    return revoke(subject, tokens, signal)
  }
  t.match(await service.delete(CONNECTION, operator), { status: 200, body: { revocation: 'done' } })
  t.equal(revoked[1], renewed)
  t.same(await ask('select from tenant_credentials'), [])
  t.notOk(sandbox.oauth?.server.hasLiveGrant)
})

t.test('connecting again clears what stood against the connection', async (t) => {
  const { service, begin, call, ask } = await signInDesk(t)
  await call((await begin()).callback)
  const [{ id }] = (await ask('select id from connection')) as [{ id: string }]
  await ask("update connection set status = 'reauth_required', status_reason = 'invalid_grant'")
  await ask(
    "update tenant_credentials set refresh_claim = gen_random_uuid(), refresh_until = now() + interval '1 hour', refresh_at = null",
  )
  await call((await begin({ shop: 'another' })).callback)
  t.match(
    await ask(
      'select id, status, status_reason, settings, token_version, refresh_claim, refresh_until, refresh_at is not null as is_renewed from connection join tenant_credentials using (tenant_id)',
    ),
    [
      {
        id,
        status: 'active',
        status_reason: null,
        settings: { shop: 'another' },
        token_version: 2,
        refresh_claim: null,
        refresh_until: null,
        is_renewed: true,
      },
    ],
  )
  t.equal((await service.get('/ready')).status, 200)
})

t.test('an operator who asks too often is told to wait', async (t) => {
  const { service, operator } = await signInDesk(t)
  const statuses = await Promise.all(Array.from({ length: 125 }, async () => (await service.get(CONNECTION, operator)).status))
  t.equal(statuses.filter((status) => status === 429).length, 5)
  t.equal((await service.get(CONNECTION, await operatorToken({ sub: 'grace' }))).status, 409, 'another is not')
})

t.test('a flood of callbacks from one address is told to wait, on a page', async (t) => {
  const { service, call } = await signInDesk(t)
  const url = new URL(`${service.url}/oauth/callback/lantern?state=none`)
  const answers = await Promise.all(Array.from({ length: 125 }, () => call(url)))
  const limited = answers.filter(({ status }) => status === 429)
  t.equal(limited.length, 5)
  t.match(limited[0]?.headers.get('content-type'), 'text/html')
  t.ok(limited[0]?.headers.get('retry-after'))
})
