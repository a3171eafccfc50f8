import t from 'tap'
import { Compile } from 'typebox/compile'
import Value from 'typebox/value'
import { grantErrorOf } from '../../core/oauth/grant-error.ts'
import { oauthOf } from '../../core/oauth/provider.ts'
import salesforce from '../../drivers/salesforce/driver.ts'
import startSandbox from '../../drivers/salesforce/sandbox.ts'
import type { Crm } from '../contract/connect.ts'
import { create, DATA, open, refused } from './salesforce/open.ts'

const auth = oauthOf(salesforce)
const form = Compile(auth.fields)
const filled = (entered: object) => Value.Default(auth.fields, { ...entered })
const TOKEN = '/services/oauth2/token'

/** The token endpoint, asked by hand. */
const token = async (crm: Crm, values: Record<string, string>, host = 'login.salesforce.com') => {
  const { client } = crm.sandbox.oauth?.server ?? { client: { id: '', secret: '' } }
  const body = new URLSearchParams({ client_id: client.id, client_secret: client.secret, ...values })
  const answer = await fetch(`${crm.sandbox.url}${TOKEN}`, { method: 'POST', body, headers: { 'x-forwarded-host': host } })
  return { status: answer.status, body: (await answer.json().catch(() => null)) as Record<string, string> | null }
}

t.test('only hosts that answer the API can be entered, and production is where nothing is', async (t) => {
  t.ok(form.Check(filled({})))
  t.match(filled({}), { login_host: 'login.salesforce.com', reference_field: 'Vorel_Key__c' })
  for (const host of [
    'test.salesforce.com',
    'acme.my.salesforce.com',
    'acme--dev.sandbox.my.salesforce.com',
    'orgfarm-1a2b.develop.my.salesforce.com',
  ])
    t.ok(form.Check(filled({ login_host: host })), host)
  for (const host of [
    'acme.lightning.force.com',
    'acme--dev.sandbox.lightning.force.com',
    'acme.my.salesforce.com.evil.example',
    'evil.example/login.salesforce.com',
    'evil.example#.my.salesforce.com',
    'a@b.my.salesforce.com',
    'https://login.salesforce.com',
    'login.salesforce.com:8443',
    'my.salesforce.com',
    '.my.salesforce.com',
    'a.b.c.my.salesforce.com',
    'salesforce.com',
    'loginXsalesforce.com',
    'login.salesforce.com\n',
  ])
    t.notOk(form.Check(filled({ login_host: host })), JSON.stringify(host))
})

t.test('a key field is the name of a custom field', async (t) => {
  for (const field of ['Vorel_Key__c', 'acme__Vorel_Key__c', 'K__c']) t.ok(form.Check(filled({ reference_field: field })), field)
  for (const field of ['Name', "K__c = '' OR Id__c", '1__c', '__c', 'Näme__c', 'K__r.X__c'])
    t.notOk(form.Check(filled({ reference_field: field })), field)
})

t.test('the sign-in asks for what calls need, and keeps where the org is', async (t) => {
  const crm = await open(t)
  const page = crm.sandbox.requests.find(({ path }) => path === '/services/oauth2/authorize')
  t.match(Object.fromEntries(page?.query ?? []), {
    scope: 'api refresh_token id',
    code_challenge_method: 'S256',
    response_type: 'code',
  })
  t.match(crm.tokens?.granted.facts, {
    instance_url: 'https://acme.my.salesforce.com',
    id: /^https:\/\/login\.salesforce\.com\/id\/00D\w{15}\/005\w{15}$/,
  })
  t.equal(crm.tokens?.granted.tokens.expires_at, null, 'nobody knows how long a session is')
})

t.test('the account says whose org it is, and whether it is a sandbox', async (t) => {
  const production = await open(t)
  t.match(await salesforce.testConnection(production.call()), {
    ok: true,
    account: 'Acme Homes (production)',
    facts: { is_sandbox: 'false' },
  })
  const sandbox = await open(t, 'native+sandbox')
  t.match(await salesforce.testConnection(sandbox.call()), {
    ok: true,
    account: 'Acme Homes (sandbox)',
    facts: { is_sandbox: 'true' },
  })
  const { record_url } = await create(sandbox, 'contact', { LastName: 'King' })
  t.match(record_url, /^https:\/\/acme--dev\.sandbox\.my\.salesforce\.com\/lightning\/r\/Contact\/003/)
})

t.test('the org’s own zone is known, for times that are given without one', async (t) => {
  t.match(await salesforce.testConnection((await open(t)).call()), { facts: { time_zone: 'America/Los_Angeles' } })
})

t.test('the connection test says how creates stay single, object by object', async (t) => {
  const facts = async (variant: string) => salesforce.testConnection((await open(t, variant)).call())
  const keyed = await facts('native')
  t.match(keyed, {
    facts: {
      'idempotency.contact': 'native',
      'idempotency.lead': 'native',
      'idempotency.deal': 'native',
      stage: 'Qualification',
    },
  })
  t.notOk('warning' in keyed)
  for (const variant of ['search', 'plain'])
    t.match(
      await facts(variant),
      {
        facts: { 'idempotency.contact': 'search', 'idempotency.lead': 'search' },
        warning: /Contact, Lead, Opportunity are kept single by a line.*Vorel_Key__c \(External ID, Unique\)/,
      },
      variant,
    )
  t.match(await facts('search+hide:Lead.Description'), { warning: /Creates of Lead whose answer is lost cannot be settled/ })
})

t.test('objects and fields that the user does not see are told, and kept for later calls', async (t) => {
  const tested = await salesforce.testConnection((await open(t, 'native+hide:Lead,Contact.OtherPhone')).call())
  t.match(tested, {
    ok: true,
    warning: 'The connected user does not see Lead.',
    facts: { missing: 'lead', 'hidden.contact': 'OtherPhone' },
  })
  const blind = await salesforce.testConnection((await open(t, 'hide:Lead,Contact,Opportunity')).call())
  t.match(blind, { ok: false, reason: /neither contacts nor leads/ })
})

t.test('who signed in is asked where the sign-in did not say', async (t) => {
  const crm = await open(t)
  const ctx = crm.call()
  const { id: _, ...facts } = ctx.facts
  t.match(await salesforce.testConnection({ ...ctx, facts }), { facts: { user_id: ctx.facts.user_id } })
  t.equal(crm.sandbox.requests.at(-1)?.path.includes('/services/'), true)
  t.ok(crm.sandbox.requests.some(({ path }) => path === '/services/oauth2/userinfo'))
})

t.test('a refresh token works once: used again, the whole grant is dead', async (t) => {
  const crm = await open(t)
  const first = crm.tokens?.granted.tokens.refresh_token ?? ''
  const renewed = await token(crm, { grant_type: 'refresh_token', refresh_token: first })
  t.not(renewed.body?.refresh_token, first)
  const again = await token(crm, { grant_type: 'refresh_token', refresh_token: first })
  t.match(again, { status: 400, body: { error: 'invalid_grant', error_description: 'expired access/refresh token' } })
  t.equal((await token(crm, { grant_type: 'refresh_token', refresh_token: renewed.body?.refresh_token ?? '' })).status, 400)
})

t.test('the sandbox asks for PKCE, and signs in only where its org does', async (t) => {
  const crm = await open(t)
  const client_id = crm.sandbox.oauth?.server.client.id ?? ''
  const query = new URLSearchParams({ response_type: 'code', client_id, redirect_uri: 'https://vorel.example/cb', scope: 'api' })
  const page = await fetch(`${crm.sandbox.url}/services/oauth2/authorize?${query}`, { redirect: 'manual' })
  t.match(page.headers.get('location'), /error=invalid_request/)
  t.equal((await token(crm, { grant_type: 'refresh_token', refresh_token: 'x' }, 'test.salesforce.com')).status, 404)
  t.equal((await token(crm, { grant_type: 'refresh_token', refresh_token: 'x' }, 'acme.my.salesforce.com')).status, 400)
  const answer = await fetch(`${crm.sandbox.url}${DATA}/limits`, { headers: { 'x-forwarded-host': 'other.my.salesforce.com' } })
  t.equal(answer.status, 404)
})

t.test('a call that the API is closed to brings no fresh tokens, one that has merely expired does', async (t) => {
  for (const [variant, renewals] of [
    ['native+closed', 0],
    ['native', 1],
  ] as const) {
    const crm = await open(t, variant)
    crm.sandbox.play('unauthorized')
    const asked = salesforce.lookupCustomer(crm.call(), { external_id: '003gK0000000001' }).catch((error: unknown) => error)
    t.match(await asked, renewals === 0 ? { code: 'auth_error', message: /Check the app and the user/ } : null)
    t.equal(crm.tokens?.renewals, renewals, variant)
    t.equal(crm.sandbox.oauth?.tokenRequests().length, 1 + renewals)
  }
})

t.test('too many sign-ins are a wait, and no end of the grant', async (t) => {
  const said = (error: string, error_description?: string) =>
    grantErrorOf(auth, { status: 400, body: { error, error_description }, retryAfterSeconds: null })
  t.match(said('invalid_grant', 'login rate exceeded'), { fault: 'throttled', retryAfterSeconds: 300 })
  for (const description of ['expired access/refresh token', 'inactive user', 'ip restricted'])
    t.match(said('invalid_grant', description), { fault: 'dead' }, description)
  for (const error of ['inactive_user', 'inactive_org', 'invalid_app_access']) t.match(said(error), { fault: 'dead' }, error)
  for (const error of ['invalid_client_id', 'invalid_client']) t.match(said(error), { fault: 'app' }, error)
})

t.test('an address in a token answer that is no Salesforce host is not followed', async (t) => {
  const crm = await open(t)
  t.match(salesforce.manifest.hosts, ['login.salesforce.com', 'test.salesforce.com', '*.my.salesforce.com'])
  const ctx = crm.call()
  const next = { records: [], nextRecordsUrl: 'https://evil.example/services/data/v67.0/query/01g-2000' }
  const get: typeof ctx.http.get = async (_path, shape) => ctx.http.decode(shape, next)
  const error = await refused(
    salesforce.listRecent({ ...ctx, http: { ...ctx.http, get } }, { object: 'lead', since: '2026-01-01T00:00:00Z', limit: 5 }),
  )
  t.match(error, { code: 'provider_unavailable' })
})

t.test('a revoked grant is told at the sandbox as Salesforce does', async (t) => {
  const sandbox = await startSandbox()
  t.teardown(() => sandbox.close())
  const revoke = await fetch(`${sandbox.url}/services/oauth2/revoke`, {
    method: 'POST',
    body: new URLSearchParams({ token: 'x' }),
  })
  t.equal(revoke.status, 400)
  t.match(new URLSearchParams(await revoke.text()).get('error'), 'invalid_token')
})
