import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import t from 'tap'
import { loadConfig } from '../../core/config.ts'
import { answering } from '../drivers/custom_webhook/endpoints.ts'
import { startSandbox, startService } from '../support/service.ts'
import { ROOT } from '../support/sources.ts'
import { type Span, startCollector, told } from './collector.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const traceparent = `00-${TRACE}-${PARENT}-01`
const tracing = (url: string, more: object = {}) => ({
  url: `${url}/v1/traces`,
  serviceName: 'vorel',
  share: 1,
  sendsToProviders: false,
  ...more,
})
const lead = { object: 'lead', fields: { name: 'Ada', phone: '+14155550100' }, idempotency_key: 'k1' }

t.test('a call is one trace: request, verb, provider and database, part of the caller’s own; sent at the stop', async (t) => {
  const collector = await startCollector(t)
  const service = await startService(t, { tracing: tracing(collector.url) })
  const key = await service.tenant('acme', { sandbox: await startSandbox(t) })
  const { headers } = await service.post('/v1/crm/create-record', key, lead, { traceparent, baggage: 'who=ada' })
  await service.get('/metrics')
  await service.app.close()
  t.same([...new Set(collector.paths)], ['POST /v1/traces'])
  const spans = collector.spans().filter(({ traceId }) => traceId === TRACE)
  const named = (name: string) => spans.find((span) => span.name === name)
  const request = named('POST /v1/crm/create-record')
  const verb = named('create_record')
  t.equal(request?.parentSpanId, PARENT)
  t.equal(verb?.parentSpanId, request?.spanId)
  t.equal(told(verb, 'vorel.request_id'), headers.get('x-request-id'))
  t.match([told(verb, 'vorel.verb'), told(verb, 'vorel.provider'), told(verb, 'vorel.code')], ['create_record', 'memory', 'ok'])
  t.equal(Number(told(request, 'http.response.status_code')), 201)
  for (const name of ['access-by-key', 'operation-claim', 'operation-finish']) t.ok(named(name), name)
  const sent = spans.filter((span) => told(span, 'server.address') === '127.0.0.1')
  t.ok(sent.length > 0)
  for (const span of sent) t.equal(span.parentSpanId, verb?.spanId)
  t.notOk(
    collector.spans().some(({ name }) => name.includes('/metrics')),
    'what machines ask for all the time is left out',
  )
})

t.test('a failure is told by its code', async (t) => {
  const collector = await startCollector(t)
  const service = await startService(t, { tracing: tracing(collector.url) })
  const key = await service.tenant('acme')
  await service.post('/v1/crm/create-record', key, lead)
  await service.app.close()
  const verb = collector.spans().find(({ name }) => name === 'create_record') as Span
  t.same([told(verb, 'vorel.code'), told(verb, 'error.type'), verb.status.code], ['not_connected', 'not_connected', 2])
})

t.test('providers get a traceparent only where the operator says so', async (t) => {
  const collector = await startCollector(t)
  const seen = async (sendsToProviders: boolean) => {
    const heard: unknown[] = []
    const provider = answering(({ headers }) => {
      heard.push(headers.traceparent)
      return { status: 500 }
    })
    const service = await startService(t, { tracing: tracing(collector.url, { sendsToProviders }) })
    const key = await service.tenant('acme', { provider: 'custom_webhook', sandbox: await startSandbox(t, provider) })
    await service.post('/v1/crm/lookup-customer', key, { phone: '+14155550100' }, { traceparent })
    return heard[0]
  }
  t.equal(await seen(false), undefined)
  t.match(await seen(true), new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
})

t.test('a collector that does not answer keeps no stop waiting', async (t) => {
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void silent.close())
  const { port } = silent.address() as { port: number }
  const service = await startService(t, { tracing: tracing(`http://127.0.0.1:${port}`) })
  await service.post('/v1/crm/lookup-customer', '', {})
  const startedAt = performance.now()
  await service.app.close()
  t.ok(performance.now() - startedAt < 9_000)
})

t.test('without an address nothing of it is loaded', async (t) => {
  const script = `
    const loaded = []
    const { registerHooks } = await import('node:module')
    registerHooks({ resolve: (name, context, next) => { loaded.push(name); return next(name, context) } })
    await import('./core/app.ts')
    console.log(JSON.stringify(loaded))`
  const loaded = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT, encoding: 'utf8' }),
  )
  t.ok(loaded.includes('fastify')) // the interface alone comes with the metrics' library
  t.same(
    loaded.filter((name: string) => /opentelemetry\/(?!api$)|observe\/otel/.test(name)),
    [],
  )
})

t.test('the environment says where spans go', async (t) => {
  const dir = t.testdir()
  const of = (env: Record<string, string>) => loadConfig({ VOREL_DATA_DIR: dir, ...env }, dir)
  t.equal((await of({})).tracing, null)
  t.match((await of({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' })).tracing, {
    url: 'http://collector:4318/v1/traces',
    serviceName: 'vorel',
    sendsToProviders: false,
  })
  await t.rejects(of({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }), /OTEL_EXPORTER_OTLP_ENDPOINT/)
})
