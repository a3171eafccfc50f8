import t from 'tap'
import { TOOLS } from '../../schemas/scopes.ts'
import { type Service, startSandbox, startService, token } from '../support/service.ts'

const lead = {
  object: 'lead',
  fields: { name: 'Zoë 😀', phone: '(415) 555-0100', email: 'zoe@example.test' },
  idempotency_key: 'k1',
}
const contact = { ...lead, object: 'contact', idempotency_key: 'k2' }

/** Statements that a call takes: each is one checkout of the pool. */
const statements = async (service: Service, call: () => Promise<unknown>): Promise<number> => {
  let taken = 0
  const count = () => {
    taken += 1
  }
  service.app.database.pool.on('acquire', count)
  await call()
  service.app.database.pool.off('acquire', count)
  return taken
}

for (const surface of ['public', 'tools'] as const) {
  t.test(`every verb works through the ${surface} routes`, async (t) => {
    const sandbox = await startSandbox(t)
    const service = await startService(t)
    const key = await service.tenant('acme', { sandbox })
    const auth = surface === 'public' ? key : await token({ tenant_id: 'acme', conversation_id: 'c1', tools: TOOLS })
    const call = (verb: string, body: unknown) =>
      service.post(surface === 'public' ? `/v1/crm/${verb.replace('_', '-')}` : `/api/tools/crm_${verb}`, auth, body)

    const created = await call('create_record', contact)
    t.match(created, { status: 201, body: { external_id: String } })
    const { external_id } = created.body
    t.match(
      await call('lookup_customer', { phone: '+1 415 555 0100' }),
      { status: 200, body: { customer: { external_id, object: 'contact' }, matched_by: 'phone', match_count: 1 } },
      'however it is written there',
    )
    t.match(await call('lookup_customer', { email: 'ZOE@example.test' }), {
      status: 200,
      body: { customer: { external_id, name: 'Zoë 😀' } },
    })
    t.strictSame((await call('lookup_customer', { email: 'nobody@example.test' })).body, {
      customer: null,
      matched_by: null,
      match_count: 0,
    })
    t.match(
      await call('search_records', { object: 'customer', query: 'Zoë' }),
      { status: 200, body: { matches: [{ object: 'contact', external_id }] } },
      'by an alias',
    )
    t.match(await call('update_record', { object: 'contact', external_id, fields: { 'contact.email': 'new@example.test' } }), {
      status: 200,
      body: { updated: true, record_url: String },
    })
    t.match(await call('update_record', { object: 'contact', external_id: '999', fields: { email: 'x@example.test' } }), {
      status: 404,
      body: { code: 'record_not_found' },
    })
    t.match(await call('list_recent', { object: 'contact' }), {
      status: 200,
      body: { records: [{ external_id, email: 'new@example.test' }] },
    })
    const { rows } = await service.app.database.pool.query(
      "select distinct actor_type, conversation_id from audit_log where action not like '%.%'",
    )
    t.strictSame(rows, [
      { actor_type: surface === 'public' ? 'api_key' : 'tool', conversation_id: surface === 'public' ? null : 'c1' },
    ])
  })
}

t.test('a read takes one read and one audit row; a create one read and two statements', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  const read = () => service.post('/v1/crm/lookup-customer', key, { email: 'zoe@example.test' })
  t.equal(await statements(service, read), 2)
  t.equal(await statements(service, () => service.post('/v1/crm/create-record', key, lead)), 3)
  t.equal(
    await statements(service, () => service.post('/v1/crm/create-record', key, lead)),
    3,
    'a replay: read, claim refused, audit',
  )
})

t.test('a deadline that the caller shortens is kept, and said', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  sandbox.play('slow_headers', { times: 5 })
  const startedAt = performance.now()
  const answer = await service.post('/v1/crm/lookup-customer', key, { email: 'a@example.test' }, { 'x-deadline-ms': '300' })
  t.match(answer, { status: 504, body: { code: 'provider_timeout', retryable: true } })
  t.ok(performance.now() - startedAt < 5_000, 'long before the default deadline')
})

t.test('what the provider does wrong has its code', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  const cases = {
    unauthorized: [424, 'auth_error'],
    html_200: [503, 'provider_unavailable'],
    rate_limited: [429, 'provider_rate_limited'], // last: it also holds back what comes after
  } as const
  for (const [fault, [status, code]] of Object.entries(cases)) {
    sandbox.play(fault as keyof typeof cases, { times: 10 })
    const answer = await service.post('/v1/crm/lookup-customer', key, { email: 'a@example.test' }, { 'x-deadline-ms': '900' })
    t.match({ status: answer.status, code: answer.body.code }, { status, code }, fault)
    if (status === 429) t.ok(Number(answer.headers.get('retry-after')) >= 1)
    sandbox.calm()
  }
})

t.test('calls beyond a limit are refused with the time to wait', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t, { perToolPerMinute: 3, perKeyPerMinute: 5 })
  const key = await service.tenant('acme', { sandbox })
  const other = await service.tenant('other', { sandbox })
  const lookup = (auth: string) => service.post('/v1/crm/lookup-customer', auth, { email: 'a@example.test' })
  for (let n = 0; n < 3; n += 1) t.equal((await lookup(key)).status, 200)
  const refused = await lookup(key)
  t.match(refused, { status: 429, body: { code: 'rate_limited', retryable: true } })
  t.ok(Number(refused.headers.get('retry-after')) >= 1)
  t.equal((await lookup(other)).status, 200, 'another tenant is not touched')
  const search = () => service.post('/v1/crm/search-records', key, { object: 'lead', query: 'a' })
  t.equal((await search()).status, 200, 'another verb of the same key')
  t.match(await search(), { status: 429 }, 'until the key is used up')
})

t.test('a request id of the caller comes back where it is harmless, and errors carry it', async (t) => {
  const service = await startService(t)
  const answer = await service.post('/v1/crm/lookup-customer', '', {}, { 'x-request-id': 'mine-1' })
  t.equal(answer.headers.get('x-request-id'), 'mine-1')
  t.equal(answer.body.request_id, 'mine-1')
  const hostile = await service.post('/v1/crm/lookup-customer', '', {}, { 'x-request-id': 'a b{c}' })
  t.match(hostile.headers.get('x-request-id'), /^[0-9a-f-]{36}$/)
})

t.test('health, readiness, metrics, OpenAPI and its page', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  await service.post('/v1/crm/create-record', key, lead)
  t.strictSame((await service.get('/health')).body, { status: 'ok' })
  t.strictSame((await service.get('/ready')).body, { status: 'ready', database: 'ok', redis: 'not configured', drivers: 9 })
  const metrics = (await service.get('/metrics')).body as string
  t.match(metrics, /vorel_calls_total\{verb="create_record",provider="memory",code="ok"\} 1/)
  t.notMatch(metrics, /acme/, 'no tenant in a label')
  const page = (await service.get('/docs/')).body as string
  t.notMatch(page, /https?:\/\/(?!127\.0\.0\.1)/, 'the page needs nothing from elsewhere')
  t.match(await service.get('/docs/js/scalar.js'), { status: 200 })
  t.match((await service.get('/openapi.json')).body, { openapi: '3.1.0' })
})
