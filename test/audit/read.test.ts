import t from 'tap'
import { type AuditRow, auditCsv, auditPages, readAudit } from '../../core/audit/read.ts'
import { AuditLog } from '../../core/store/audit.ts'
import { entry, stored } from '../store/rows.ts'

t.test('the log is read newest first, by any filter, page after page', async (t) => {
  const [pool] = await stored(t)
  const log = new AuditLog(pool)
  await log.write(entry({ tenantId: 'other', action: 'lookup_customer', fields: ['name', 'phone'] }))
  await log.write(entry({ actorType: 'platform_operator', actorId: 'ada', action: 'key.created', phase: 'outcome', code: 'ok' }))
  await pool.query('select pg_sleep(0.01)')
  const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
  const between = rows[0]?.now as Date
  await pool.query('select pg_sleep(0.01)')
  await log.write(entry({ phase: 'outcome', code: 'auth_error' }))
  const seqs = async (filter: Partial<Parameters<typeof readAudit>[1]>) =>
    (await readAudit(pool, { limit: 10, ...filter })).map(({ seq }) => seq)

  t.same(await seqs({}), [3, 2, 1])
  t.same(await seqs({ tenantId: 'other' }), [1])
  t.same(await seqs({ tenantId: 'acme', actorType: 'platform_operator' }), [2])
  t.same(await seqs({ action: 'lookup_customer' }), [1])
  t.same(await seqs({ code: 'auth_error' }), [3])
  t.same(await seqs({ from: between }), [3])
  t.same(await seqs({ to: between }), [2, 1])
  t.same(await seqs({ limit: 2 }), [3, 2])
  t.same(await seqs({ beforeSeq: 2 }), [1])
  t.match(await readAudit(pool, { action: 'lookup_customer', limit: 1 }), [
    {
      seq: 1,
      at: /^\d{4}-.*Z$/,
      actor_type: 'api_key',
      tenant_id: 'other',
      phase: 'intent',
      code: null,
      fields: ['name', 'phone'],
    },
  ])
  const pages: number[][] = []
  for await (const page of auditPages(pool, {}, 2)) pages.push(page.map(({ seq }) => seq))
  t.same(pages, [[3, 2], [1]])
})

const row = (more: Partial<AuditRow>): AuditRow => ({
  seq: 7,
  at: '2026-01-15T00:00:00.000Z',
  actor_type: 'tool',
  actor_id: 'agent',
  tenant_id: 'acme',
  action: 'create_record',
  provider: null,
  object: null,
  external_id: null,
  request_id: 'r1',
  conversation_id: null,
  phase: 'intent',
  code: null,
  fields: null,
  ...more,
})

t.test('CSV has a heading, and quotes what it must', async (t) => {
  const text = auditCsv([row({ actor_id: 'a "b", c', request_id: 'two\nlines', fields: ['name', 'phone'] })])
  t.same(text.split('\r\n'), [
    'seq,at,actor_type,actor_id,tenant_id,action,provider,object,external_id,request_id,conversation_id,phase,code,fields',
    '7,2026-01-15T00:00:00.000Z,tool,"a ""b"", c",acme,create_record,,,,"two\nlines",,intent,,name phone',
    '',
  ])
})

t.test('no cell of the CSV is a formula to a spreadsheet', async (t) => {
  for (const text of ['=1+1', '+1', '-1', '@sum(a1)', '\tx', '\r=1'])
    t.match(auditCsv([row({ conversation_id: text })]), `'${text}`, JSON.stringify(text))
  t.match(auditCsv([row({ fields: ['=1', 'b'] })]), "'=1 b")
  t.notMatch(auditCsv([row({ conversation_id: 'a=1' })]), "'", 'others stay as they are')
})
