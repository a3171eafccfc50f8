import t from 'tap'
import { checkForm } from '../../core/admin/form.ts'
import mindbody from '../../drivers/mindbody/driver.ts'
import { keepsToDescription } from '../conformance/contract.ts'
import { ADA, asked, create, errorOf, idsBy, open, openThat, refused, stored, update } from './mindbody/site.ts'

const SINCE = '2026-01-01T00:00:00.000Z'
const BOOKING = { ClientUniqueId: '1', LocationId: 1, SessionTypeId: 17, StaffId: 1, StartDateTime: SINCE }

t.test('without staff every verb that needs them says so before anything is asked, and what to do', async (t) => {
  const crm = await open(t, 'consumer')
  const before = crm.sandbox.requests.length
  const read = { object: 'contact', query: 'Ada', limit: 5 }
  const asked = [
    mindbody.lookupCustomer(crm.call(), { phone: '+14155550100' }),
    mindbody.lookupCustomer(crm.call(), { external_id: '1' }),
    mindbody.searchRecords(crm.call(), read),
    mindbody.searchRecords(crm.call(), { ...read, object: 'appointment' }),
    mindbody.listRecent(crm.call(), { object: 'contact', since: SINCE, limit: 5 }),
    mindbody.listRecent(crm.call(), { object: 'appointment', since: SINCE, limit: 5 }),
    update(crm, 'contact', '1', { City: 'Bath' }),
    update(crm, 'appointment', '1', { Status: 'Cancelled' }),
    create(crm, 'appointment', BOOKING),
    create(crm, 'appointment', { ClientUniqueId: '1', ClassId: 77 }),
    ...['contact', 'appointment'].map((object) => mindbody.findByReference?.(crm.call(), { object, reference: 'v' })),
  ]
  for (const each of asked)
    t.match(await refused(Promise.resolve(each)), {
      code: 'auth_error',
      message: /^Staff credentials needed: .+ Connect it again with/,
    })
  t.equal(crm.sandbox.requests.length, before)
})

t.test('without staff the test warns, a new contact is still made, and a lost create is left to a person', async (t) => {
  const crm = await open(t, 'consumer')
  t.match(await mindbody.testConnection(crm.call()), {
    ok: true,
    account: 'API Sandbox Site',
    warning: /^Staff credentials needed.+lookup_customer.+appointments are not available/,
    facts: { 'idempotency.contact': 'none', time_zone: 'America/Los_Angeles' },
  })
  t.equal(await create(crm, 'contact', ADA), String(stored(crm).UniqueId))
  t.notOk('authorization' in (crm.sandbox.writes()[0]?.headers ?? {}))
  t.match(await refused(create(crm, 'contact', { FirstName: 'Ada', LastName: 'Byron' })), {
    code: 'field_invalid',
    fields: ['Email'],
  })
})

t.test('without staff the fields are described as far as the site shows them, and others are let through', async (t) => {
  const described = await mindbody.describeObject?.((await open(t, 'consumer')).call(), { object: 'contact' })
  t.equal(described?.isOpen, true)
  t.ok(described?.fields.some(({ name }) => name === 'FirstName'))
})

t.test('the form takes the sandbox site, and staff credentials or none, and one alone tests badly', async (t) => {
  const entered = { site_id: '-99', api_key: 'key' }
  t.match(checkForm(mindbody, entered), { settings: { site_id: '-99', client_numbers: 'chosen', apply_payment: 'no' } })
  for (const site_id of ['', '99a', '-', '1.5', '--1'])
    t.throws(() => checkForm(mindbody, { ...entered, site_id }), { code: 'invalid_request' })
  const crm = await open(t)
  const half = { ...crm.call(), credentials: { api_key: 'key' } }
  t.match(await mindbody.testConnection(half), { ok: false, reason: /both/ })
})

t.test('each request carries the key, the site, and the token as Bearer; the token request carries none', async (t) => {
  const crm = await open(t)
  await idsBy(crm, { email: 'ada@example.test' })
  const [issue, ...others] = crm.sandbox.requests
  t.equal(issue?.path, '/public/v6/usertoken/issue')
  t.notOk('authorization' in (issue?.headers ?? {}))
  for (const { headers } of others) {
    t.match(headers, { siteid: '-99', authorization: /^Bearer [0-9a-f]{32}$/, 'x-forwarded-host': 'api.mindbodyonline.com' })
    t.ok(headers['api-key'])
  }
})

t.test('a token that has come to its end is replaced, and calls go on; a create is made once', async (t) => {
  const crm = await open(t, 'expiring')
  for (let n = 0; n < 6; n += 1) {
    const id = await create(crm, 'contact', { ...ADA, Email: `ada${n}@example.test` })
    t.strictSame(await idsBy(crm, { email: `ada${n}@example.test` }), [id])
  }
  t.equal(crm.sandbox.records('contact').length, 6)
  t.ok(crm.sandbox.requests.filter(({ path }) => path.endsWith('/issue')).length > 2)
})

t.test('a session lives as long as Mindbody says, and is revoked at the end', async (t) => {
  const crm = await open(t)
  const ctx = crm.call()
  const opened = await mindbody.openSession?.({ ...ctx, credentials: { ...ctx.credentials } })
  t.match(opened?.access_token, /^[0-9a-f]{32}$/)
  const hours = (Date.parse(opened?.expires_at ?? '') - Date.now()) / 3_600_000
  t.ok(hours > 23.9 && hours < 24.1)
  await mindbody.closeSession?.(crm.call())
  t.equal(crm.sandbox.requests.at(-1)?.path, '/public/v6/usertoken/revoke')
  t.equal(crm.sandbox.requests.at(-1)?.method, 'DELETE')
})

t.test('an end in UTC that does not say so is read as UTC, and none at all is null', async (t) => {
  let Expires: string | null = '2026-12-01T12:00:00'
  const crm = await openThat(t, (_, path) =>
    path === '/usertoken/issue' ? { status: 200, body: { AccessToken: 'a', Expires } } : undefined,
  )
  t.equal((await mindbody.openSession?.(crm.call()))?.expires_at, '2026-12-01T12:00:00.000Z')
  Expires = null
  t.equal((await mindbody.openSession?.(crm.call()))?.expires_at, null)
})

t.test('a wrong password is said to be the login, and is not tried with a fresh token', async (t) => {
  const crm = await open(t)
  const ctx = crm.call()
  const error = await refused(
    Promise.resolve(mindbody.openSession?.({ ...ctx, credentials: { ...ctx.credentials, staff_password: 'wrong' } })),
  )
  t.match(error, { code: 'auth_error', isExpired: false, message: /user name or password/ })
})

t.test('a staff member who may not see clients is warned of, and asking is an error, not an empty answer', async (t) => {
  const crm = await open(t, 'barred')
  t.match(await mindbody.testConnection(crm.call()), {
    ok: true,
    warning: /may not see clients/,
    facts: { 'idempotency.contact': 'none' },
  })
  t.match(await refused(idsBy(crm, { email: 'ada@example.test' })), { code: 'auth_error', isExpired: false })
})

t.test('a test that cannot see clients for another reason fails, and does not pass with a warning', async (t) => {
  let isBroken = false
  const crm = await openThat(t, (_, path) => (path === '/client/clients' && isBroken ? { status: 500 } : undefined))
  isBroken = true
  t.match(await refused(mindbody.testConnection(crm.call())), { code: 'provider_unavailable' })
})

t.test('a site that has not activated the key says so, and another key is said to be wrong', async (t) => {
  const crm = await open(t)
  const wrong = crm.call({ credentials: { api_key: 'another' } })
  t.match(await refused(mindbody.testConnection(wrong)), { code: 'auth_error', message: /API key/ })
  let isActivated = true
  const denied = errorOf(403, 'DeniedAccess')
  const other = await openThat(t, (_, path) => (path === '/site/locations' && !isActivated ? denied : undefined))
  isActivated = false
  t.match(await refused(mindbody.testConnection(other.call())), { code: 'auth_error', message: /activate the integration/ })
})

t.test('the zone is known by either kind of name, or has to be entered', async (t) => {
  const windows = await open(t, 'windows')
  t.match(await mindbody.testConnection(windows.call()), { facts: { time_zone: 'America/Los_Angeles' } })
  const unzoned = await open(t, 'unzoned')
  t.match(await mindbody.testConnection(unzoned.call()), { ok: false, reason: /Connect again with time_zone/ })
  const withZone = (time_zone: string) => {
    const ctx = unzoned.call()
    return mindbody.testConnection({ ...ctx, settings: { ...ctx.settings, time_zone } })
  }
  t.match(await withZone('America/Chicago'), { ok: true, facts: { time_zone: 'America/Chicago' } })
  t.match(await withZone('Middle Earth'), { ok: false, reason: /no IANA name/ })
})

t.test('sites are never listed without the one that is meant', async (t) => {
  const crm = await open(t)
  const asked = crm.sandbox.requests.filter(({ path }) => path.endsWith('/site/sites'))
  t.ok(asked.length > 0)
  for (const { query } of asked) t.strictSame(query.getAll('request.siteIds'), ['-99'])
})

keepsToDescription(mindbody, asked, 'mindbody, sign-ins')
