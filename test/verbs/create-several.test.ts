import t, { type Test } from 'tap'
import { createKey } from '../../core/admin/keys.ts'
import { createTenant } from '../../core/admin/tenants.ts'
import type { Sandbox } from '../../core/sandbox.ts'
import { sweep } from '../../core/verbs/sweep.ts'
import hubspotSandbox from '../../drivers/hubspot/sandbox.ts'
import { connectAs, waysTo } from '../support/connect-as.ts'
import { type Answer, operatorToken, startService } from '../support/service.ts'

const OPERATOR = { actorType: 'platform_operator', actorId: 'test' } as const
const silent = { debug: () => undefined, warn: () => undefined }
const LEAD = { name: 'Ada Lovelace', email: 'ada@example.test', title: 'Analytical engine', amount: 500_000 }

interface Stage {
  sandbox: Sandbox
  create(key: string, fields: object): Promise<Answer>
  post(path: string, body: object): Promise<Answer>
  get(path: string): Promise<Answer>
  remove(object: string, id: string): Promise<Answer>
  /** As if the lease of whoever had it were over. */
  expire(): Promise<void>
  sweep(): Promise<void>
  ask(statement: string): Promise<Record<string, unknown>[]>
}

/** A tenant at HubSpot, where a lead is a contact and a deal. */
const stage = async (t: Test, variant?: string): Promise<Stage> => {
  const sandbox = await hubspotSandbox({ variant })
  t.teardown(() => sandbox.close())
  const service = await startService(t, waysTo({ hubspot: sandbox }))
  const { pipeline, database } = service.app
  await createTenant(pipeline, database, OPERATOR, { id: 'acme', name: 'Acme', region: 'US' })
  const driver = pipeline.registry().get('hubspot')
  await connectAs(pipeline, database, driver, { ...OPERATOR, tenantId: 'acme', entered: sandbox.settings })
  const { key } = await createKey(pipeline, database, { ...OPERATOR, tenantId: 'acme', scopes: ['crm:read', 'crm:write'] })
  const post = (path: string, body: object) => service.post(`/v1/crm/${path}`, key, body)
  const ask = async (statement: string) => (await database.pool.query(statement)).rows
  return {
    sandbox,
    post,
    get: (path) => service.get(`/v1/crm/${path}`, key),
    create: (idempotency_key, fields) => post('create-record', { object: 'lead', fields, idempotency_key }),
    remove: async (object, id) => service.delete(`/api/tenants/acme/records/${object}/${id}`, await operatorToken()),
    expire: async () => void (await ask("update crm_operation set lease_until = now() - interval '1 second'")),
    sweep: async () => void (await sweep(pipeline, silent)),
    ask,
  }
}

/** What there is: contacts, deals, and how many deals each contact has. */
const counted = ({ sandbox }: Stage) => {
  const [contacts, deals] = [sandbox.records('contact'), sandbox.records('deal')]
  const ties = contacts.map(({ associations }) => (associations as Record<string, string[]>).deals?.length ?? 0)
  return { contacts: contacts.length, deals: deals.length, ties }
}
const ONE_OF_EACH = { contacts: 1, deals: 1, ties: [1] }

t.test('a lead whose fields lie on two objects is a contact and a deal that belong together', async (t) => {
  const at = await stage(t)
  const first = await at.create('k1', LEAD)
  t.match(first, { status: 201, body: { external_id: String, associated: [{ object: 'deal', external_id: String }] } })
  t.strictSame(counted(at), ONE_OF_EACH)
  t.match(at.sandbox.records('deal'), [{ dealname: 'Analytical engine', amount: '500000' }])
  t.equal(at.sandbox.records('contact')[0]?.id, first.body.external_id, "the id is the contact's")
  const [of, other] = [at.sandbox.records('contact'), at.sandbox.records('deal')].map((rows) => rows[0]?.vorel_idempotency_key)
  t.match(of, /^v[a-z2-7]{26}$/)
  t.match(other, /^v[a-z2-7]{26}$/)
  t.not(of, other, 'each has a reference of its own')
  const again = await at.create('k1', LEAD)
  t.equal(again.headers.get('idempotent-replayed'), 'true')
  t.strictSame(again.body, first.body)
  t.strictSame(counted(at), ONE_OF_EACH)
})

t.test('a lead without anything of a deal is a contact alone', async (t) => {
  const at = await stage(t)
  const { body } = await at.create('k1', { name: 'Ada Lovelace' })
  t.notOk('associated' in body)
  t.strictSame(counted(at), { contacts: 1, deals: 0, ties: [0] })
})

t.test('a deal without anybody it is about is refused before anything is written', async (t) => {
  const at = await stage(t)
  t.match(await at.create('k1', { amount: 5 }), {
    status: 422,
    body: { code: 'field_invalid', detail: /the contact that the lead is about/ },
  })
  t.strictSame(counted(at), { contacts: 0, deals: 0, ties: [] })
})

t.test('where the second is refused the first is told of, kept, and not made again when the payload is corrected', async (t) => {
  const at = await stage(t)
  const refused = await at.create('k1', { ...LEAD, stage: 'no such stage' })
  t.match(refused, { status: 422, body: { detail: /The contact of this create is there already: send it again, corrected/ } })
  t.strictSame(counted(at), { contacts: 1, deals: 0, ties: [0] })
  const [contact] = at.sandbox.records('contact')
  t.match((await at.get('operations/k1')).body, {
    state: 'failed',
    created_so_far: [{ object: 'contact', external_id: contact?.id }],
  })
  const corrected = await at.create('k1', { ...LEAD, name: 'Ada King' })
  t.match(corrected, { status: 201, body: { external_id: contact?.id } })
  t.strictSame(counted(at), ONE_OF_EACH)
  t.match(at.sandbox.records('contact'), [{ lastname: 'King' }], 'what was corrected of it is corrected')
  t.notOk('created_so_far' in (await at.get('operations/k1')).body)
})

for (const write of [1, 2, 3]) {
  t.test(`a line lost after write ${write} of three leaves one of each when the call is done`, async (t) => {
    const at = await stage(t)
    const reply = loseAnswerOf(at, write, () => at.create('k1', LEAD))
    t.match(await reply, { status: 201 })
    t.strictSame(counted(at), ONE_OF_EACH)
  })
}

/** Drops the line when the `nth` write is done. */
const loseAnswerOf = async ({ sandbox }: Stage, nth: number, act: () => Promise<Answer>): Promise<Answer> => {
  const reached = sandbox.holdNext('stored')
  const reply = act()
  let held = await reached
  for (let n = 1; n < nth; n += 1) {
    const next = sandbox.holdNext('stored')
    held.go()
    held = await next
  }
  held.drop()
  return reply
}

t.test('what is there is noted, sealed, before the second is sent; whoever takes over goes on from there', async (t) => {
  const at = await stage(t)
  const reached = at.sandbox.holdNext('stored')
  const reply = at.create('k1', LEAD)
  const second = at.sandbox.holdNext.bind(at.sandbox, 'arrived')
  const first = await reached
  const atSecond = second()
  first.go()
  const held = await atSecond
  const [row] = await at.ask("select state, encode(progress, 'escape') as progress from crm_operation")
  t.equal(row?.state, 'sent')
  t.ok(row?.progress)
  t.notMatch(row?.progress, /contact|Ada/)
  await at.expire()
  held.drop()
  const before = at.sandbox.writes().length
  await at.sweep()
  await reply
  t.strictSame(counted(at), ONE_OF_EACH)
  const paths = at.sandbox
    .writes()
    .slice(before)
    .map(({ path }) => path)
  t.notOk(
    paths.some((path) => path.endsWith('/contacts')),
    'the contact was not sent again',
  )
  t.match((await at.get('operations/k1')).body, { state: 'done', result: { associated: [{ object: 'deal' }] } })
})

t.test('a call that takes over a create between the two sends the rest of it alone', async (t) => {
  const at = await stage(t)
  const reached = at.sandbox.holdNext('stored')
  const reply = at.create('k1', LEAD)
  const first = await reached
  const atSecond = at.sandbox.holdNext('arrived')
  first.go()
  const held = await atSecond
  await at.expire()
  const before = at.sandbox.writes().length
  const taken = at.create('k1', LEAD)
  t.match(await taken, { status: 201, body: { associated: [{ object: 'deal' }] } })
  held.drop()
  await reply
  t.notOk(
    at.sandbox
      .writes()
      .slice(before)
      .some(({ path }) => path.endsWith('/contacts')),
    'the contact was not sent again',
  )
  t.strictSame(counted(at), ONE_OF_EACH)
})

t.test('between two records it is said whether the next is on its way, where a repeat of that would not converge', async (t) => {
  const statesOf = async (variant?: string) => {
    const at = await stage(t, variant)
    await at.ask('create table trail (n serial, state text)')
    await at.ask(`create function follow() returns trigger language plpgsql as
      $$ begin insert into trail (state) values (new.state); return new; end $$`)
    await at.ask('create trigger follow after insert or update on crm_operation for each row execute function follow()')
    t.match(await at.create('k1', LEAD), { status: 201 })
    return (await at.ask('select state from trail order by n')).map(({ state }) => state)
  }
  t.strictSame(await statesOf(), ['sent', 'sent', 'sent', 'done'])
  t.strictSame(await statesOf('no-schema'), ['claimed', 'sent', 'claimed', 'sent', 'sent', 'done'])
})

t.test('a create that stopped between the two is finished by the sweeper also where a repeat would not converge', async (t) => {
  const at = await stage(t, 'no-schema')
  const reached = at.sandbox.holdNext('stored')
  const reply = at.create('k1', LEAD)
  const held = await reached
  await at.ask('create table kept as select payload from crm_operation')
  at.sandbox.play('rate_limited', { times: 100, on: 'write' })
  held.go()
  t.match((await reply).status, 429)
  at.sandbox.calm()
  const between = "set state = 'claimed', lease_until = now() + interval '1 hour', payload = (select payload from kept)"
  await at.ask(`update crm_operation ${between}`)
  t.strictSame(counted(at), { contacts: 1, deals: 0, ties: [0] })
  t.match((await at.create('k1', LEAD)).status, 409, 'its lease goes on')
  await at.expire()
  await at.sweep()
  t.strictSame(counted(at), ONE_OF_EACH)
  t.match(await at.create('k1', LEAD), { status: 201, body: { associated: [{ object: 'deal' }] } })
  t.strictSame(counted(at), ONE_OF_EACH)
})

t.test('where a lost second can neither be repeated nor found it is left to a person, and the first is named', async (t) => {
  const at = await stage(t, 'no-schema')
  t.match(await loseAnswerOf(at, 2, () => at.create('k1', LEAD)), { status: 504, body: { code: 'outcome_unknown' } })
  t.match((await at.create('k1', LEAD)).body, { code: 'outcome_unknown' })
  t.equal(at.sandbox.records('deal').length, 1, 'it was not sent again')
  t.match((await at.get('operations/k1')).body, { state: 'outcome_unknown', created_so_far: [{ object: 'contact' }] })
})

t.test('a lead is read, found and changed as the contact that it is, under its own name', async (t) => {
  const at = await stage(t)
  const { body } = await at.create('k1', LEAD)
  t.match((await at.post('list-recent', { object: 'lead' })).body, {
    records: [{ object: 'lead', external_id: body.external_id }],
  })
  t.match((await at.post('search-records', { object: 'lead', query: 'Lovelace' })).body.matches, [{ object: 'lead' }])
  const change = (fields: object) => at.post('update-record', { object: 'lead', external_id: body.external_id, fields })
  t.match(await change({ email: 'countess@example.test' }), { status: 200 })
  t.match(await change({ amount: 1 }), { status: 422, body: { code: 'field_invalid', detail: /kept on the deal/ } })
  t.match(at.sandbox.records('contact'), [{ email: 'countess@example.test' }])
})

t.test('an operator deletes a record, and what it stands for', async (t) => {
  const at = await stage(t)
  const { body } = await at.create('k1', LEAD)
  t.match(await at.remove('lead', body.external_id), { status: 200, body: { deleted: true, hard_deleted: false } })
  t.equal((await at.remove('lead', body.external_id)).status, 404)
  t.equal((await at.remove('spaceship', '1')).status, 422)
  t.match(await at.ask("select phase, code from audit_log where action = 'delete_record' order by seq"), [
    { phase: 'intent' },
    { phase: 'outcome', code: 'ok' },
    { phase: 'intent' },
    { phase: 'outcome', code: 'record_not_found' },
    { phase: 'outcome', code: 'object_unsupported' },
  ])
})
