import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Actor } from '../../core/admin/actor.ts'
import type { AppConfig } from '../../core/app.ts'
import { applySwitch } from '../../core/switches/apply.ts'
import { planSwitch } from '../../core/switches/plan.ts'
import { livingProcesses } from '../../core/switches/processes.ts'
import { freshDatabase } from '../support/database.ts'
import { driverFolders } from '../support/driver-folders.ts'
import { type Service, startSandbox, startService } from '../support/service.ts'

const OPERATOR: Actor = { actorType: 'platform_operator', actorId: 'ada' }
const ONE = { object: 'lead', fields: { name: 'Ada' } }

/** Two processes of one service, on one database. */
const pair = async (t: Test, overrides: Partial<AppConfig> = {}) => {
  const databaseUrl = await freshDatabase(t)
  const first = await startService(t, { databaseUrl, ...overrides })
  const second = await startService(t, { databaseUrl, ...overrides })
  return { first, second }
}
const until = async <T>(ask: () => Promise<T> | T, isWanted: (answer: T) => boolean, forMs: number): Promise<T> => {
  for (const giveUpAt = Date.now() + forMs; ; await sleep(20)) {
    const answer = await ask()
    if (isWanted(answer) || Date.now() > giveUpAt) return answer
  }
}
const plan = ({ app }: Service, provider: string, isOn: boolean) => planSwitch(app.pipeline, app.database, { provider, isOn })
const turn = ({ app }: Service, provider: string, isOn: boolean) =>
  applySwitch(app.pipeline, app.database, OPERATOR, { provider, isOn })
const lookup = (service: Service, key: string) => service.post('/v1/crm/lookup-customer', key, { email: 'ada@example.test' })
const auditOf = async ({ app }: Service, ...actions: string[]) =>
  (
    await app.database.pool.query(
      "select actor_type, actor_id, action, provider, fields, code from audit_log where action = any($1) and phase = 'outcome' order by seq",
      [actions],
    )
  ).rows

t.test('a switch counts in every process within two seconds, keeps credentials, and is undone by the next', async (t) => {
  const { first, second } = await pair(t)
  const key = await first.tenant('acme', { sandbox: await startSandbox(t) })
  t.equal((await lookup(second, key)).status, 200)
  t.same(await turn(first, 'memory', false), { provider: 'memory', state: 'off' })
  t.match(await lookup(first, key), { status: 409, body: { code: 'provider_disabled' } }, 'at once where it was asked for')
  const off = await until(
    () => lookup(second, key),
    ({ status }) => status === 409,
    2_000,
  )
  t.match(off, { status: 409, body: { code: 'provider_disabled' } })
  t.same(await turn(second, 'memory', true), { provider: 'memory', state: 'on' })
  const on = await until(
    () => lookup(first, key),
    ({ status }) => status === 200,
    2_000,
  )
  t.equal(on.status, 200, 'with the credentials that were stored before')
  const by = { actor_type: 'platform_operator', actor_id: 'ada', code: 'ok' }
  t.match(await auditOf(first, 'provider.switched_off', 'provider.switched_on'), [
    { ...by, action: 'provider.switched_off', provider: 'memory' },
    { ...by, action: 'provider.switched_on', provider: 'memory' },
  ])
  const applied = await auditOf(first, 'drivers.applied')
  const offs = applied
    .filter(({ fields }) => fields.join() === 'off:memory')
    .map(({ actor_type, actor_id }) => `${actor_type} ${actor_id}`)
  t.same(offs.sort(), ['platform_operator ada', 'system switch'], 'each process says that it followed, and on whose word')
})

t.test('what a process does not hear it reads: switches count without a notification', async (t) => {
  const service = await startService(t)
  await service.app.database.pool.query(
    "insert into provider_switch (provider, is_on, changed_by) values ('memory', false, 'ada')",
  )
  const state = () => service.app.drivers.registry().loaded('memory')?.listed.state
  t.equal(await until(state, (now) => now === 'off', 2_500), 'off')
})

t.test('a process that starts later begins with what was switched', async (t) => {
  const databaseUrl = await freshDatabase(t)
  const first = await startService(t, { databaseUrl })
  await turn(first, 'memory', false)
  const later = await startService(t, { databaseUrl })
  t.equal(later.app.drivers.registry().loaded('memory')?.listed.state, 'off')
})

t.test('the plan of a switch names the tenants it touches, the calls under way and the creates not settled', async (t) => {
  const { first, second } = await pair(t)
  const sandbox = await startSandbox(t)
  const key = await first.tenant('acme', { sandbox })
  await first.tenant('beta', { sandbox })
  await first.tenant('other')
  await first.app.database.pool.query("update connection set status = 'disconnected' where tenant_id = 'beta'")
  const held = sandbox.holdNext('arrived')
  const slow = first.post('/v1/crm/create-record', key, { ...ONE, idempotency_key: 'k1' })
  const { go } = await held
  const seen = await until(
    () => plan(second, 'memory', false),
    ({ inFlight }) => inFlight > 0,
    5_000,
  )
  t.match(seen, { provider: 'memory', now: 'on', after: 'off', tenantCount: 1, inFlight: 1 })
  t.same(seen.tenants, [{ id: 'acme', name: 'acme' }])
  t.match(seen.warnings, [/provider_disabled/, /not settled yet: 1/])
  t.match(await plan(second, 'memory', true), { now: 'on', after: 'on', warnings: [/on already/] })
  go()
  t.equal((await slow).status, 201)
})

t.test('what the file has off by name no operator switches on; reserved and unknown ones neither', async (t) => {
  const service = await startService(t, { providers: { memory: false } })
  await t.rejects(turn(service, 'memory', true), { code: 'provider_disabled', message: /config file.*wins/ })
  t.match(await plan(service, 'memory', true), { now: 'off', after: 'off', warnings: [/config file.*wins/] })
  await t.rejects(turn(service, 'opentable', true), { code: 'provider_reserved' })
  await t.rejects(turn(service, 'nobody', false), { code: 'not_found' })
  await t.rejects(plan(service, 'nobody', false), { code: 'not_found' })
  t.same((await service.app.database.pool.query('select provider from provider_switch')).rows, [])
})

t.test('a switch whose change cannot be audited changes nothing in the registry', async (t) => {
  const service = await startService(t)
  const { pool } = service.app.database
  await pool.query(`create function no_apply() returns trigger language plpgsql as $$
    begin if new.action = 'drivers.applied' then raise exception 'no'; end if; return new; end $$;
    create trigger no_apply before insert on audit_log for each row execute function no_apply()`)
  const before = service.app.drivers.registry()
  await t.rejects(turn(service, 'memory', false))
  t.equal(service.app.drivers.registry(), before)
  await pool.query('drop trigger no_apply on audit_log')
  const state = () => service.app.drivers.registry().loaded('memory')?.listed.state
  t.equal(await until(state, (now) => now === 'off', 2_500), 'off', 'and is tried again')
})

t.test('a faulty driver keeps its old version and does not hold up the good changes beside it', async (t) => {
  const { root, add, edit } = await driverFolders(t)
  await add('lantern')
  await add('beacon')
  const service = await startService(t, { driverFolders: [root] })
  const { drivers } = service.app
  const old = drivers.registry().loaded('lantern')
  await edit('lantern', ['manifest.ts', 'contractVersion: 1', 'contractVersion: 9'])
  await add('torch')
  await turn(service, 'beacon', false)
  t.equal(drivers.registry().get('lantern'), old?.driver)
  t.same(
    drivers.standings().map(({ slug, state }) => `${slug} ${state}`),
    ['beacon off', 'lantern on', 'torch on'],
  )
  t.match((await auditOf(service, 'drivers.applied'))[0]?.fields, ['off:beacon', 'refused:lantern', 'on:torch'])
})

t.test('processes tell that they live, and are gone after a clean stop', async (t) => {
  const databaseUrl = await freshDatabase(t)
  const first = await startService(t, { databaseUrl })
  const second = await startService(t, { databaseUrl })
  const living = () => livingProcesses(first.app.database.pool)
  const both = await until(living, ({ length }) => length === 2, 3_000)
  t.same(both.map(({ id }) => id).sort(), [first.app.drivers.processId, second.app.drivers.processId].sort())
  t.match(
    both[0]?.drivers.find(({ slug }) => slug === 'memory'),
    { state: 'on', version: /^[0-9a-f]{16}$/ },
  )
  await second.app.close()
  t.same(
    (await living()).map(({ id }) => id),
    [first.app.drivers.processId],
  )
  await first.app.database.pool.query("update service_process set seen_at = now() - interval '16 seconds'")
  t.same(
    (await living()).map(({ id }) => id),
    [],
    'one that is silent for long counts as ended',
  )
})
