import t, { type Test } from 'tap'
import { connectTenant } from '../../core/admin/connections.ts'
import { disconnectTenant } from '../../core/admin/disconnect.ts'
import mindbodySandbox from '../../drivers/mindbody/sandbox.ts'
import { type Answer, operatorToken, type Service, startSandbox, startService } from '../support/service.ts'

const PATH = '/v1/leads'
const ADA = { actorType: 'platform_operator', actorId: 'ada' } as const
const lead = (name: string, idempotency_key?: string) => ({
  fields: { name, phone: '+14155550100', email: 'Ada@Example.com' },
  ...(idempotency_key && { idempotency_key }),
})

const opened = async (t: Test, { isConnected = true, deadlineMs = 10_000 } = {}) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t, { deadlineMs })
  const key = await service.tenant('acme', { ...(isConnected && { sandbox }), scopes: ['leads:write', 'crm:read'] })
  const post = (name: string, idempotencyKey?: string) => service.post(PATH, key, lead(name, idempotencyKey))
  return { sandbox, service, key, post, names: () => sandbox.records('lead').map(({ name }) => name) }
}

/** Until a lead is in that state. */
const becomes = async (service: Service, key: string, id: string, state: string, attempts = 0): Promise<Answer['body']> => {
  for (let tries = 0; tries < 200; tries += 1) {
    const { body } = await service.get(`${PATH}/${id}`, key)
    if (body.state === state && body.attempts >= attempts) return body
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return (await service.get(`${PATH}/${id}`, key)).body
}

const rowsOf = async ({ app }: Service, sql: string) => (await app.database.pool.query(sql)).rows

t.test('a lead is answered with its record, audited by its fields’ names, and kept sealed', async (t) => {
  const { service, key, post, sandbox } = await opened(t)
  const made = await post('Ada Lovelace', 'k1')
  t.match(made, { status: 201, body: { state: 'done', object: 'lead', provider: 'memory', external_id: '1', attempts: 1 } })
  t.match((await service.get(`${PATH}/${made.body.id}`, key)).body, { ...made.body, updated_at: String })
  const operation = await service.get(`/v1/crm/operations/${made.body.operation_key}`, key)
  t.match(operation.body, { state: 'done', result: { external_id: '1' } })
  t.equal(sandbox.records('lead').length, 1)
  const rows = await rowsOf(
    service,
    'select actor_type, action, phase, code, request_id, external_id, fields from audit_log order by seq',
  )
  const { id } = made.body
  t.match(rows.slice(-3), [
    { actor_type: 'api_key', action: 'lead.accepted', external_id: id, code: 'ok', fields: ['name', 'phone', 'email'] },
    { actor_type: 'system', action: 'create_record', phase: 'intent', request_id: id },
    { actor_type: 'system', action: 'create_record', phase: 'outcome', code: 'ok', request_id: id, external_id: '1' },
  ])
  const hashes = service.app.pipeline.subjects.of(
    { id: 'acme', region: 'US' },
    { phone: '(415) 555-0100', email: 'ada@example.com' },
  )
  t.same(await rowsOf(service, 'select subjects, payload from lead'), [{ subjects: hashes, payload: null }])
})

t.test('the same key and payload give the same lead again, another payload is refused', async (t) => {
  const { service, key, post, sandbox } = await opened(t)
  const first = await post('Ada', 'k1')
  t.equal(first.headers.get('idempotent-replayed'), null)
  const again = await post('Ada', 'k1')
  t.match(again, { status: 201, body: { id: first.body.id, external_id: '1' } })
  t.equal(again.headers.get('idempotent-replayed'), 'true')
  t.match(await post('Grace', 'k1'), { status: 422, body: { code: 'idempotency_key_reused' } })
  t.match((await post('Ada')).body, { external_id: '2' }, 'without a key each is a lead of its own')
  const several = await Promise.all(Array.from({ length: 8 }, () => post('Many', 'k2')))
  t.equal(new Set(several.map(({ body }) => body.id)).size, 1)
  t.equal(sandbox.records('lead').length, 3)
  const others = await service.tenant('other', { scopes: ['leads:write'] })
  t.match(await service.get(`${PATH}/${first.body.id}`, others), { status: 404 }, 'nobody else sees it')
  t.match(await service.post(PATH, await service.tenant('third'), lead('Ada')), { status: 403 })
  t.match(await service.get(`${PATH}/${first.body.id}`, key), { status: 200 })
})

t.test('without a CRM leads are kept; once one is connected they go there in order, each once', async (t) => {
  const { service, key, post, sandbox, names } = await opened(t, { isConnected: false })
  const wanted = ['one', 'two', 'three', 'four']
  const kept: Answer[] = []
  for (const name of wanted) kept.push(await post(name))
  for (const { status, body } of kept) t.match({ status, state: body.state }, { status: 202, state: 'waiting' })
  t.match(kept[0]?.body, { error_code: 'not_connected', next_at: String })
  const [{ payload }] = await rowsOf(service, "select payload from lead where state = 'waiting' limit 1")
  t.notMatch(payload.toString('latin1'), /one|4155550100/)
  t.match((await service.get('/metrics')).body, 'vorel_leads_waiting 4')
  const [{ n }] = await rowsOf(service, "select count(*)::int as n from audit_log where action = 'create_record'")
  t.equal(n, 0, 'no call was made')
  await service.app.database.pool.query("update lead_delivery set next_at = now() + interval '1 hour'")
  const entered = { ...sandbox.settings, ...sandbox.credentials }
  await connectTenant(service.app.pipeline, service.app.database, { ...ADA, tenantId: 'acme', provider: 'memory', entered })
  t.match(await becomes(service, key, kept[3]?.body.id, 'done'), { state: 'done', provider: 'memory', error_code: null })
  t.same(names(), wanted)
})

t.test('a new lead queues behind older ones, whatever the CRM could do for it', async (t) => {
  const { service, key, post, sandbox, names } = await opened(t)
  sandbox.play('unavailable', { on: 'write', times: 2 })
  const first = await post('first')
  t.match(first, { status: 202, body: { state: 'waiting' } })
  await service.app.database.pool.query("update lead_delivery set next_at = now() + interval '3 seconds'")
  const second = await post('second')
  t.match(second, { status: 202, body: { state: 'waiting', attempts: 0 } })
  t.same(names(), [])
  await becomes(service, key, second.body.id, 'done')
  t.same(names(), ['first', 'second'])
})

t.test('a lead that the CRM refuses does not hold up those behind it, and goes out again when an operator says so', async (t) => {
  const { service, key, post, names } = await opened(t)
  const operator = await operatorToken()
  const refused = await service.post(PATH, key, { fields: { name: 'odd', shoe_size: 38 } })
  t.match(refused, { status: 202, body: { state: 'refused', error_code: 'field_unmapped', error_detail: /shoe_size/ } })
  t.match(await post('next'), { status: 201 })
  const listed = await service.get('/api/leads?tenant_id=acme&state=refused', operator)
  t.match(listed.body.leads, [{ tenant_id: 'acme', id: refused.body.id, error_code: 'field_unmapped' }])
  const retry = (id: string) => service.post(`/api/leads/acme/${id}/retry`, operator, {})
  t.match(await retry(refused.body.id), { status: 202 })
  t.match(await becomes(service, key, refused.body.id, 'refused', 2), { state: 'refused', attempts: 2 })
  await service.app.database.pool.query("update connection set on_unmapped = 'skip'")
  t.match(await retry(refused.body.id), { status: 202 })
  t.match(await becomes(service, key, refused.body.id, 'done'), { state: 'done', error_code: null })
  t.same(names(), ['next', 'odd'])
  t.match(await retry(refused.body.id), { status: 409, body: { code: 'operation_settled' } })
  t.match(
    await rowsOf(
      service,
      "select code from audit_log where action = 'lead.retried' and phase = 'outcome' order by seq desc limit 1",
    ),
    [{ code: 'operation_settled' }],
  )
})

t.test('a limit is waited for as long as the CRM asks, and a disconnected tenant keeps its leads', async (t) => {
  const { service, key, post, sandbox } = await opened(t, { deadlineMs: 1_500 })
  sandbox.play('rate_limited', { on: 'write', times: 30 })
  const limited = await post('limited')
  t.match(limited, { status: 202, body: { error_code: 'provider_rate_limited' } })
  t.ok(Date.parse(limited.body.next_at) - Date.parse(limited.body.updated_at) >= 1000)
  sandbox.calm()
  t.match(await becomes(service, key, limited.body.id, 'done'), { state: 'done' })
  await disconnectTenant(service.app.pipeline, service.app.database, { ...ADA, tenantId: 'acme' })
  t.match(await post('later'), { status: 202, body: { error_code: 'connection_not_active' } })
})

t.test('an answer that was lost is settled, and the lead is there once', async (t) => {
  const { service, key, post, sandbox } = await opened(t)
  sandbox.play('reset_after', { on: 'write', times: 3 })
  const lost = await post('lost')
  t.match(lost, { status: 202, body: { state: 'waiting', error_code: 'outcome_unknown' } })
  t.match(await becomes(service, key, lost.body.id, 'done'), { external_id: '1' })
  t.equal(sandbox.records('lead').length, 1)
})

t.test('32 leads of one tenant at once, and of several: each once, in the order of acceptance', async (t) => {
  const { service, key, post, names, sandbox } = await opened(t)
  const answers = await Promise.all(Array.from({ length: 32 }, (_, n) => post(`n${n}`)))
  t.equal(answers.filter(({ status }) => status === 201).length, 32)
  const order = await rowsOf(service, 'select external_id from lead order by position')
  t.same(
    order.map(({ external_id }) => Number(external_id)),
    Array.from({ length: 32 }, (_, n) => n + 1),
  )
  const others = await Promise.all(['a1', 'b1', 'c1'].map((id) => service.tenant(id, { sandbox, scopes: ['leads:write'] })))
  const mixed = await Promise.all(others.flatMap((other) => [1, 2, 3].map((n) => service.post(PATH, other, lead(`m${n}`)))))
  t.ok(mixed.every(({ status }) => status === 201))
  t.equal(names().length, 41)
  t.match(await rowsOf(service, 'select distinct is_idle, holder from lead_delivery'), [{ is_idle: true, holder: null }])
  t.match(await service.get(`${PATH}/00000000-0000-4000-8000-000000000000`, key), { status: 404 })
})

t.test('a CRM without leads takes the person', async (t) => {
  const sandbox = await startSandbox(t, mindbodySandbox)
  const service = await startService(t, { endpoints: { mindbody: sandbox.url } })
  const key = await service.tenant('studio', { provider: 'mindbody', sandbox, scopes: ['leads:write'] })
  const fields = { first_name: 'Ada', last_name: 'Lovelace', email: 'ada@example.com' }
  t.match(await service.post(PATH, key, { fields }), {
    status: 201,
    body: { state: 'done', object: 'lead', external_id: String },
  })
})
