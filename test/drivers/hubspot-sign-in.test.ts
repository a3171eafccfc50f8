import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { isVorelError } from '../../core/errors.ts'
import hubspot from '../../drivers/hubspot/driver.ts'
import startSandbox from '../../drivers/hubspot/sandbox.ts'
import { type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant = ''): Promise<Crm> => connect(t, hubspot, (options) => startSandbox({ ...options, variant }))

const accessToken = (crm: Crm): string => crm.tokens?.granted.tokens.access_token ?? ''

const ask = (crm: Crm, path: string, headers: Record<string, string> = {}) =>
  fetch(crm.sandbox.url + path, { headers: { authorization: `Bearer ${accessToken(crm)}`, ...headers } })

const post = (crm: Crm, path: string, fields: Record<string, string>) =>
  fetch(crm.sandbox.url + path, { method: 'POST', body: new URLSearchParams(fields) })

const clientOf = ({ sandbox }: Crm) => ({
  client_id: sandbox.oauth?.server.client.id ?? '',
  client_secret: sandbox.oauth?.server.client.secret ?? '',
})

t.test('the sign-in is the dated one, with everything in the body and a challenge', async (t) => {
  const crm = await open(t)
  const [authorize] = crm.sandbox.requests
  t.equal(authorize?.path, '/oauth/authorize')
  t.equal(authorize?.query.get('code_challenge_method'), 'S256')
  t.match(authorize?.query.get('scope')?.split(' '), ['oauth', 'crm.objects.contacts.read'])
  t.match(authorize?.query.get('optional_scope'), 'crm.schemas.contacts.write')
  const [token] = crm.sandbox.oauth?.tokenRequests() ?? []
  const form = new URLSearchParams(token?.body)
  t.match(token, { path: '/oauth/2026-03/token', query: { size: 0 }, headers: { 'x-forwarded-host': 'api.hubapi.com' } })
  t.strictSame([...form.keys()].sort(), ['client_id', 'client_secret', 'code', 'code_verifier', 'grant_type', 'redirect_uri'])
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  t.equal(challenge, authorize?.query.get('code_challenge'))
})

t.test('account and user are known from the token, the rest from the account', async (t) => {
  const crm = await open(t)
  t.match(crm.tokens?.granted.facts, { hub_id: '148711228', user_id: '4411' })
  t.match(await hubspot.testConnection(crm.call()), {
    account: 'HubSpot account 148711228',
    facts: {
      portal_id: '148711228',
      ui_domain: 'app-eu1.hubspot.com',
      time_zone: 'Europe/Berlin',
      currency: 'EUR',
      deal_pipeline: 'default',
      deal_stage: 'appointmentscheduled',
      ticket_pipeline: '0',
      ticket_stage: '1',
    },
    warning: undefined,
  })
})

t.test('a renewal brings a new access token under the same refresh token', async (t) => {
  const crm = await open(t)
  const before = crm.tokens?.granted.tokens
  crm.sandbox.oauth?.server.expireTokens()
  await hubspot.testConnection(crm.call())
  const after = crm.tokens?.granted.tokens
  t.not(after?.access_token, before?.access_token)
  t.equal(after?.refresh_token, before?.refresh_token)
  t.equal(Math.round(((after?.expires_at ?? 0) - (after?.issued_at ?? 0)) / 1000), 1800)
})

t.test('an expired token and an unknown one are told apart, and the grant that is dead by its own name', async (t) => {
  const crm = await open(t)
  const path = '/account-info/2026-09/details'
  t.match(await (await ask(crm, path, { authorization: 'Bearer nobody' })).json(), { category: 'INVALID_AUTHENTICATION' })
  t.equal((await fetch(crm.sandbox.url + path)).status, 401)
  crm.sandbox.oauth?.server.expireTokens()
  t.match(await (await ask(crm, path)).json(), { category: 'EXPIRED_AUTHENTICATION', context: { 'expire time': [/^20/] } })
  crm.sandbox.oauth?.server.revokeGrants()
  const refresh_token = crm.tokens?.granted.tokens.refresh_token ?? ''
  const answer = await post(crm, '/oauth/2026-03/token', { ...clientOf(crm), grant_type: 'refresh_token', refresh_token })
  t.equal(answer.status, 400)
  t.match(await answer.json(), { error: 'invalid_grant', status: 'BAD_REFRESH_TOKEN' })
})

t.test('introspection and revocation ask for the app, and a revoked grant is inactive', async (t) => {
  const crm = await open(t)
  const base = '/oauth/2026-03/token'
  const introspect = async (fields: Record<string, string>) => (await post(crm, `${base}/introspect`, fields)).json()
  t.match(await introspect({ token: accessToken(crm) }), { error: 'invalid_client' })
  t.match(await introspect({ ...clientOf(crm), token: accessToken(crm) }), {
    active: true,
    token_use: 'access_token',
    hub_id: 148711228,
    scopes: /tickets/,
    expires_in: /^1[78]\d\d$/,
  })
  const token = crm.tokens?.granted.tokens.refresh_token ?? ''
  t.notOk('expires_in' in ((await introspect({ ...clientOf(crm), token })) as object))
  t.equal((await post(crm, `${base}/revoke`, { ...clientOf(crm), token })).status, 204)
  t.strictSame(await introspect({ ...clientOf(crm), token: accessToken(crm) }), { active: false })
  t.equal(crm.sandbox.oauth?.server.hasLiveGrant, false)
  const before = crm.sandbox.writes().length
  t.equal(before, 3, 'the properties; none of the sign-in counts as a write')
})

t.test('a grant that lacks an object leaves the others at work, and says what to do', async (t) => {
  const crm = await open(t, 'no-tickets')
  const tested = await hubspot.testConnection(crm.call())
  t.match(tested, { ok: true, warning: /no access to ticket: connect again/, facts: { 'idempotency.deal': 'native' } })
  t.notOk(tested.ok && tested.facts?.ticket_stage)
  const ref = reference()
  const create = (object: string, fields: Record<string, string>) =>
    hubspot.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })
  t.ok(await create('contact', { firstname: 'Ada' }))
  const error = await create('ticket', { subject: 'Leak' }).catch((error: unknown) => error)
  t.match(error, { code: 'auth_error', isExpired: false, message: /tickets/ })
  t.ok(isVorelError(error))
  t.equal(crm.tokens?.renewals, 0, 'a fresh token would not help')
})

t.test('each host answers for its own addresses', async (t) => {
  const crm = await open(t)
  const on = async (host: string, path: string) => (await ask(crm, path, { 'x-forwarded-host': host })).status
  t.equal(await on('api.hubapi.com', '/account-info/2026-09/details'), 200)
  t.equal(await on('app.hubspot.com', '/account-info/2026-09/details'), 404)
  t.equal(await on('api.hubapi.com', '/oauth/authorize'), 404)
  t.equal(await on('api.hubapi.com', '/account-info/2024-09/details'), 404, 'a version that never was')
})

t.test('requests are counted in headers, searches are not', async (t) => {
  const crm = await open(t)
  await hubspot.searchRecords(crm.call(), { object: 'deal', query: 'x', limit: 1 })
  const headersOf = (isSearch: boolean) =>
    crm.sandbox.exchanges.findLast(
      ({ request }) => request.path.startsWith('/crm/objects') === isSearch && !request.path.startsWith('/oauth'),
    )?.answer.headers
  t.match(headersOf(false), { 'x-hubspot-ratelimit-max': '110', 'x-hubspot-ratelimit-interval-milliseconds': '10000' })
  t.strictSame(headersOf(true), {})
})
