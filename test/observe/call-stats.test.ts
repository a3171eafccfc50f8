import pg from 'pg'
import t, { type Test } from 'tap'
import { CallCounts, SLOT_MS } from '../../core/observe/call-counts.ts'
import { CallStats, callStats, forgetCallStats } from '../../core/observe/call-stats.ts'
import { BOUNDS_MS, bucketOf, quantileMs } from '../../core/observe/latency.ts'
import { freshDatabase } from '../support/database.ts'
import { startSandbox, startService } from '../support/service.ts'

const connect = async (t: Test, url: string) => {
  const pool = new pg.Pool({ connectionString: url })
  pool.on('error', () => undefined)
  t.teardown(() => pool.end())
  return pool
}

const database = async (t: Test) => {
  const pool = await connect(t, await freshDatabase(t))
  await pool.query("insert into tenant (id, name, region) values ('acme', 'Acme', 'US'), ('bolt', 'Bolt', 'US')")
  return { pool }
}

const call = (more: object = {}) => ({ tenantId: 'acme', provider: 'lantern', code: 'ok', ms: 20, ...more })

t.test('calls of the service are a point of their tenant, written at the stop', async (t) => {
  const databaseUrl = await freshDatabase(t)
  const service = await startService(t, { databaseUrl })
  const key = await service.tenant('acme', { sandbox: await startSandbox(t) })
  await service.post('/v1/crm/lookup-customer', key, { phone: '+14155550100' })
  await service.post('/v1/crm/search-records', key, { object: 'nothing', query: 'Ada' })
  await service.app.close()
  const points = await callStats({ pool: await connect(t, databaseUrl) }, 'acme', 1)
  t.equal(points.length, 12)
  const [last] = points.filter(({ calls }) => calls > 0)
  t.match(last, { calls: 2, errors: 1, p50Ms: Number, p95Ms: Number, maxMs: Number })
})

t.test('several processes add up in one point, over providers, for the tenant alone', async (t) => {
  const db = await database(t)
  const [one, other] = [new CallStats(db.pool), new CallStats(db.pool)]
  one.count(call({ ms: 20 }))
  one.count(call({ ms: 20, provider: 'other' }))
  other.count(call({ ms: 900, code: 'internal' }))
  other.count(call({ tenantId: 'bolt' }))
  await Promise.all([one.flush(), other.flush()])
  one.count(call({ ms: 20 }))
  await one.flush()
  const points = await callStats(db, 'acme', 1)
  const total = points.reduce((sum, { calls, errors }) => ({ calls: sum.calls + calls, errors: sum.errors + errors }), {
    calls: 0,
    errors: 0,
  })
  t.same(total, { calls: 4, errors: 1 })
  t.equal(Math.max(...points.map(({ maxMs }) => maxMs ?? 0)), 900)
  const { rows } = await db.pool.query('select sum(b) as n from call_stat, unnest(buckets) b where tenant_id = $1', ['acme'])
  t.equal(Number(rows[0].n), 4, 'each call is in one bucket')
})

t.test('five minutes without calls are there, with nothing in them', async (t) => {
  const db = await database(t)
  const now = Math.floor(Date.now() / SLOT_MS) * SLOT_MS
  const points = await callStats(db, 'acme', 2, now + 1_000)
  t.equal(points.length, 24)
  t.same(points.at(-1), { from: new Date(now).toISOString(), calls: 0, errors: 0, p50Ms: null, p95Ms: null, maxMs: null })
  t.equal((await callStats(db, 'acme', 10_000)).length, 3 * 24 * 12, 'no more than is kept')
})

t.test('what cannot be written is kept for the next time, and a tenant that is gone keeps nobody back', async (t) => {
  const db = await database(t)
  const stats = new CallStats(db.pool)
  await db.pool.query('alter table call_stat rename to elsewhere')
  stats.count(call())
  await t.rejects(stats.flush(), { code: '42P01' })
  await db.pool.query('alter table elsewhere rename to call_stat')
  stats.count(call())
  stats.count(call({ tenantId: 'gone' }))
  await stats.flush()
  const { rows } = await db.pool.query('select tenant_id, sum(calls)::integer as calls from call_stat group by 1')
  t.same(rows, [{ tenant_id: 'acme', calls: 2 }])
})

t.test('rows are deleted after three days', async (t) => {
  const db = await database(t)
  await db.pool.query(
    `insert into call_stat select 'acme', now() - age, 'lantern', 1, 0, 1, 1, '{1}'
     from unnest(array[interval '73 hours', interval '71 hours']) age`,
  )
  t.equal(await forgetCallStats(db), 1)
  t.equal(await forgetCallStats(db), 0)
})

t.test('memory is bounded: tenants beyond the most are not counted, and that is', async (t) => {
  const counts = new CallCounts(100)
  for (let tenant = 0; tenant < 150; tenant += 1) counts.add(call({ tenantId: `t${tenant}` }), Date.now())
  t.equal(counts.size, 100)
  t.equal(counts.lost, 50)
  counts.add(call({ tenantId: 't7' }), Date.now())
  t.equal(counts.lost, 50, 'who has an entry is counted on')
})

t.test('a quantile is within its bucket and no more than the longest', async (t) => {
  const buckets = BOUNDS_MS.map(() => 0).concat(0)
  t.equal(quantileMs(0.5, buckets, 0), null)
  for (const ms of [...Array(90).fill(20), ...Array(10).fill(800)]) buckets[bucketOf(ms)] = (buckets[bucketOf(ms)] as number) + 1
  const [p50, p95] = [quantileMs(0.5, buckets, 800), quantileMs(0.95, buckets, 800)]
  t.ok(p50 !== null && p50 > 10 && p50 <= 25, String(p50))
  t.ok(p95 !== null && p95 > 500 && p95 <= 800, String(p95))
  t.equal(bucketOf(99_999), BOUNDS_MS.length)
})
