import t, { type Test } from 'tap'
import type { AnyDriver } from '../../core/driver.ts'
import type { OAuthApps } from '../../core/oauth/app.ts'
import { OAuthClient } from '../../core/oauth/client.ts'
import { GrantError } from '../../core/oauth/grant-error.ts'
import { createTransport } from '../../core/outbound/transport.ts'
import type { Sandbox } from '../../core/sandbox.ts'
import zoho from '../../drivers/zoho/driver.ts'
import { manifest } from '../../drivers/zoho/manifest.ts'
import startSandbox from '../../drivers/zoho/sandbox.ts'
import { connect, reference } from '../contract/connect.ts'
import { sandboxOAuth, signInAt } from '../support/sign-in.ts'

const begun = { redirectUri: 'https://vorel.example/oauth/callback/zoho', state: 'state', verifier: null }
const soon = () => AbortSignal.timeout(10_000)

const open = async (t: Test, variant = '', apps?: (sandbox: Sandbox) => OAuthApps) => {
  const sandbox = await startSandbox({ variant })
  const transport = createTransport({ allowAddresses: ['127.0.0.0/8'] })
  t.teardown(() => Promise.all([sandbox.close(), transport.close()]))
  const { endpoints, apps: own } = sandboxOAuth(zoho, sandbox)
  return { sandbox, client: new OAuthClient({ transport, endpoints, apps: apps?.(sandbox) ?? own }) }
}

const failure = async (asked: Promise<unknown>): Promise<GrantError> => {
  const error = await asked.catch((error: unknown) => error)
  if (error instanceof GrantError) return error
  throw new Error(`not a GrantError: ${String(error)}`)
}

const hostsAsked = ({ requests }: Sandbox): unknown[] =>
  requests.map(({ headers }) => headers['x-forwarded-host']).filter(Boolean)

t.test('everyone starts at the first centre, China at its own', async (t) => {
  const transport = createTransport({ allowAddresses: [] })
  t.teardown(() => transport.close())
  const apps = { zoho: { clientId: 'id', clientSecret: 'secret', variants: {} } }
  const client = new OAuthClient({ transport, endpoints: {}, apps })
  for (const region of Object.keys(manifest.tables.web.values)) {
    const url = await client.authorizeUrl({ driver: zoho, settings: { region }, facts: {} }, begun)
    t.equal(url.host, region === 'cn' ? 'accounts.zoho.com.cn' : 'accounts.zoho.com', region)
    t.match(Object.fromEntries(url.searchParams), { access_type: 'offline', prompt: 'consent' })
    t.match(url.searchParams.get('scope'), 'ZohoCRM.coql.READ,')
    t.notOk(url.searchParams.has('code_challenge'))
  }
})

for (const region of ['eu', 'in', 'ca', 'au', 'cn'] as const)
  t.test(`an account in ${region}: the code is exchanged there, and calls go there`, async (t) => {
    const { sandbox, client } = await open(t, region)
    const granted = await signInAt(client, zoho, sandbox.settings)
    t.match(granted.facts, { region, api_domain: manifest.tables.api_domain.values[region] })
    t.strictSame(hostsAsked(sandbox), [manifest.tables.accounts.values[region]])
    const again = await client.refresh({ driver: zoho, settings: sandbox.settings, facts: granted.facts }, granted.tokens, soon())
    t.equal(again.tokens.refresh_token, granted.tokens.refresh_token, 'the refresh token stays')
    t.strictSame(new Set(hostsAsked(sandbox)), new Set([manifest.tables.accounts.values[region]]))
  })

t.test('requests of a connection go to the host of its centre, and to a sandbox organisation at its own', async (t) => {
  for (const [variant, host] of [
    ['eu', 'www.zohoapis.eu'],
    ['eu+sandbox', 'sandbox.zohoapis.eu'],
  ] as const) {
    const crm = await connect(t, zoho, (options) => startSandbox({ ...options, variant }))
    await zoho.lookupCustomer(crm.call(), { email: 'ada@example.test' })
    t.equal(crm.sandbox.requests.at(-1)?.headers['x-forwarded-host'], host)
    const authorization = `Zoho-oauthtoken ${crm.tokens?.granted.tokens.access_token}`
    const ask = (host: string) => fetch(`${crm.sandbox.url}/crm/v8/org`, { headers: { authorization, 'x-forwarded-host': host } })
    t.equal((await ask(host)).status, 200)
    t.match(await (await ask('www.zohoapis.in')).json(), { code: 'INVALID_TOKEN' })
  }
})

t.test('each centre may know the app by a secret of its own', async (t) => {
  const withSecrets = (ofEurope: (right: string) => string) => (sandbox: Sandbox) => {
    const { id, secret } = sandbox.oauth?.server.client ?? { id: '', secret: '' }
    const variants = { EU: { clientSecret: ofEurope(secret) } }
    return { zoho: { clientId: id, clientSecret: 'the secret of the first centre', variants } }
  }
  const good = await open(
    t,
    'eu',
    withSecrets((right) => right),
  )
  t.ok(await signInAt(good.client, zoho, good.sandbox.settings))
  const bad = await open(
    t,
    'eu',
    withSecrets(() => 'another'),
  )
  t.match(await failure(signInAt(bad.client, zoho, bad.sandbox.settings)), { fault: 'app', reason: 'invalid_client' })
})

t.test('a callback that names no known centre changes nothing', async (t) => {
  const { sandbox, client } = await open(t)
  const subject = { driver: zoho, settings: sandbox.settings, facts: {} }
  const page = await fetch(await client.authorizeUrl(subject, begun), { redirect: 'manual' })
  const callback = new URL(page.headers.get('location') ?? '').searchParams
  callback.set('location', 'evil')
  callback.set('accounts-server', 'https://accounts.evil.example')
  const { facts } = await client.exchange(subject, begun, callback, soon())
  t.notOk('region' in facts)
  t.strictSame(hostsAsked(sandbox), ['accounts.zoho.com'])
})

t.test('errors come under 200: revoked is dead, too many is not', async (t) => {
  const { sandbox, client } = await open(t)
  const granted = await signInAt(client, zoho, sandbox.settings)
  const refresh = () => client.refresh({ driver: zoho, settings: sandbox.settings, facts: granted.facts }, granted.tokens, soon())
  for (let n = 0; n < 10; n += 1) t.ok((await refresh()).tokens.access_token)
  t.match(await failure(refresh()), { fault: 'throttled', retryAfterSeconds: 600 })
  t.equal(sandbox.exchanges.at(-1)?.answer.status, 200)
  const other = await signInAt(client, zoho, sandbox.settings)
  sandbox.oauth?.server.revokeGrants()
  const dead = client.refresh({ driver: zoho, settings: sandbox.settings, facts: other.facts }, other.tokens, soon())
  t.match(await failure(dead), { fault: 'dead', reason: 'invalid_code' })
})

t.test('a lifetime in milliseconds is not taken for seconds', async (t) => {
  const { sandbox, client } = await open(t, 'legacy')
  const { tokens } = await signInAt(client, zoho, sandbox.settings)
  t.equal((tokens.expires_at ?? 0) - tokens.issued_at, 3_600_000)
})

t.test('a grant is ended at its own centre, the token in the body', async (t) => {
  const { sandbox, client } = await open(t, 'eu')
  const granted = await signInAt(client, zoho, sandbox.settings)
  t.equal(await client.revoke({ driver: zoho, settings: sandbox.settings, facts: granted.facts }, granted.tokens, soon()), true)
  t.notOk(sandbox.oauth?.server.hasLiveGrant)
  const { path, query, headers } = sandbox.requests.at(-1) ?? {}
  t.match({ path, host: headers?.['x-forwarded-host'] }, { path: '/oauth/v2/token/revoke', host: 'accounts.zoho.eu' })
  t.equal(query?.size, 0, 'and not in the address')
})

t.test('a permission that was not granted is said at once, and no token is asked for', async (t) => {
  const scopes = manifest.auth.scopes.filter((scope) => !scope.startsWith('ZohoSearch'))
  const narrow = { ...zoho, manifest: { ...manifest, auth: { ...manifest.auth, scopes } } } as AnyDriver
  const crm = await connect(t, narrow, startSandbox)
  const before = crm.sandbox.oauth?.tokenRequests().length
  const asked = narrow.searchRecords(crm.call(), { object: 'lead', query: 'Ada', limit: 5 })
  t.match(await asked.catch((error: unknown) => error), { code: 'auth_error', isExpired: false })
  t.equal(crm.sandbox.oauth?.tokenRequests().length, before)
})

const tested = async (t: Test, variant: string) => {
  const crm = await connect(t, zoho, (options) => startSandbox({ ...options, variant }))
  const answer = await zoho.testConnection(crm.call())
  if (!answer.ok) throw new Error(answer.reason)
  return { crm, ...answer }
}

const createTwice = async ({ crm }: Awaited<ReturnType<typeof tested>>, object: string) => {
  const input = { object, fields: { Last_Name: 'A' }, reference: reference(), idempotency_key: 'key' }
  for (let n = 0; n < 2; n += 1) await zoho.createRecord(crm.call(), input)
  return crm.sandbox.records(object).length
}

t.test('connecting says whose account it is, and makes the unique field where it is missing', async (t) => {
  const fresh = await tested(t, 'fresh')
  t.match(fresh, { account: 'Sandbox Kitchens', warning: undefined })
  t.match(fresh.facts, { zgid: '808232144', domain_name: 'org808232144', time_zone: 'America/Los_Angeles' })
  t.match(fresh.facts, { 'idempotency.contact': 'native', 'idempotency.lead': 'native', 'idempotency.deal': 'native' })
  t.equal(fresh.crm.sandbox.writes().length, 3, 'one for each module, once')
  t.equal(await createTwice(fresh, 'contact'), 1)
})

t.test('without a unique field creates go without one, and the operator is told what to do', async (t) => {
  for (const [variant, what] of [
    ['locked', 'allows no duplicate values'],
    ['plain', 'is not unique'],
  ] as const) {
    const found = await tested(t, variant)
    t.match(found.warning, what)
    t.match(found.warning, 'Vorel_Key')
    t.match(found.facts, { 'idempotency.lead': 'none', 'idempotency.contact': 'none', 'idempotency.deal': 'none' })
    t.equal(await createTwice(found, 'contact'), 2)
    t.notMatch(found.crm.sandbox.records('contact')[0], { Vorel_Key: String })
  }
})

t.test('a user who may not see leads works with the rest', async (t) => {
  const found = await tested(t, 'noleads')
  t.match(found.warning, 'Leads cannot be used')
  t.equal(found.facts?.closed, 'lead')
  t.equal(await createTwice(found, 'contact'), 1)
  t.equal(await zoho.lookupCustomer(found.crm.call(), { email: 'ada@example.test' }), null)
})

t.test('a time zone is remembered under a name that clocks know, or not at all', async (t) => {
  t.equal((await tested(t, 'eu')).facts?.time_zone, 'Europe/Berlin')
  t.notOk('time_zone' in ((await tested(t, 'zoneless')).facts ?? {}))
})

t.test('a sandbox organisation is called one', async (t) =>
  t.match(await tested(t, 'sandbox'), { account: 'Sandbox Kitchens (Sandbox)' }),
)
