import t, { type Test } from 'tap'
import { connectTenant } from '../../core/admin/connections.ts'
import { checkMappings } from '../../core/cli/check-mappings.ts'
import { watchFields } from '../../core/drift/watch.ts'
import { watching } from '../../core/routes/drift.ts'
import type { Sandbox } from '../../core/sandbox.ts'
import { type Answer, operatorToken, type Service, startSandbox, startService } from '../support/service.ts'

interface Stage {
  sandbox: Sandbox
  service: Service
  key: string
  /** Changes a column of the CRM's leads. */
  column(name: string, change: object | null): Promise<void>
  map(slot: string, field: string): Promise<Answer>
  /** A day later. */
  run(): Promise<number>
  drift(): Promise<object[]>
  ask(path: string): Promise<Answer>
  audit(): Promise<object[]>
}

/** A tenant whose account has a column of its own, mapped. */
const stage = async (t: Test): Promise<Stage> => {
  const [sandbox, service] = [await startSandbox(t), await startService(t)]
  const key = await service.tenant('acme', { sandbox })
  const { pipeline, database } = service.app
  const operator = await operatorToken()
  const headers = { authorization: `Bearer ${sandbox.credentials.api_key}`, 'content-type': 'application/json' }
  const at = async (path: string, method: string, body?: object) => {
    const answer = await fetch(`${sandbox.url}/leads/columns${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(await answer.text())
  }
  const ask = (path: string) => service.post(`/api/tenants/acme/${path}`, operator, {})
  await at('', 'POST', { name: 'ceiling', title: 'Budget ceiling', type: 'number', custom: true })
  const map = (slot: string, field: string) => service.post('/api/tenants/acme/mappings', operator, { set: [{ slot, field }] })
  const mapped = await map('lead.budget_ceiling', 'lead.ceiling')
  if (mapped.status !== 200) throw new Error(JSON.stringify(mapped.body))
  return {
    sandbox,
    service,
    key,
    column: (name, change) => (change ? at(`/${name}`, 'PATCH', change) : at(`/${name}`, 'DELETE')),
    map,
    ask,
    run: async () => {
      await database.pool.query("update connection set drift_checked_at = drift_checked_at - interval '25 hours'")
      return watchFields(pipeline, watching(service.app))
    },
    drift: async () => (await service.get('/api/tenants/acme/connection', operator)).body.drift,
    audit: async () =>
      (
        await database.pool.query(
          "select action, actor_id, fields from audit_log where action like 'mapping.drift%' order by seq",
        )
      ).rows,
  }
}

const create = ({ service, key }: Stage) =>
  service.post('/v1/crm/create-record', key, {
    object: 'lead',
    fields: { name: 'Ada', budget_ceiling: 5 },
    idempotency_key: crypto.randomUUID(),
  })
const metric = async ({ service }: Stage) => (await service.get('/metrics')).body

t.test(
  'a field renamed at the CRM is flagged by the next run, once, before a call fails of it; and no more when it is mapped anew',
  async (t) => {
    const at = await stage(t)
    t.equal(await at.run(), 1)
    t.strictSame(await at.drift(), [])
    t.equal((await create(at)).status, 201)
    await at.column('ceiling', { name: 'upper_limit' })
    t.equal(await at.run(), 1)
    t.match(await at.drift(), [
      { kind: 'renamed', field: 'lead.ceiling', slot: 'lead.budget_ceiling', detail: /lead\.upper_limit/, since: /^20/ },
    ])
    t.strictSame(await at.audit(), [{ action: 'mapping.drifted', actor_id: 'drift-watch', fields: ['lead.ceiling'] }])
    t.match(await metric(at), /vorel_mapping_drift_total\{provider="memory",kind="renamed"\} 1/)
    t.not((await create(at)).status, 201, 'a call would have been the first to tell')
    await at.run()
    t.equal((await at.audit()).length, 1, 'what is known is not told again')
    t.match(await metric(at), /kind="renamed"\} 1/)
    t.equal((await at.map('lead.budget_ceiling', 'lead.upper_limit')).status, 200)
    await at.run()
    t.strictSame(await at.drift(), [])
    t.equal((await create(at)).status, 201)
  },
)

t.test('removed, retyped, closed and newly required fields are flagged', async (t) => {
  const at = await stage(t)
  await at.run()
  await at.column('ceiling', { type: 'date', read_only: true })
  await at.column('email', { required: true })
  await at.run()
  t.match(await at.drift(), [{ kind: 'retyped' }, { kind: 'read_only' }, { kind: 'required', field: 'lead.email', slot: null }])
  await at.run()
  t.equal((await at.drift()).length, 3, 'and stay so')
  await at.column('ceiling', null)
  await at.column('email', { required: false })
  await at.run()
  t.match(await at.drift(), [{ kind: 'removed', field: 'lead.ceiling' }])
  t.match((await at.audit()).at(-1), { action: 'mapping.drift_over', fields: ['lead.ceiling', 'lead.email'] })
})

t.test(
  'an operator looks at once, and accepts new names and newly required fields; what needs another mapping stays',
  async (t) => {
    const at = await stage(t)
    await at.column('ceiling', { title: 'Upper limit' })
    await at.column('email', { required: true })
    t.match((await at.ask('drift/check')).body.drift, [{ kind: 'renamed', detail: /'Upper limit' now/ }, { kind: 'required' }])
    t.strictSame((await at.ask('drift/accept')).body, { drift: [] })
    t.strictSame((await at.ask('drift/check')).body, { drift: [] })
    t.match(await at.audit(), [
      { action: 'mapping.drifted', actor_id: 'ada' },
      { action: 'mapping.drift_accepted' },
      { action: 'mapping.drift_accepted' },
      { action: 'mapping.drift_over' },
    ])
    await at.column('ceiling', null)
    t.match((await at.ask('drift/accept')).body.drift, [{ kind: 'removed' }])
  },
)

t.test('what is mapped anew is looked at soon, and nothing is told of it until then', async (t) => {
  const at = await stage(t)
  await at.column('ceiling', { type: 'date' })
  await at.column('email', { required: true })
  await at.run()
  t.match(await at.drift(), [{ kind: 'retyped', slot: 'lead.budget_ceiling' }])
  t.equal((await at.map('lead.note_to_self', 'lead.note')).status, 200)
  t.match(await at.drift(), [{ kind: 'retyped' }], 'of another slot nothing changed')
  t.equal((await at.map('lead.budget_ceiling', 'lead.ceiling')).status, 200)
  t.match(await at.drift(), [{ kind: 'required' }], 'and what is of no slot stays')
  t.equal((await at.drift()).length, 1)
  t.equal(await watchFields(at.service.app.pipeline, watching(at.service.app)), 1, 'and it is due')
})

t.test('another account of the same provider is described anew, and nothing is told of the last one', async (t) => {
  const at = await stage(t)
  await at.column('ceiling', null)
  await at.run()
  t.equal((await at.drift()).length, 1)
  const other = await startSandbox(t)
  const { pipeline, database } = at.service.app
  const entered = { ...other.settings, ...other.credentials }
  await connectTenant(pipeline, database, {
    actorType: 'platform_operator',
    actorId: 'ada',
    tenantId: 'acme',
    provider: 'memory',
    entered,
  })
  t.strictSame(await at.drift(), [])
  t.strictSame((await database.pool.query('select from field_description')).rowCount, 0)
})

t.test('a connection that somebody is busy with is left for later, and holds up nobody', async (t) => {
  const at = await stage(t)
  const { pipeline, database } = at.service.app
  const busy = await database.pool.connect()
  await busy.query('begin')
  await busy.query("select from connection where tenant_id = 'acme' for update")
  try {
    await database.pool.query("set lock_timeout = '2s'")
    t.equal(await watchFields(pipeline, watching(at.service.app)), 0)
  } finally {
    await busy.query('rollback')
    busy.release()
  }
  t.equal(await watchFields(pipeline, watching(at.service.app)), 1)
})

t.test('once a day, by one process of several, and only where there is something to compare', async (t) => {
  const at = await stage(t)
  const { pipeline, database } = at.service.app
  await at.service.tenant('bare', { sandbox: at.sandbox })
  const looked = await Promise.all(Array.from({ length: 5 }, () => watchFields(pipeline, watching(at.service.app))))
  t.strictSame(looked.toSorted(), [0, 0, 0, 0, 1])
  t.equal(await watchFields(pipeline, watching(at.service.app)), 0)
  const { rows } = await database.pool.query('select tenant_id from connection where drift_checked_at is not null')
  t.strictSame(rows, [{ tenant_id: 'acme' }])
})

t.test(
  'a CRM that cannot be asked says nothing of its fields: what is known stays, and it is asked again within the hour',
  async (t) => {
    const at = await stage(t)
    await at.column('ceiling', null)
    await at.run()
    t.equal((await at.drift()).length, 1)
    at.sandbox.play('unavailable', { times: 1_000 })
    t.equal(await at.run(), 1)
    t.equal((await at.drift()).length, 1)
    const { rows } = await at.service.app.database.pool.query(
      "select drift_checked_at + interval '1 day' - now() between interval '55 minutes' and interval '61 minutes' as soon from connection",
    )
    t.strictSame(rows, [{ soon: true }])
    t.equal((await at.ask('drift/check')).status, 503)
  },
)

t.test('vorel check names the tenants, and finds nothing to tell where nothing changed', async (t) => {
  const at = await stage(t)
  const { database } = at.service.app
  t.strictSame(await checkMappings(database), [])
  await at.column('ceiling', null)
  await at.run()
  t.match(await checkMappings(database), [{ subject: 'mappings', isFine: true, detail: /acme \(1\)$/, remedy: /vorel drift/ }])
})
