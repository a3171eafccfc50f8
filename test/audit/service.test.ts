import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { startSandbox, startService } from '../support/service.ts'

t.test('a service seals what it writes to the audit', async (t) => {
  const service = await startService(t)
  const { pool } = service.app.database
  await service.tenant('acme', { sandbox: await startSandbox(t) })
  const left = async () => {
    const { rows } = await pool.query<{ n: number }>(
      'select count(*)::int as n from audit_log a where not exists (select from audit_seal s where a.seq = any (s.seqs))',
    )
    return rows[0]?.n
  }
  t.ok(Number((await pool.query('select count(*)::int as n from audit_log')).rows[0].n) > 0)
  for (let tries = 100; tries > 0 && (await left()) !== 0; tries -= 1) await wait(100)
  t.equal(await left(), 0)
})
