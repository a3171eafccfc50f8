import t from 'tap'
import hubspotSandbox from '../../drivers/hubspot/sandbox.ts'
import type { Suggestion } from '../../schemas/mapping.ts'
import { mappingDesk } from './desk.ts'

const COLUMNS = [
  { name: 'x_studio_pets', title: 'Has pets', type: 'boolean' },
  { name: 'cf_91', title: 'Preferred district', type: 'string' },
  { name: 'x_lead_source', title: 'Lead source', type: 'string', custom: false },
  { name: 'sync_hash_2', title: 'sync_hash_2', type: 'string' },
  { name: 'x_9f8e7d6c5b', title: 'Ref a83f91c0d2', type: 'string' },
  { name: 'score', title: 'Lead temperature', type: 'number', read_only: true },
]

t.test('what an account has, and no slot reaches, is suggested by its label, and applied only by an operator', async (t) => {
  const desk = await mappingDesk(t)
  const acme = await desk.tenant('acme')
  for (const column of COLUMNS) await acme.columns('POST', 'leads/columns', column)
  const suggested = async (): Promise<Suggestion[]> => (await acme.get('mappings/suggestions?object=lead')).body.suggestions
  const of = (all: Suggestion[], kind: string) => all.filter((one) => one.kind === kind).map(({ slot, path }) => [slot, path])

  const all = await suggested()
  t.same(of(all, 'custom_field'), [
    ['lead.has_pets', 'lead.x_studio_pets'],
    ['lead.preferred_district', 'lead.cf_91'],
  ])
  t.ok(all.every(({ reason }) => reason.length > 20))
  t.same((await acme.get('mappings')).body.mappings, [], 'none is applied')

  t.test('a slot that other providers have is matched to a field of its name', async (t) => {
    const known = all.filter(({ kind }) => kind === 'known_slot')
    t.match(known, [
      { slot: 'lead.source', path: 'lead.x_lead_source', label: 'Lead source', reason: /'Lead source'.*lead\.source/ },
    ])
  })

  t.test('a default that the account has not comes with the nearest field of a fitting type', async (t) => {
    await acme.columns('PATCH', 'leads/columns/budget', { name: 'budget_maximum', title: 'Budget maximum' })
    await acme.columns('POST', 'leads/columns', { name: 'budget_max', type: 'date', custom: false })
    await acme.columns('PATCH', 'leads/columns/move_in', { name: 'qqq', title: 'Zzz', type: 'boolean' })
    const missing = (await suggested()).filter(({ kind }) => kind === 'missing_default')
    t.match(missing, [
      { slot: 'lead.budget_max', path: 'lead.budget_maximum', reason: /usually has lead\.budget;.*takes a number/ },
      { slot: 'lead.move_in', path: null, reason: /Nothing there comes near/ },
    ])
  })

  t.test('what is accepted is mapped as one version and suggested no more', async (t) => {
    const take = async (slots: string[]) => {
      const chosen = (await suggested()).filter(({ slot }) => slots.includes(slot))
      return acme.set(...chosen.map(({ slot, path }) => ({ slot, field: path })))
    }
    t.match(await take(['lead.has_pets', 'lead.budget_max']), { status: 200, body: { version: 1, mappings: [{}, {}] } })
    const slots = (await suggested()).map(({ slot }) => slot)
    t.notOk(slots.includes('lead.has_pets') || slots.includes('lead.budget_max'))
    t.ok(slots.includes('lead.preferred_district'))
    await acme.create('lead', { name: 'Ada', has_pets: 'yes', budget_max: 5 })
    t.match(acme.sandbox.records('lead'), [{ x_studio_pets: true, budget_maximum: 5 }])
  })

  t.test('an object that is none is refused', async (t) => {
    t.match(await acme.get('mappings/suggestions?object=spaceship'), { status: 422, body: { code: 'object_unsupported' } })
  })
})

t.test('fields are kept for a day, and asked anew on demand', async (t) => {
  const desk = await mappingDesk(t)
  const acme = await desk.tenant('acme')
  const asked = () => acme.sandbox.requests.filter(({ path }) => path.endsWith('/columns')).length
  const labels = async (query = '') => {
    const { status, body } = await acme.get(`fields/opportunity${query}`)
    t.equal(status, 200)
    return body.fields.map(({ label }: { label: string }) => label)
  }
  const first = await labels()
  t.ok(first.includes('budget'))
  const before = asked()
  await acme.columns('PATCH', 'leads/columns/budget', { title: 'Spend' })
  t.same(await labels(), first, 'from what is kept')
  t.equal(asked(), before)
  t.ok((await labels('?refresh=true')).includes('Spend'))
  const [{ mapping_version: version } = {}] = await desk.ask('select mapping_version from connection')
  t.ok(Number(version) >= 2, 'calls look at the new options')

  await desk.ask("update field_description set described_at = now() - interval '25 hours'")
  await acme.columns('PATCH', 'leads/columns/budget', { title: 'Outlay' })
  t.ok((await labels()).includes('Outlay'), 'what is a day old is asked anew')
  await desk.ask('update field_description set connection_id = gen_random_uuid()')
  await acme.columns('PATCH', 'leads/columns/budget', { title: 'Sum' })
  t.ok((await labels()).includes('Sum'), "another connection's fields are not this one's")

  t.match(await acme.get('fields/spaceship'), { status: 422, body: { code: 'object_unsupported' } })
  t.equal((await acme.get('fields/lead?refresh=maybe')).status, 400)
})

t.test('where a lead is a contact and a deal, its fields are those of both, and values go to either', async (t) => {
  const sandbox = await hubspotSandbox()
  t.teardown(() => sandbox.close())
  const desk = await mappingDesk(t, { hubspot: sandbox })
  const acme = await desk.tenant('acme', { slug: 'hubspot' })
  const { body } = await acme.get('fields/lead')
  const paths: string[] = body.fields.map(({ path }: { path: string }) => path)
  t.ok(paths.includes('contact.email') && paths.includes('deal.amount'))
  t.notOk(paths.some((path) => path.startsWith('lead.')))

  t.match(await acme.set({ slot: 'lead.budget_max', field: 'deal.amount' }), {
    status: 200,
    body: { mappings: [{ slot: 'lead.budget_max', path: 'deal.amount', type: 'number' }], notes: [/not read back/] },
  })
  t.match(
    (await acme.set({ slot: 'lead.spend', field: 'lead.amount' })).body.detail,
    /no field 'amount' on contact.*Near: .*deal\.amount/,
  )
  const read = await acme.set({ slot: 'lead.won', field: 'deal.amount', direction: 'read' })
  t.match(read, { status: 422, body: { detail: /only what is on the record itself is read back/ } })

  const writes = sandbox.writes().length
  const tested = await acme.test('lead', { email: 'ada@example.test', budget_max: 5 })
  t.match(tested.body.requests, [{ object: 'contact' }, { object: 'deal', body: { properties: { amount: '5' } } }])
  t.match(tested.body.not_shown[0], /How the contact is associated with the deal/)
  t.match((await acme.test('lead', { budget_max: 5 })).body, {
    requests: [{ object: 'deal' }],
    not_shown: [/A request for the contact: no value goes there/],
    would_be_refused: { code: 'field_invalid' },
  })
  const refused = await acme.create('lead', { budget_max: 5 })
  t.equal((await acme.test('lead', { budget_max: 5 })).body.would_be_refused.detail, refused.body.detail)
  t.equal(sandbox.writes().length, writes)

  t.test("suggestions are made of the account's own labels", async (t) => {
    const { status, body } = await acme.get('mappings/suggestions?object=lead')
    t.equal(status, 200)
    t.ok(body.suggestions.every(({ slot }: Suggestion) => slot.startsWith('lead.')))
  })
})
