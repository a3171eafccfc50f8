import t from 'tap'
import { AccessReader } from '../../core/store/access.ts'
import { openDatabase } from '../../core/store/database.ts'
import { Operations } from '../../core/store/operations.ts'
import { freshDatabase } from '../support/database.ts'
import { claimOf, finishOf } from './rows.ts'

t.test('plans made on empty tables still go by the key when the tables are large', async (t) => {
  const database = await openDatabase({ url: await freshDatabase(t), maxConnections: 1 })
  t.teardown(() => database.close())
  const { pool } = database
  await pool.query("insert into tenant (id, name, region) values ('acme', 'Acme', 'US')")
  const operations = new Operations(pool)
  const access = new AccessReader(pool)
  const call = async (key: string) => {
    await access.byTenant('acme')
    await operations.claim(claimOf(key))
    await operations.finish(finishOf(key, 1))
  }
  // PostgreSQL settles on a plan for a named statement after five runs.
  for (let n = 0; n < 8; n += 1) await call(`early-${n}`)
  await pool.query(`insert into tenant select 'tenant-' || n, 'x', 'US' from generate_series(1, 3000) n`)
  await pool.query(`insert into crm_operation (tenant_id, idempotency_key, fingerprint, reference, provider, object, state, lease_until)
    select 'acme', 'bulk-' || n, '\\x00', 'v', 'p', 'lead', case when n % 2 = 0 then 'sent' else 'done' end, now() from generate_series(1, 3000) n`)
  const before = await rowsRead(database)
  for (let n = 0; n < 10; n += 1) await call(`late-${n}`)
  const read = (await rowsRead(database)) - before
  t.ok(read < 500, `ten calls read ${read} rows and index entries of 6000`)
})

/** Rows and index entries that this session has read so far of the two tables. */
const rowsRead = async ({ pool }: Awaited<ReturnType<typeof openDatabase>>): Promise<number> => {
  await pool.query('select pg_stat_force_next_flush()')
  await pool.query('select 1')
  const { rows } = await pool.query<{ n: string }>(`select
    (select coalesce(sum(seq_tup_read), 0) from pg_stat_user_tables where relname in ('crm_operation', 'tenant')) +
    (select coalesce(sum(idx_tup_read), 0) from pg_stat_user_indexes where relname in ('crm_operation', 'tenant')) as n`)
  return Number(rows[0]?.n)
}
