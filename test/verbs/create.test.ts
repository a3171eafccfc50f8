import t from 'tap'
import { connectTenant } from '../../core/admin/connections.ts'
import { setMapping, unsetMapping } from '../../core/admin/mappings.ts'
import webhookSandbox from '../../drivers/custom_webhook/sandbox.ts'
import { startSandbox, startService, token } from '../support/service.ts'

const PATH = '/v1/crm/create-record'
const TOOL = '/api/tools/crm_create_record'
const lead = (idempotency_key: string, fields: Record<string, unknown> = { name: 'Ada Lovelace', phone: '+14155550100' }) => ({
  object: 'lead',
  fields,
  idempotency_key,
})

const count = async (service: Awaited<ReturnType<typeof startService>>, sql: string): Promise<number> =>
  (await service.app.database.pool.query(`select count(*)::int as n from ${sql}`)).rows[0].n

t.test('a create is answered with its record, and repeated with the same answer', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  const first = await service.post(PATH, key, lead('k1'))
  t.match(first, { status: 201, body: { external_id: '1', record_url: String } })
  t.equal(first.headers.get('idempotent-replayed'), null)
  const again = await service.post(PATH, key, lead('k1'))
  t.match(again, { status: 201, body: first.body })
  t.equal(again.headers.get('idempotent-replayed'), 'true')
  const reordered = await service.post(PATH, key, lead('k1', { phone: '+14155550100', name: 'Ada Lovelace' }))
  t.strictSame(reordered.body, first.body, 'the order of fields does not matter')
  t.equal(sandbox.records('lead').length, 1)
  const operation = await service.get('/v1/crm/operations/k1', key)
  t.match(operation, {
    status: 200,
    body: { state: 'done', provider: 'memory', object: 'lead', result: first.body, error_code: null },
  })
})

t.test('32 concurrent creates under one key make one record', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  const answers = await Promise.all(Array.from({ length: 32 }, () => service.post(PATH, key, lead('same'))))
  t.equal(sandbox.records('lead').length, 1)
  t.equal(sandbox.writes().length, 1, 'sent once')
  t.ok(answers.some(({ status }) => status === 201))
  for (const { status, body, headers } of answers) {
    if (status === 201) t.equal(body.external_id, '1')
    else {
      t.match({ status, code: body.code }, { status: 409, code: 'idempotency_in_progress' })
      t.ok(Number(headers.get('retry-after')) >= 1, 'says when to ask again')
    }
  }
})

t.test('another payload under a used key is refused', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  await service.post(PATH, key, lead('k1'))
  const other = await service.post(PATH, key, lead('k1', { name: 'Grace Hopper' }))
  t.match(other, { status: 422, body: { code: 'idempotency_key_reused' } })
  t.equal(sandbox.records('lead').length, 1)
})

t.test('two tenants may use the same key', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const keys = [await service.tenant('one', { sandbox }), await service.tenant('two', { sandbox })]
  const ids = await Promise.all(keys.map(async (key) => (await service.post(PATH, key, lead('same'))).body.external_id))
  t.not(ids[0], ids[1])
  t.equal(sandbox.records('lead').length, 2)
  const [first = ''] = keys
  t.match(await service.get('/v1/crm/operations/same', first), { body: { result: { external_id: ids[0] } } }, 'each sees its own')
})

t.test('a refused create frees its key, for a corrected payload too', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  sandbox.play('unauthorized', { on: 'write' })
  t.match(await service.post(PATH, key, lead('k1')), { status: 424, body: { code: 'auth_error' } })
  t.match(await service.get('/v1/crm/operations/k1', key), { body: { state: 'failed', error_code: 'auth_error' } })
  t.match(await service.post(PATH, key, lead('k1', { name: 'Grace Hopper' })), { status: 201 })
  t.equal(sandbox.records('lead').length, 1)
})

t.test('an answer that is lost once is settled within the call', async (t) => {
  for (const fault of ['reset_after', 'reset_before', 'server_error', 'truncated_json', 'html_200'] as const) {
    const sandbox = await startSandbox(t)
    const service = await startService(t)
    const key = await service.tenant('acme', { sandbox })
    sandbox.play(fault, { on: 'write' })
    t.match(await service.post(PATH, key, lead('k1')), { status: 201, body: { external_id: '1' } }, fault)
    t.equal(sandbox.records('lead').length, 1, fault)
  }
})

t.test('an answer that stays lost is outcome_unknown, and settled by the sweeper without the caller', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  sandbox.play('reset_after', { on: 'write', times: 2 })
  const lost = await service.post(PATH, key, lead('k1'))
  t.match(lost, { status: 504, body: { code: 'outcome_unknown', retryable: false } })
  for (let tries = 0; tries < 100; tries += 1) {
    const { body } = await service.get('/v1/crm/operations/k1', key)
    if (body.state === 'done') break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  t.match(await service.get('/v1/crm/operations/k1', key), { body: { state: 'done', result: { external_id: '1' } } })
  t.equal(sandbox.records('lead').length, 1)
  const repeated = await service.post(PATH, key, lead('k1'))
  t.match(repeated, { status: 201, body: { external_id: '1' } })
})

t.test('unmapped fields are skipped where the tenant chose so, and named', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox, onUnmapped: 'skip' })
  const fields = { name: 'Ada', shoe_size: 38 }
  for (const replayed of [null, 'true']) {
    const answer = await service.post(PATH, key, lead('k1', fields))
    t.match(answer, { status: 201, body: { skipped_fields: ['lead.shoe_size'] } })
    t.equal(answer.headers.get('idempotent-replayed'), replayed)
  }
  t.match(sandbox.records('lead'), [{ name: 'Ada' }])
  t.match(await service.post(PATH, key, lead('k2', { shoe_size: 38 })), { status: 422, body: { code: 'field_unmapped' } })
})

t.test('an agent without key gets one of its conversation and turn, and keeps to its own', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  await service.tenant('acme', { sandbox })
  const agent = await token({ tenant_id: 'acme', conversation_id: 'conv1', turn_id: 'turn7' })
  const body = { object: 'lead', fields: { name: 'Ada' } }
  const first = await service.post(TOOL, agent, body)
  t.match(first, { status: 201 })
  const again = await service.post(TOOL, agent, body)
  t.equal(again.headers.get('idempotent-replayed'), 'true')
  const other = await token({ tenant_id: 'acme', conversation_id: 'conv2', turn_id: 'turn7' })
  t.match(await service.post(TOOL, other, { ...body, idempotency_key: 'conv1:turn7' }), {
    status: 403,
    body: { code: 'forbidden' },
  })
  t.match(await service.post(TOOL, other, body), { status: 201 })
  t.equal(sandbox.records('lead').length, 2)
})

t.test('what is stored of a create is sealed, and its audit names fields without values', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  await service.post(PATH, key, lead('k1', { name: 'Canary Name', email: 'canary@example.test' }))
  sandbox.play('unavailable', { on: 'write', times: 2 })
  await service.post(PATH, key, lead('k2', { name: 'Canary Name', email: 'canary@example.test' }))
  const dump = JSON.stringify([
    (
      await service.app.database.pool.query(
        "select *, encode(payload, 'escape') p, encode(response, 'escape') r from crm_operation",
      )
    ).rows,
    (await service.app.database.pool.query('select * from audit_log')).rows,
    (await service.app.database.pool.query("select *, encode(sealed, 'escape') s from tenant_credentials")).rows,
  ])
  t.notMatch(dump, /Canary|canary@/)
  t.notMatch(dump, new RegExp(sandbox.credentials.api_key ?? '-'))
  t.match(
    (
      await service.app.database.pool.query(
        "select phase, code, fields from audit_log where action = 'create_record' order by seq",
      )
    ).rows,
    [
      { phase: 'intent', code: null, fields: ['name', 'email'] },
      { phase: 'outcome', code: 'ok', fields: ['name', 'email'] },
      { phase: 'intent', code: null },
      { phase: 'outcome', code: 'outcome_unknown' },
    ],
  )
  t.equal(await count(service, "crm_operation where state = 'done' and payload is not null"), 0, 'a settled payload is gone')
})

const OPERATOR = { actorType: 'platform_operator', actorId: 'test', tenantId: 'acme' } as const

t.test('a mapping taken away since does not take back what was answered', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  const { pipeline, database } = service.app
  await setMapping(pipeline, database, { ...OPERATOR, slot: 'lead.budget', path: 'lead.budget' })
  const first = await service.post(PATH, key, lead('k1', { name: 'Ada', budget: 7 }))
  t.match(first, { status: 201 })
  await unsetMapping(pipeline, database, { ...OPERATOR, slot: 'lead.budget' })
  const again = await service.post(PATH, key, lead('k1', { name: 'Ada', budget: 7 }))
  t.match(again, { status: 201, body: first.body })
  t.equal(again.headers.get('idempotent-replayed'), 'true')
  t.match(await service.post(PATH, key, lead('k1', { name: 'Ada', budget: 8 })), {
    status: 422,
    body: { code: 'field_unmapped' },
  })
  t.match(await service.post(PATH, key, lead('k2', { name: 'Ada', budget: 7 })), {
    status: 422,
    body: { code: 'field_unmapped' },
  })
})

t.test('a create left open at one CRM is not sent to another that was connected since', async (t) => {
  const sandbox = await startSandbox(t)
  const other = await startSandbox(t, webhookSandbox)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  sandbox.play('slow_headers', { on: 'write', times: 5 })
  const lost = await service.post(PATH, key, lead('k1'), { 'x-deadline-ms': '200' })
  t.match(lost, { status: 504, body: { code: 'outcome_unknown' } })
  const entered = { ...other.settings, ...other.credentials }
  await connectTenant(service.app.pipeline, service.app.database, { ...OPERATOR, provider: 'custom_webhook', entered })
  const repeated = await service.post(PATH, key, lead('k1'))
  t.match(repeated, { status: 504, body: { code: 'outcome_unknown' } })
  t.equal(other.writes().filter(({ body }) => body.includes('crm.record.create')).length, 0)
})
