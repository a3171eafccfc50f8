import t from 'tap'
import { signedIn } from '../support/browser.ts'
import { startSandbox, startService } from '../support/service.ts'

t.test('creates that wait for a person are decided on their pages', async (t) => {
  const service = await startService(t)
  const sandbox = await startSandbox(t)
  const key = await service.tenant('acme', { sandbox })
  const ada = await signedIn(service)
  const { pool } = service.app.database
  const create = (idempotency_key: string) =>
    service.post('/v1/crm/create-record', key, { object: 'lead', fields: { name: idempotency_key }, idempotency_key })
  const lost = async (idempotencyKey: string) => {
    const { body } = await create(idempotencyKey)
    await pool.query(
      `update crm_operation set state = 'outcome_unknown', response = null, error_code = 'provider_timeout'
       where tenant_id = 'acme' and idempotency_key = $1`,
      [idempotencyKey],
    )
    return body.external_id as string
  }
  const pathOf = (idempotencyKey: string, act = '') => `/console/operations/acme/${encodeURIComponent(idempotencyKey)}${act}`

  t.test('each is listed, and counted in the navigation', async (t) => {
    await lost('call-1:2')
    const { html } = await ada.get('/console/operations')
    t.match(html, /Operations <span class="badge">1<span class="hidden"> waiting/)
    t.match(html, /href="\/console\/operations\/acme\/call-1%3A2"/)
    t.match(await ada.get(pathOf('call-1:2')), { status: 200, html: /provider_timeout/ })
  })

  t.test('it is there: repeats are answered with the record named', async (t) => {
    const id = await lost('call-3:1')
    await ada.get(pathOf('call-3:1'))
    t.match(await ada.post(pathOf('call-3:1', '/adopt'), { external_id: '' }), { status: 400, html: /Give the record/ })
    t.match(await ada.post(pathOf('call-3:1', '/adopt'), { external_id: id }), { status: 303, location: '/console/operations' })
    const again = await create('call-3:1')
    t.match(again.body, { external_id: id })
    t.equal(again.headers.get('idempotent-replayed'), 'true')
    t.match((await ada.get('/console/operations')).html, new RegExp(`settled with record ${id}`))
    const { rows } = await pool.query("select actor_id from audit_log where action = 'operation.adopted' and phase = 'outcome'")
    t.same(rows, [{ actor_id: 'ada' }])
  })

  t.test('it was not created: only after a look, and then it is sent again', async (t) => {
    const path = pathOf('call-1:2', '/not-created')
    await ada.get(pathOf('call-1:2'))
    t.match(await ada.post(path, {}), { status: 400, html: /Look at the CRM first/ })
    t.match(await ada.post(path, { sure: 'yes' }), { status: 303 })
    t.equal((await create('call-1:2')).status, 201)
  })

  t.test('whoever decides second is told so', async (t) => {
    t.match(await ada.post(pathOf('call-1:2', '/not-created'), { sure: 'yes' }), {
      status: 404,
      html: /somebody else has just decided/,
    })
    t.equal((await ada.get(pathOf('call-9:9'))).status, 404)
  })
})
