import t from 'tap'
import { signedIn } from '../support/browser.ts'
import { startSandbox, startService } from '../support/service.ts'

const PATH = '/console/tenants/acme/keys'

t.test("a tenant's API keys", async (t) => {
  const service = await startService(t)
  await service.tenant('acme', { sandbox: await startSandbox(t) })
  const ada = await signedIn(service)
  const made = { key: '', id: '' }

  t.test('a key is shown when it is made, works, and is on no page after that', async (t) => {
    await ada.get(PATH)
    const { status, html } = await ada.post(PATH, { scopes: 'crm:read' })
    t.equal(status, 200)
    made.key = /id="key" readonly value="(vk_[^"]+)"/.exec(html)?.[1] ?? ''
    const looked = await service.post('/v1/crm/lookup-customer', made.key, { email: 'ada@example.test' })
    t.equal(looked.status, 200)
    const again = await ada.get(PATH)
    t.notMatch(again.html, made.key)
    t.equal(again.headers.get('cache-control'), 'no-store')
    const row = html.slice(html.lastIndexOf('<tr>'))
    made.id = /<code>(key_[0-9a-f]+)</.exec(row)?.[1] ?? ''
    t.match(row, /crm:read/)
  })

  t.test('a key without a scope, or with one that there is not, is refused on the same page', async (t) => {
    t.match(await ada.post(PATH, {}), { status: 400, html: /A key needs a scope/ })
    t.match(await ada.post(PATH, { scopes: 'crm:everything' }), { status: 400, html: /There is no scope crm:everything/ })
  })

  t.test('a key is revoked in two steps, by whoever is signed in, and then refused', async (t) => {
    const { html } = await ada.get(`${PATH}/${made.id}/revoke`)
    t.match(html, /look customers up/)
    t.equal((await service.post('/v1/crm/lookup-customer', made.key, { email: 'a@b.test' })).status, 200, 'looked at, not done')
    t.match(await ada.post(`${PATH}/${made.id}/revoke`), { status: 303, location: PATH })
    t.equal((await service.post('/v1/crm/lookup-customer', made.key, { email: 'a@b.test' })).status, 401)
    t.match((await ada.get(PATH)).html, new RegExp(`${made.id} is revoked`))
    const { rows } = await service.app.database.pool.query(
      "select actor_id from audit_log where action = 'api_key.revoked' and phase = 'outcome' and external_id = $1",
      [made.id],
    )
    t.same(rows, [{ actor_id: 'ada' }])
    t.equal((await ada.post(`${PATH}/${made.id}/revoke`)).status, 400, 'once')
    t.equal((await ada.get(`${PATH}/${made.id}/revoke`)).status, 404)
  })

  t.test("another tenant's key is not reached", async (t) => {
    await service.tenant('globex')
    const { html } = await ada.get('/console/tenants/globex/keys')
    const other = /<code>(key_[0-9a-f]+)</.exec(html)?.[1] ?? ''
    t.equal((await ada.get(`${PATH}/${other}/revoke`)).status, 404)
    t.equal((await ada.post(`${PATH}/${other}/revoke`)).status, 400)
  })
})
