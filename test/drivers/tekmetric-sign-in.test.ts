import t, { type Test } from 'tap'
import { connectTenant } from '../../core/admin/connections.ts'
import { disconnectTenant } from '../../core/admin/disconnect.ts'
import { fromLocal, isZone } from '../../core/driver.ts'
import tekmetric from '../../drivers/tekmetric/driver.ts'
import startSandbox from '../../drivers/tekmetric/sandbox.ts'
import { zoneOfState } from '../../drivers/tekmetric/zones.ts'
import type { Crm } from '../contract/connect.ts'
import { startSandbox as started, startService, token } from '../support/service.ts'
import { ADA, asked, create, failure, open } from './tekmetric/shop.ts'

const OPERATOR = { actorType: 'platform_operator', actorId: 'test' } as const
const tokenRequests = (crm: Crm) => asked(crm, 'POST', /\/oauth\/token$/)
const session = (crm: Crm, credentials: Record<string, string>) => tekmetric.openSession?.(crm.call({ credentials }))

t.test('client id and secret are exchanged as the vendor has it, once', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', ADA)
  const [exchange, ...others] = tokenRequests(crm)
  t.strictSame(others, [])
  const { headers, body, path } = exchange ?? { headers: {}, body: '', path: '' }
  t.equal(path, '/api/v1/oauth/token')
  t.equal(body, 'grant_type=client_credentials')
  t.match(headers, {
    'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
    'x-forwarded-host': 'sandbox.tekmetric.com',
  })
  t.equal(headers.authorization, `Basic ${Buffer.from(String(crm.sandbox.credentials.api_key)).toString('base64')}`)
})

t.test('a key without a colon, or with several, is the token itself: nothing is exchanged', async (t) => {
  const crm = await open(t, 'bearer')
  await create(crm, 'contact', ADA)
  t.strictSame(tokenRequests(crm), [])
  t.strictSame(await session(crm, { api_key: ' a-token\n' }), { access_token: 'a-token', expires_at: null })
  t.strictSame(await session(crm, { api_key: 'a:b:c' }), { access_token: 'a:b:c', expires_at: null })
  for (const api_key of [':secret', 'client:'])
    t.match(await failure(Promise.resolve(session(crm, { api_key }))), { code: 'auth_error', message: /with a colon between/ })
  t.strictSame(tokenRequests(crm), [])
})

t.test('a life that the token endpoint tells is kept; one that it does not has no end', async (t) => {
  const crm = await open(t)
  t.match(await session(crm, {}), { expires_at: null })
  const expiring = await open(t, 'expiring')
  const { expires_at } = (await session(expiring, {})) ?? { expires_at: null }
  const leftMs = Date.parse(String(expires_at)) - Date.now()
  t.ok(leftMs > 0 && leftMs <= 2_000, `${leftMs} ms`)
})

t.test('a 401 without a body makes it open once more and go on', async (t) => {
  const crm = await open(t)
  const id = await create(crm, 'contact', ADA)
  const before = tokenRequests(crm).length
  crm.sandbox.play('unauthorized')
  const found = await tekmetric.lookupCustomer(crm.call(), { external_id: id })
  t.equal(found?.customers[0]?.external_id, id)
  t.equal(tokenRequests(crm).length - before, 1)
})

t.test('a key that is good for other shops alone is said to be', async (t) => {
  for (const shop_id of ['3443', '34410']) {
    const crm = await open(t, '', { shop_id })
    const tested = await tekmetric.testConnection(crm.call())
    t.match(tested, { ok: false, reason: /valid but not for this shop/ })
    t.notMatch(JSON.stringify(tested), /Second Garage|3442/, "other tenants' shops are not told")
  }
})

t.test("a key of the other environment is refused, and nobody's token is tried there", async (t) => {
  const told = await failure(open(t, '', { environment: 'production' }))
  t.match(told, { code: 'auth_error', message: /environment/ })
})

t.test("the shop's clocks: as given, by its state, or by a guess that is said to be one", async (t) => {
  const told = async (variant: string, settings: Record<string, string> = {}) =>
    tekmetric.testConnection((await open(t, variant, settings)).call())
  t.strictSame(await told(''), { ok: true, account: 'Sandbox Garage', facts: { time_zone: 'America/Chicago' } })
  t.strictSame(await told('', { time_zone: 'America/Denver' }), {
    ok: true,
    account: 'Sandbox Garage',
    facts: { time_zone: 'America/Denver' },
  })
  t.match(await told('split'), { facts: { time_zone: 'America/Chicago' }, warning: /most of TX.*time_zone/ })
  t.match(await told('split', { time_zone: 'America/Denver' }), { warning: undefined })
  t.match(await told('abroad'), { facts: { time_zone: 'UTC' }, warning: /taken for UTC/ })
  t.match(await told('', { time_zone: 'Mars/Olympus' }), { ok: false, reason: /no time zone/ })
})

t.test('every state has a zone that is one, and 15 have two', async (t) => {
  const states =
    'AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY'
  const zones = states.split(' ').map((state) => zoneOfState(state.toLowerCase()))
  t.ok(zones.every((known) => known && isZone(known.zone)))
  t.equal(zones.filter((known) => !known?.isWhole).length, 15)
  t.equal(zoneOfState('ON'), undefined)
  t.equal(fromLocal('2026-07-01T09:00:00', zoneOfState('AZ')?.zone ?? ''), '2026-07-01T16:00:00.000Z')
})

t.test('a resource that the key was not granted is warned of, and nobody is looked at to find out', async (t) => {
  const crm = await open(t, 'ungranted')
  await create(crm, 'contact', ADA)
  const before = crm.sandbox.exchanges.length
  t.match(await tekmetric.testConnection(crm.call()), { ok: true, warning: /may not read repair orders of this shop/ })
  const answers = crm.sandbox.exchanges.slice(before).map(({ answer }) => JSON.stringify(answer.body))
  t.notMatch(answers.join('\n'), 'Lovelace')
})

/** The whole service, connected to a shop of the sandbox. */
const connected = async (t: Test, variant: string) => {
  const sandbox = await started(t, (options) => startSandbox({ ...options, variant }))
  const service = await startService(t, { endpoints: { tekmetric: sandbox.url } })
  await service.tenant('garage')
  const { pipeline, database } = service.app
  const entered = { ...sandbox.settings, ...sandbox.credentials }
  await connectTenant(pipeline, database, { ...OPERATOR, tenantId: 'garage', provider: 'tekmetric', entered })
  const agent = await token({ tenant_id: 'garage', conversation_id: 'c1' })
  return { sandbox, service, post: (path: string, body: object) => service.post(`/api/tools/${path}`, agent, body) }
}

t.test('through the whole service a key outlives its token, and keeps its shops when it is disconnected', async (t) => {
  const { sandbox, service, post } = await connected(t, 'expiring')
  const fields = { first_name: 'Ada', last_name: 'Lovelace', phone: '(415) 555-0100', zip: '62701' }
  const created = await post('crm_create_record', { object: 'customer', fields, idempotency_key: 'k1' })
  t.equal(created.status, 201, JSON.stringify(created.body))
  await new Promise((resolve) => setTimeout(resolve, 2_100))
  const found = await post('crm_lookup_customer', { phone: '+14155550100' })
  t.match(JSON.stringify(found.body), '"Ada Lovelace"')
  const order = { object: 'ro', fields: { key_tag: 'A1' }, idempotency_key: 'k2' }
  t.match(await post('crm_create_record', order), { status: 422, body: { code: 'object_unsupported', detail: /appointment/ } })
  const { pipeline, database } = service.app
  await disconnectTenant(pipeline, database, { ...OPERATOR, tenantId: 'garage' })
  t.ok(sandbox.requests.filter(({ path }) => path.endsWith('/oauth/token')).length >= 2)
  t.strictSame(
    sandbox.requests.filter(({ method, path }) => method === 'DELETE' || path.includes('scope')),
    [],
  )
})
