import t from 'tap'
import { openDesk } from './desk.ts'

const ADA = { name: 'Ada Lovelace', phone: '(415) 555-0100', email: 'ada@example.test' }
const GRACE = { name: 'Grace Hopper', phone: '(415) 555-0199', email: 'grace@example.test' }

t.test('leads are forgotten too: those at the CRM are deleted there, those that wait never get there', async (t) => {
  const { service, sandbox, key, forget, until } = await openDesk(t, {}, ['crm:read', 'crm:write', 'leads:write'])
  const post = (fields: object, idempotency_key: string) => service.post('/v1/leads', key, { fields, idempotency_key })
  const delivered = await post(ADA, 'first')
  t.match(delivered, { status: 201, body: { state: 'done' } })
  sandbox.play('unavailable', { on: 'write', times: 1_000 })
  const waiting = await post({ ...ADA, name: 'Ada King' }, 'second')
  t.match(waiting, { status: 202, body: { state: 'waiting' } })
  const other = await post(GRACE, 'third')
  const begun = await forget({ email: 'ADA@example.test' })
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await service.get(`/v1/leads/${waiting.body.id}`, key)).status === 410) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  for (const { body } of [delivered, waiting])
    t.match(await service.get(`/v1/leads/${body.id}`, key), { status: 410, body: { code: 'erased' } })
  t.match(await post(ADA, 'first'), { status: 410 })
  t.match(await post({ ...ADA, name: 'Ada King' }, 'second'), { status: 410 })
  const { rows } = await service.app.database.pool.query("select payload, external_id from lead where state = 'erased'")
  t.same(rows, [
    { payload: null, external_id: null },
    { payload: null, external_id: null },
  ])

  sandbox.calm()
  t.match(await until(begun.body.id, 'done'), { scrubbed: { lead: 2 }, waiting: 0 })
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await service.get(`/v1/leads/${other.body.id}`, key)).body.state === 'done') break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  t.same(
    sandbox.records('lead').map(({ name }) => name),
    ['Grace Hopper'],
  )
})
