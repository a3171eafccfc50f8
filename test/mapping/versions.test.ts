import t from 'tap'
import { mappingDesk } from './desk.ts'

const row = (slot: string, field: string) => ({ slot: `lead.${slot}`, field: `lead.${field}` })
const slotsOf = (mappings: { slot: string }[]) => mappings.map(({ slot }) => slot)

t.test('every change is a version, told by what it did and who did it', async (t) => {
  const desk = await mappingDesk(t)
  const acme = await desk.tenant('acme')
  t.match(await acme.get('mappings'), { status: 200, body: { provider: 'memory', version: 0, mappings: [] } })
  t.match((await acme.get('mappings/versions')).body, { versions: [] })

  t.match((await acme.set(row('a', 'name'), row('b', 'email'))).body, { version: 1 })
  t.match((await acme.set(row('a', 'note'))).body, { version: 2 })
  t.match((await acme.post('mappings', { set: [row('c', 'phone')], unset: ['opportunity.b'] })).body, {
    version: 3,
    mappings: [{ slot: 'lead.a' }, { slot: 'lead.c' }],
  })
  t.match((await acme.get('mappings')).body, {
    version: 3,
    mappings: [{ slot: 'lead.a', path: 'lead.note' }, { slot: 'lead.c' }],
  })

  const { body } = await acme.get('mappings/versions')
  t.match(body.versions, [
    { version: 3, change: 'set lead.c; unset lead.b', by: 'ada' },
    { version: 2, change: 'set lead.a' },
    { version: 1, change: 'set lead.a, lead.b' },
  ])
  t.match((await acme.get('mappings/versions/1')).body.mappings, [{ path: 'lead.name' }, { path: 'lead.email' }])
  t.match(await acme.get('mappings/versions/4'), { status: 404, body: { code: 'not_found', detail: /There are 1 to 3/ } })
  t.equal((await acme.get('mappings/versions/0')).status, 400)

  t.test('a difference names what came, went and changed', async (t) => {
    const of = async (query: string) => (await acme.get(`mappings/diff${query}`)).body
    t.match(await of(''), { from: 2, to: 3, added: [{ slot: 'lead.c' }], removed: [{ slot: 'lead.b' }], changed: [] })
    t.match(await of('?from=1&to=2'), {
      added: [],
      removed: [],
      changed: [{ slot: 'lead.a', from: { path: 'lead.name' }, to: { path: 'lead.note' } }],
    })
    t.match(await of('?from=0&to=1'), { added: [{ slot: 'lead.a' }, { slot: 'lead.b' }] })
    t.match(await of('?from=3&to=1'), { added: [{ slot: 'lead.b' }], removed: [{ slot: 'lead.c' }] })
    t.equal((await acme.get('mappings/diff?from=9')).status, 404)
  })

  t.test('what was removed cannot be removed again, and nothing else of that change is made', async (t) => {
    const refused = await acme.post('mappings', { set: [row('d', 'name')], unset: ['lead.b', 'lead.never'] })
    t.match(refused, { status: 400, body: { detail: /no mapping of lead\.b, lead\.never/ } })
    t.match((await acme.get('mappings')).body, { version: 3 })
    t.equal((await acme.post('mappings', {})).status, 400)
  })

  t.test('a restore is a version of its own, and calls go by it', async (t) => {
    t.match(await acme.post('mappings/restore', { version: 1 }), { status: 200, body: { version: 4 } })
    t.match((await acme.get('mappings/versions')).body.versions[0], { version: 4, change: 'restore version 1' })
    t.same(slotsOf((await acme.get('mappings')).body.mappings), ['lead.a', 'lead.b'])
    t.equal((await acme.create('lead', { a: 'Ada', b: 'ada@example.test' })).status, 201)
    t.match(acme.sandbox.records('lead'), [{ name: 'Ada', email: 'ada@example.test' }])
    t.equal((await acme.post('mappings/restore', { version: 99 })).status, 404)
  })

  t.test('a restore that the CRM has no fields for any more is refused with all of its faults', async (t) => {
    await acme.columns('DELETE', 'leads/columns/email')
    await acme.columns('PATCH', 'leads/columns/name', { read_only: true })
    const { status, body } = await acme.post('mappings/restore', { version: 1 })
    t.equal(status, 422)
    t.match(body, { fields: ['lead.name', 'lead.email'], detail: /cannot be written.*no field 'email'/ })
    t.match((await acme.get('mappings')).body, { version: 4 })
  })

  t.test('what is mapped can be removed while the CRM refuses us', async (t) => {
    await desk.ask("update connection set status = 'reauth_required'")
    t.match((await acme.set(row('e', 'note'))).body, { code: 'connection_not_active' })
    t.match(await acme.post('mappings', { unset: ['lead.a'] }), { status: 200, body: { version: 5 } })
    await desk.ask("update connection set status = 'active'")
  })
})

t.test('what was accepted by a word of the operator is accepted by a restore, while the field is what it was', async (t) => {
  const acme = await (await mappingDesk(t)).tenant('acme')
  t.equal((await acme.set({ ...row('name', 'budget'), type: 'number' })).status, 200)
  t.equal((await acme.post('mappings', { unset: ['lead.name'] })).status, 200)
  t.match(await acme.post('mappings/restore', { version: 1 }), { status: 200 })
  await acme.columns('PATCH', 'leads/columns/budget', { type: 'date' })
  t.match(await acme.post('mappings/restore', { version: 1 }), { status: 422, body: { detail: /takes a date/ } })
})

t.test('operators who change a mapping at once lose no row, and no two versions have one number', async (t) => {
  const desk = await mappingDesk(t)
  const acme = await desk.tenant('acme')
  const [before] = await desk.ask('select mapping_version from connection')
  const names = Array.from({ length: 12 }, (_, at) => `s${at}`)
  const done = await Promise.all(names.map((name) => acme.set(row(name, 'note'))))
  t.same(new Set(done.map(({ status }) => status)), new Set([200]))
  t.same(
    done.map(({ body }) => body.version).sort((a, b) => a - b),
    names.map((_, at) => at + 1),
  )
  const { body } = await acme.get('mappings')
  t.same(slotsOf(body.mappings), names.map((name) => `lead.${name}`).sort())
  t.equal((await acme.get('mappings/versions/12')).body.mappings.length, 12)
  const [after] = await desk.ask('select mapping_version from connection')
  t.ok(Number(after?.mapping_version) >= Number(before?.mapping_version) + 12)
})

t.test('rows older than the versions are the first of them', async (t) => {
  const desk = await mappingDesk(t)
  const acme = await desk.tenant('acme')
  await desk.ask(
    "insert into field_mapping (tenant_id, provider, slot, path, type) values ('acme', 'memory', 'lead.old', 'lead.note', 'text')",
  )
  t.match((await acme.set(row('a', 'name'))).body, { version: 2 })
  t.match((await acme.get('mappings/versions')).body.versions[1], { version: 1, change: /before versions were kept/ })
  t.match((await acme.get('mappings/diff')).body, { added: [{ slot: 'lead.a' }], removed: [], changed: [] })
})

t.test('no other caller than an operator gets at any of it', async (t) => {
  const desk = await mappingDesk(t)
  await desk.tenant('acme')
  const { service } = desk
  for (const path of [
    'fields/lead',
    'mappings',
    'mappings/versions',
    'mappings/versions/1',
    'mappings/diff',
    'mappings/suggestions',
  ])
    t.equal((await service.get(`/api/tenants/acme/${path}`, 'vk_nobody')).status, 401, path)
  for (const path of ['mappings', 'mappings/test', 'mappings/restore'])
    t.equal((await service.post(`/api/tenants/acme/${path}`, '', {})).status, 401, path)
})
