import t from 'tap'
import { signedIn } from '../support/browser.ts'
import { startSandbox, startService } from '../support/service.ts'

t.test('providers are switched on their page, which first says whom that touches', async (t) => {
  const service = await startService(t, { providers: { zoho: false } })
  const key = await service.tenant('acme', { sandbox: await startSandbox(t) })
  const ada = await signedIn(service)
  const lookup = async () => (await service.post('/v1/crm/lookup-customer', key, { email: 'ada@example.test' })).status
  const path = '/console/providers/memory/switch?on'

  t.test('each stands with its state, version, tenants and who said so', async (t) => {
    const { html } = await ada.get('/console/providers')
    const rowOf = (slug: string) => html.split('<tr>').find((row) => row.includes(`<code>${slug}</code>`)) ?? ''
    t.match(rowOf('memory'), /tag good">on<.*<td>1<\/td>.*Switch off/s)
    t.match(rowOf('opentable'), /reserved/)
    t.notMatch(rowOf('opentable'), /Switch o/)
    t.match(rowOf('zoho'), /tag neutral">off<.*File: off, which wins/s)
    t.notMatch(rowOf('zoho'), /Switch o/, 'no switch that could not work')
  })

  t.test('looking switches nothing', async (t) => {
    const { status, html } = await ada.get(`${path}=false`)
    t.equal(status, 200)
    t.match(html, /Tenants connected<\/dt><dd>1</)
    t.match(html, /<a href="\/console\/tenants\/acme">acme<\/a>/)
    t.match(html, /provider_disabled until it is on again/)
    t.equal(await lookup(), 200)
  })

  t.test('off and on again, by whoever is signed in', async (t) => {
    t.match(await ada.post(`${path}=false`), { status: 303, location: '/console/providers' })
    t.equal(await lookup(), 409)
    t.match((await ada.get('/console/providers')).html, /memory is off here.*Console: off, ada/s)
    t.match((await ada.get(`${path}=true`)).html, /<button class="primary">Switch In-memory CRM on/)
    t.match(await ada.post(`${path}=true`), { status: 303 })
    t.equal(await lookup(), 200)
    const { rows } = await service.app.database.pool.query(
      "select actor_id from audit_log where action like 'provider.switched%' and phase = 'outcome' order by seq",
    )
    t.same(rows, [{ actor_id: 'ada' }, { actor_id: 'ada' }])
  })

  t.test('what the file has off, what is reserved and what is not there is refused in words', async (t) => {
    const on = (slug: string) => ada.post(`/console/providers/${slug}/switch?on=true`)
    t.match(await on('zoho'), { status: 409, html: /config file switches .* off by name/ })
    t.equal((await on('opentable')).status, 409)
    t.equal((await on('nothing')).status, 404)
    t.notMatch((await ada.get('/console/providers/zoho/switch?on=true')).html, /<button class="primary"/)
  })
})
