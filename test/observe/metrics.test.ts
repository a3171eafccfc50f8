import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { BacklogReader } from '../../core/observe/backlog.ts'
import * as labels from '../../core/observe/labels.ts'
import { freshDatabase } from '../support/database.ts'
import { operatorToken, startSandbox, startService } from '../support/service.ts'
import { ROOT } from '../support/sources.ts'

/** `name{a="b"} 1`, without comments. */
const seriesOf = (text: string) =>
  text.split('\n').flatMap((line) => {
    const [, name, list = '', value] = /^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? []
    if (!name) return []
    const pairs = [...list.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, to]) => [label as string, to as string] as const)
    return [{ name, labels: pairs, value: Number(value) }]
  })

const familiesOf = (text: string) => [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name as string)

t.test('labels take values of known lists, whatever callers send', async (t) => {
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox: await startSandbox(t) })
  const lonely = await service.tenant('lonely')
  const operator = await operatorToken()
  const find = { phone: '+14155550100' }
  await service.post('/v1/crm/lookup-customer', key, find)
  await service.post('/v1/crm/lookup-customer', lonely, find)
  await service.post('/v1/crm/create-record', key, { object: 'a"b\nc', fields: { name: 'Ada' }, idempotency_key: 'k' })
  await service.post('/v1/crm/no-such-verb', key, find)
  await service.get('/oauth/callback/never-heard-of?state=x&code=y')
  await service.post('/api/tenants/acme/connection', operator, { provider: 'never-heard-of', entered: {} })
  await service.delete('/api/tenants/acme/records/never/heard', operator)
  const { metrics } = service.app
  const call = { verb: 'v', provider: 'never-heard-of', code: 'c', ms: 1, providerMs: 1, attempts: 2 }
  metrics.observe(call)
  metrics.tokenRenewed('never-heard-of', 'o')
  metrics.fieldDrifted('never-heard-of', 'k')
  metrics.problem('p')

  const { rows } = await service.app.database.pool.query("select name from pgboss.queue where name not like '\\_\\_%'")
  const known: Record<string, string[]> = {
    verb: [...labels.VERBS, labels.OTHER],
    provider: [
      ...service.app.drivers
        .registry()
        .list()
        .map(({ slug }) => slug),
      labels.NONE,
      labels.OTHER,
    ],
    code: [...labels.CODES, labels.OTHER],
    outcome: [...labels.RENEWAL_OUTCOMES, labels.OTHER],
    kind: [...labels.DRIFT_KINDS, labels.OTHER],
    limit: labels.LIMITS,
    state: [...labels.OPERATION_STATES, ...labels.JOB_STATES, ...labels.POOL_STATES],
    queue: rows.map(({ name }) => name),
  }
  const text = (await service.get('/metrics')).body as string
  const ours = seriesOf(text).filter(({ name }) => /^(vorel|ratelimit)_/.test(name))
  t.ok(ours.length > 50)
  const unknown = ours.flatMap(({ name, labels }) =>
    labels.filter(([label, value]) => label !== 'le' && !known[label]?.includes(value)).map((pair) => `${name} ${pair}`),
  )
  t.same(unknown, [])
  t.match(text, /vorel_calls_total\{verb="other",provider="other",code="other"\} 1/)
  t.match(text, /vorel_calls_total\{verb="lookup_customer",provider="none",code="not_connected"\} 1/)
  t.match(text, /vorel_problems_total\{code="not_found"\} 1/)
})

t.test('time is told apart: ours and the provider’s, and requests to it are counted', async (t) => {
  const service = await startService(t)
  const sandbox = await startSandbox(t)
  const key = await service.tenant('acme', { sandbox })
  await service.post('/v1/crm/lookup-customer', key, { phone: '+14155550100' })
  const series = seriesOf((await service.get('/metrics')).body)
  const sum = (name: string) => series.find((one) => one.name === `${name}_sum`)?.value ?? Number.NaN
  const parts = sum('vorel_own_seconds') + sum('vorel_provider_seconds')
  t.ok(Math.abs(sum('vorel_call_seconds') - parts) < 1e-6, 'the parts are the whole')
  t.ok(sum('vorel_own_seconds') > 0 && sum('vorel_provider_seconds') > 0)
  t.ok(series.some(({ name, value }) => name === 'vorel_provider_requests_total' && value >= 1))
})

t.test('a limit of ours that is hit is counted', async (t) => {
  const service = await startService(t, { perToolPerMinute: 1 })
  const key = await service.tenant('acme', { sandbox: await startSandbox(t) })
  for (const _ of [1, 2, 3]) await service.post('/v1/crm/lookup-customer', key, { phone: '+14155550100' })
  t.match((await service.get('/metrics')).body, /vorel_limits_hit_total\{limit="caller"\} 2/)
})

t.test('without a driver that is on nothing can be served', async (t) => {
  const service = await startService(t, { driverFolders: [] })
  t.match(await service.get('/ready'), { status: 503, body: { status: 'not ready', database: 'ok', drivers: 0 } })
})

t.test('docs/observability.md names every metric there is, and no other', async (t) => {
  const service = await startService(t)
  const there = new Set(familiesOf((await service.get('/metrics')).body))
  const text = readFileSync(join(ROOT, 'docs/observability.md'), 'utf8')
  const told = new Set([...text.matchAll(/^\| `((?:vorel|ratelimit|nodejs|process)_\w+)`/gm)].map(([, name]) => name))
  t.ok(there.size > 20)
  t.same(
    [...there].filter((name) => !told.has(name)),
    [],
    'undocumented',
  )
  t.same(
    [...told].filter((name) => !there.has(name as string) && !/^process_/.test(name as string)),
    [],
    'documented, and not there',
  )
})

t.test(
  'backlogs are counted by one statement, once in ten seconds, and the last count stands while the database is away',
  async (t) => {
    const pool = new pg.Pool({ connectionString: await freshDatabase(t) })
    pool.on('error', () => undefined)
    await pool.query("insert into tenant (id, name, region) values ('acme', 'Acme', 'US')")
    await pool.query(
      `insert into crm_operation (tenant_id, idempotency_key, fingerprint, reference, provider, object, state, lease_until)
     select 'acme', n::text, '', n::text, 'lantern', 'lead', case when n < 4 then 'sent' else 'outcome_unknown' end, now()
     from generate_series(1, 5) n`,
    )
    let statements = 0
    const counted = {
      query: (...given: Parameters<typeof pool.query>) => {
        statements += 1
        return pool.query(...given)
      },
    }
    const reader = new BacklogReader(counted as unknown as pg.Pool)
    const reads = await Promise.all(Array.from({ length: 20 }, () => reader.read()))
    for (const { counts } of reads) t.same(Object.fromEntries(counts.get('operations') ?? []), { sent: 3, outcome_unknown: 2 })
    t.equal(statements, 2, 'which tables there are, and the count')
    const eager = new BacklogReader(pool, 0)
    const before = await eager.read()
    await pool.end()
    t.equal((await eager.read()).readAt, before.readAt)
  },
)
