import t, { type Test } from 'tap'
import { operatorToken, startSandbox, startService } from '../support/service.ts'

const CONTACT = { name: 'Ada Lovelace', phone: '(415) 555-0100', email: 'ada@example.test' }

/** A tenant whose account has columns of its own. */
const stage = async (t: Test) => {
  const [sandbox, service] = [await startSandbox(t), await startService(t)]
  const key = await service.tenant('acme', { sandbox })
  const operator = await operatorToken()
  const headers = { authorization: `Bearer ${sandbox.credentials.api_key}`, 'content-type': 'application/json' }
  const column = (name: string, type: string, more: object = {}) =>
    fetch(`${sandbox.url}/contacts/columns`, { method: 'POST', headers, body: JSON.stringify({ name, type, ...more }) })
  await column('shoe_size', 'integer')
  await column('member_since', 'date')
  await column('score', 'number', { read_only: true })
  await column('notes_inside', 'string')
  let keys = 0
  return {
    sandbox,
    map: async (...set: object[]) => {
      const answer = await service.post('/api/tenants/acme/mappings', operator, { set })
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    },
    create: async (fields: object) => {
      keys += 1
      return service.post('/v1/crm/create-record', key, { object: 'contact', fields, idempotency_key: `k${keys}` })
    },
    look: async (body: object) => (await service.post('/v1/crm/lookup-customer', key, body)).body,
    search: async (query: string, object = 'contact') =>
      (await service.post('/v1/crm/search-records', key, { object, query })).body.matches,
    recent: async () => (await service.post('/v1/crm/list-recent', key, { object: 'contact' })).body.records,
  }
}

t.test('mapped values come back under their slots, wherever records are read, in the form in which they are given', async (t) => {
  const { map, create, look, search, recent } = await stage(t)
  await map({ slot: 'contact.shoes', field: 'contact.shoe_size' }, { slot: 'contact.since', field: 'contact.member_since' })
  t.equal((await create({ ...CONTACT, shoes: '38', since: '2026-05-01T23:30:00-11:00' })).status, 201)
  const custom = { shoes: 38, since: '2026-05-01' }
  t.strictSame((await look({ phone: '+14155550100' })).customer.custom, custom)
  t.strictSame((await look({ email: 'ada@example.test' })).customer.custom, custom)
  t.strictSame((await search('Lovelace'))[0].custom, custom)
  t.strictSame((await recent())[0].custom, custom)
  t.notOk('fields' in (await recent())[0], 'and the native names stay inside')
})

t.test('without a mapping of the tenant nothing more is read than before', async (t) => {
  const { create, look, recent } = await stage(t)
  await create(CONTACT)
  t.notOk('custom' in (await look({ phone: '+14155550100' })).customer)
  t.notOk('custom' in (await recent())[0])
})

t.test('a row says whether its values are written, read, or both', async (t) => {
  const { map, create, look, sandbox } = await stage(t)
  await map(
    { slot: 'contact.score', field: 'contact.score', direction: 'read' },
    { slot: 'contact.inside', field: 'contact.notes_inside', direction: 'write' },
    { slot: 'contact.shoes', field: 'contact.shoe_size' },
  )
  t.match(await create({ ...CONTACT, score: 5 }), { status: 422, body: { code: 'field_unmapped', fields: ['contact.score'] } })
  t.equal((await create({ ...CONTACT, inside: 'talkative', shoes: 38 })).status, 201)
  t.match(sandbox.records('contact'), [{ notes_inside: 'talkative', shoe_size: 38 }])
  t.strictSame((await look({ phone: '+14155550100' })).customer.custom, { score: null, shoes: 38 })
})

t.test('the answer says by what it matched and how many there were, the best of them first', async (t) => {
  const { create, look } = await stage(t)
  const ada = (await create(CONTACT)).body.external_id
  const bea = (await create({ name: 'Bea', phone: '4155550100', email: 'bea@example.test' })).body.external_id
  t.match(await look({ phone: '+1 415-555-0100' }), { matched_by: 'phone', match_count: 2, customer: { external_id: ada } })
  const both = await look({ phone: '(415) 555 0100', email: 'bea@example.test' })
  t.match(both, { matched_by: 'phone', match_count: 2, customer: { external_id: bea } })
  t.match(await look({ phone: '+14155550199', email: 'bea@example.test' }), { matched_by: 'email', match_count: 1 })
  t.match(await look({ external_id: ada }), { matched_by: 'external_id', match_count: 1 })
  t.strictSame(await look({ phone: '+14155550199' }), { customer: null, matched_by: null, match_count: 0 })
})

t.test('a number is searched for as the number that it is, and other digits as text', async (t) => {
  const { create, search } = await stage(t)
  const { external_id } = (await create(CONTACT)).body
  await create({ name: 'Room 5550100', email: 'room@example.test' })
  for (const query of ['415-555-0100', '+1 (415) 555-0100', '4155550100']) t.match(await search(query), [{ external_id }], query)
  t.equal((await search('Room 5550100')).length, 1)
})
