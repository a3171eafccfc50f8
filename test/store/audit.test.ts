import { randomUUID } from 'node:crypto'
import t from 'tap'
import { AuditLog } from '../../core/store/audit.ts'
import { entry, stored } from './rows.ts'

t.test('an entry is written as it was given', async (t) => {
  const [pool] = await stored(t)
  const given = entry({
    externalId: '42',
    conversationId: 'conv_1',
    phase: 'outcome',
    code: 'ok',
    fields: ['name', 'lead.budget_max'],
  })
  await new AuditLog(pool).write(given)
  const { rows } = await pool.query('select * from audit_log')
  t.match(rows, [
    {
      actor_type: 'api_key',
      actor_id: 'key_1',
      tenant_id: 'acme',
      action: 'create_record',
      provider: 'memory',
      object: 'lead',
      external_id: '42',
      request_id: given.requestId,
      conversation_id: 'conv_1',
      phase: 'outcome',
      code: 'ok',
      fields: ['name', 'lead.budget_max'],
    },
  ])
})

t.test('what is not given is null, with any number of entries at once and lists of any length', async (t) => {
  const [pool] = await stored(t)
  const log = new AuditLog(pool)
  const lists = Array.from({ length: 300 }, (_, n) => Array.from({ length: n % 5 }, (_, at) => `field_${n}_${at}`))
  await Promise.all(
    lists.map((fields, n) => log.write(entry({ tenantId: null, provider: null, object: null, requestId: `r${n}`, fields }))),
  )
  const { rows } = await pool.query(
    'select request_id, tenant_id, provider, code, fields from audit_log order by substr(request_id, 2)::int',
  )
  t.same(
    rows,
    lists.map((fields, n) => ({
      request_id: `r${n}`,
      tenant_id: null,
      provider: null,
      code: null,
      fields: fields.length ? fields : null,
    })),
  )
})

t.test('texts that SQL or arrays would trip over come back as they were', async (t) => {
  const [pool] = await stored(t)
  const log = new AuditLog(pool)
  const hostile = [`"; drop table audit_log; --`, '{a,b}', 'NULL', '\\', '"', "'", '\u2028', '😀', ' ', '$1']
  await Promise.all(hostile.map((actorId, n) => log.write(entry({ actorId, requestId: String(n) }))))
  const { rows } = await pool.query('select actor_id from audit_log order by request_id::int')
  t.same(
    rows.map((row) => row.actor_id),
    hostile,
  )
})

t.test('an entry that the table refuses is an error for its writer alone', async (t) => {
  const [pool] = await stored(t)
  const log = new AuditLog(pool)
  const written = await Promise.allSettled([
    log.write(entry({ requestId: 'good' })),
    log.write(entry({ actorType: 'nobody' as never })),
    log.write(entry({ actorId: 'nul \u0000 byte' })),
    log.write(entry({ requestId: 'good too' })),
  ])
  t.same(
    written.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  )
  const { rows } = await pool.query('select request_id from audit_log order by 1')
  t.same(
    rows.map((row) => row.request_id),
    ['good', 'good too'],
  )
})

t.test('rows are never changed, deleted or truncated, not even by the superuser', async (t) => {
  const [pool] = await stored(t)
  const log = new AuditLog(pool)
  await log.write(entry({ requestId: randomUUID() }))
  const { rows } = await pool.query('select usesuper from pg_user where usename = current_user')
  t.same(rows, [{ usesuper: true }], 'privileges alone would not hold this user back')
  for (const statement of [
    "update audit_log set code = 'ok'",
    'update audit_log set fields = null',
    'delete from audit_log',
    'truncate audit_log',
    'truncate audit_log, tenant cascade',
    "insert into audit_log (seq, actor_type, actor_id, action, request_id, phase) overriding system value select seq, 'tool', 'x', 'x', 'x', 'intent' from audit_log on conflict (seq) do update set actor_id = 'x'",
    "merge into audit_log a using audit_log b on a.seq = b.seq when matched then update set code = 'x'",
  ])
    await t.rejects(pool.query(statement), { code: '42501', message: /append-only/ }, statement)
  const left = await pool.query('select count(*)::int as n from audit_log where code is null')
  t.same(left.rows, [{ n: 1 }])
})

t.test('an ordinary user may read and append, and has no right to more', async (t) => {
  const [pool] = await stored(t)
  const { rows } = await pool.query(
    "select privilege_type from information_schema.role_table_grants where table_name = 'audit_log' and grantee in ('PUBLIC', current_user) and privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')",
  )
  t.same(rows, [])
})
