import t from 'tap'
import { signInDesk } from '../routes/sign-in-desk.ts'
import { Browser, signedIn } from '../support/browser.ts'
import { startSandbox, startService } from '../support/service.ts'

const formOf = (given: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [`f_${name}`, String(value)]))

t.test('a tenant is added and connected by hand; nothing that does not pass the test becomes active', async (t) => {
  const service = await startService(t)
  const sandbox = await startSandbox(t)
  const browser = await signedIn(service)
  await browser.get('/console/new-tenant')
  const refused = await browser.post('/console/new-tenant', { id: 'Not An Id', region: 'US' })
  t.match(refused, { status: 400, html: /role="alert".*A tenant id has/s })
  t.match(refused.html, 'value="Not An Id"', 'what was typed is kept')
  const added = await browser.post('/console/new-tenant', { id: 'acme', name: 'Acme & Sons', region: 'us' })
  t.match(added, { status: 303, location: '/console/tenants/acme/connect' })

  const choice = await browser.get('/console/tenants/acme/connect')
  t.match(choice.html, 'Acme &#38; Sons was added')
  t.match(choice.html, /OpenTable.*Reserved/s)
  t.notMatch(choice.html, 'href="/console/tenants/acme/connect/opentable"')
  t.notMatch((await browser.get('/console/tenants/acme/connect')).html, 'was added', 'told once')

  const path = '/console/tenants/acme/connect/memory'
  await browser.get(path)
  const { url, ...others } = formOf({ ...sandbox.settings, ...sandbox.credentials })
  const secrets = Object.values(sandbox.credentials).map(String)
  t.not(secrets.length, 0)
  const missing = await browser.post(path, {})
  t.equal(missing.status, 422)
  t.match(missing.html, /id="field-f_\w+-error">This is needed/)
  const wrong = await browser.post(path, {
    ...others,
    ...(url && { f_url: url }),
    ...formOf(Object.fromEntries(Object.keys(sandbox.credentials).map((name) => [name, 'wrong-secret-canary']))),
  })
  t.equal(wrong.status, 424)
  t.match(wrong.html, /role="alert".*The CRM refused our credentials/s)
  t.notMatch(wrong.html, 'wrong-secret-canary')
  t.match((await browser.get('/console/tenants/acme')).html, 'has no CRM connected')

  const right = await browser.post(path, { ...others, ...(url && { f_url: url }) })
  t.match(right, { status: 303, location: '/console/tenants/acme' })
  const shown = await browser.get('/console/tenants/acme')
  t.match(shown.html, /The test passed/)
  t.match(shown.html, /Active/)
  t.match(shown.html, 'connection.activated', 'the failed attempt is among the errors')
  for (const page of ['/console/tenants', '/console/tenants/acme', path, '/console/tenants/acme/connect'])
    for (const secret of secrets) t.notMatch((await browser.get(page)).html, secret, page)
})

t.test('a connection is ended after a question, and its calls are charted', async (t) => {
  const service = await startService(t)
  const sandbox = await startSandbox(t)
  const key = await service.tenant('acme', { sandbox })
  const browser = await signedIn(service)
  t.match((await browser.get('/console/tenants/acme')).html, 'No calls in the last 24 hours')
  await service.post('/v1/crm/lookup-customer', key, { phone: '+14155550100' })
  await service.app.database.pool.query(
    `insert into call_stat (tenant_id, slot, provider, calls, errors, ms_sum, ms_max, buckets)
     values ('acme', date_bin('5 minutes', now(), 'epoch'), 'other', 7, 2, 70, 20, array[7,0,0,0,0,0,0,0,0,0,0])`,
  )
  const charted = (await browser.get('/console/tenants/acme')).html
  t.match(charted, /<svg class="chart"[^>]* role="img" aria-labelledby="chart-title chart-desc">/)
  t.match(charted, /[78] calls, 2 of them failed/)
  const asked = await browser.get('/console/tenants/acme/disconnect')
  t.match(asked.html, 'Keep it connected')
  t.match(await browser.post('/console/tenants/acme/disconnect'), { status: 303, location: '/console/tenants/acme' })
  const ended = (await browser.get('/console/tenants/acme')).html
  t.match(ended, /Disconnected/)
  t.notMatch(ended, '/acme/disconnect"')
})

t.test('a sign-in at the provider is bound to this browser, and the page follows it', async (t) => {
  const { service } = await signInDesk(t)
  const browser = await signedIn(service)
  const path = '/console/tenants/acme/connect/lantern'
  t.match((await browser.get(path)).html, /Sign in at/)
  const begun = await browser.post(path, { f_shop: 'one' })
  t.equal(begun.status, 200, begun.html)
  const authorize = /href="(http[^"]*authorize[^"]*)"/.exec(begun.html)?.[1]?.replaceAll('&#38;', '&').replaceAll('&#61;', '=')
  const status = /hx-get="([^"]+)"/.exec(begun.html)?.[1] ?? ''
  t.match((await browser.get(status, { 'hx-request': 'true' })).html, /^<div hx-get=/)
  const consent = await fetch(authorize ?? '', { redirect: 'manual' })
  const callback = new URL(consent.headers.get('location') ?? '')
  const stranger = new Browser(service.url)
  t.not((await stranger.get(callback.pathname + callback.search)).status, 200, 'another browser')
  t.equal((await browser.get(callback.pathname + callback.search)).status, 200)
  const done = await browser.get(status, { 'hx-request': 'true' })
  t.match(done.html, /The test passed/)
  t.notMatch(done.html, 'hx-get', 'and asks no more')
})

t.test('there is no page for a tenant or a provider that is not there', async (t) => {
  const service = await startService(t)
  await service.tenant('acme')
  const browser = await signedIn(service)
  t.match(await browser.get('/console/tenants/nobody'), { status: 404, html: /There is no tenant/ })
  t.match(await browser.get('/console/tenants/acme/connect/opentable'), { status: 409 })
  t.match(await browser.get('/console/tenants/acme/sign-ins/nothing'), { status: 404 })
})
