import t from 'tap'
import type { Sandbox } from '../../core/sandbox.ts'
import { mappingDesk } from './desk.ts'

const written = ({ sandbox }: { sandbox: Sandbox }) => [sandbox.writes().length, sandbox.records('lead').length]

t.test('a test shows every conversion and the request, and writes nothing', async (t) => {
  const desk = await mappingDesk(t)
  const acme = await desk.tenant('acme')
  await acme.columns('POST', 'leads/columns', { name: 'score', title: 'Score', type: 'number', read_only: true })
  const before = written(acme)
  const { status, body } = await acme.test('lead', { name: 'Ada', 'lead.budget_max': '500000', move_in: '2026-03-01T10:00:00Z' })
  t.equal(status, 200)
  t.match(body, {
    provider: 'memory',
    object: 'lead',
    conversions: [
      { slot: 'lead.name', given: 'Ada', path: 'lead.name', type: 'string', value: 'Ada', fault: null },
      { slot: 'lead.budget_max', given: '500000', path: 'lead.budget', type: 'number', value: 500_000, fault: null },
      { slot: 'lead.move_in', path: 'lead.move_in', type: 'date', value: '2026-03-01' },
    ],
    requests: [
      {
        object: 'lead',
        method: 'PUT',
        path: /^\/leads\/by-reference\/v[a-z2-7]{26}$/,
        content_type: 'application/json',
        body: { name: 'Ada', budget: 500_000, move_in: '2026-03-01' },
      },
    ],
    would_be_refused: null,
  })
  t.same(written(acme), before)

  t.test('what is wrong with one value does not hide the others, and is told as a create tells it', async (t) => {
    const cases: [string, object][] = [
      ['a value', { name: 'Ada', budget_max: 'much', move_in: 'soon' }],
      ['a slot without a field', { name: 'Ada', shoe_size: 44, budget_max: 'much' }],
      ['nothing that goes anywhere', { shoe_size: 44 }],
      ['one place twice', { name: 'Ada', 'lead.name': 'Grace' }],
    ]
    for (const [what, fields] of cases) {
      const [shown, made] = [await acme.test('lead', fields), await acme.create('lead', fields, what.replaceAll(' ', '-'))]
      t.equal(shown.status, 200, what)
      t.equal(made.status, 422)
      t.same(shown.body.would_be_refused, { code: made.body.code, detail: made.body.detail }, what)
    }
    const { body } = await acme.test('lead', { name: 'Ada', budget_max: 'much', shoe_size: 44 })
    t.match(body.conversions, [
      { value: 'Ada', fault: null },
      { path: 'lead.budget', value: null, fault: 'needs a number' },
      { slot: 'lead.shoe_size', path: null, type: null, fault: /not mapped: a create is refused/ },
    ])
    t.same(body.requests[0].body, { name: 'Ada' }, 'the rest is shown')
    t.equal(sandboxRecords(acme), before[1])
  })

  t.test('an object that the CRM has not, or values that are none, are refused', async (t) => {
    t.match(await acme.test('spaceship', { name: 'x' }), { status: 422, body: { code: 'object_unsupported' } })
    t.equal((await acme.test('lead', {})).status, 400)
  })

  t.test('the audit log has the names of the fields and none of the values', async (t) => {
    const [row] = await desk.ask(
      "select * from audit_log where action = 'mapping.tested' and phase = 'intent' order by seq limit 1",
    )
    t.match(row, { fields: ['name', 'lead.budget_max', 'move_in'], object: 'lead' })
    t.notMatch(JSON.stringify(row), /500000|Ada/)
  })
})

const sandboxRecords = ({ sandbox }: { sandbox: Sandbox }) => sandbox.records('lead').length

t.test('a tenant that leaves out what is not mapped is shown so', async (t) => {
  const acme = await (await mappingDesk(t)).tenant('acme', { onUnmapped: 'skip' })
  const { body } = await acme.test('lead', { name: 'Ada', shoe_size: 44 })
  t.match(body, { would_be_refused: null, conversions: [{}, { fault: /a create leaves it out/ }] })
  t.match(await acme.create('lead', { name: 'Ada', shoe_size: 44 }), {
    status: 201,
    body: { skipped_fields: ['lead.shoe_size'] },
  })
})

t.test('an API key that a value quotes is not shown', async (t) => {
  const acme = await (await mappingDesk(t)).tenant('acme')
  const secret = String(acme.sandbox.credentials.api_key)
  const { body } = await acme.test('lead', { name: `key ${secret}` })
  t.match(body.requests, [{ body: { name: 'key [secret]' } }])
})
