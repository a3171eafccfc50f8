import t from 'tap'
import { mappingDesk } from './desk.ts'

const SCORE = { name: 'score', title: 'Lead score', type: 'number', read_only: true, custom: false }
const BUDGET = { name: 'x_budget_max', title: 'Budget (maximum)', type: 'number' }
const DAY = { name: 'x_day', title: 'Day of moving in', type: 'date' }
const KIND = {
  name: 'kind',
  title: 'Kind',
  type: 'option',
  choices: [
    { value: 'a', title: 'House' },
    { value: 'b', title: 'Flat' },
  ],
}

t.test('what an operator maps is held against what the CRM says of its fields now', async (t) => {
  const desk = await mappingDesk(t)
  const acme = await desk.tenant('acme')
  for (const column of [SCORE, BUDGET, DAY, KIND]) await acme.columns('POST', 'leads/columns', column)

  t.test('a field that fits is stored with its type, options and label', async (t) => {
    t.match(await acme.set({ slot: 'lead.kind', field: 'lead.kind' }), {
      status: 200,
      body: {
        version: 1,
        mappings: [
          {
            slot: 'lead.kind',
            path: 'lead.kind',
            type: 'option',
            direction: 'both',
            label: 'Kind',
            options: [
              { value: 'a', label: 'House' },
              { value: 'b', label: 'Flat' },
            ],
          },
        ],
      },
    })
  })

  t.test('an alias of the object is the object', async (t) => {
    const { body } = await acme.set({ slot: 'opportunity.spend', field: 'opportunity.x_budget_max' })
    t.match(body.mappings[1], { slot: 'lead.spend', path: 'lead.x_budget_max', type: 'number' })
  })

  t.test('a field that is not there is refused, and the nearest are named with their labels, the closest first', async (t) => {
    const { status, body } = await acme.set({ slot: 'lead.budget_max', field: 'lead.budgetmax' })
    t.equal(status, 422)
    t.match(body, { code: 'field_invalid', fields: ['lead.budgetmax'] })
    t.match(body.detail, /no field 'budgetmax' on lead\. Near: lead\.x_budget_max \(Budget \(maximum\)\), lead\.budget\. Nothing/)
    t.match(
      (await acme.set({ slot: 'lead.a', field: 'lead.day_of_moving' })).body.detail,
      /Near: lead\.x_day \(Day of moving in\)/,
    )
    t.match(
      (await acme.set({ slot: 'lead.zzz', field: 'lead.qqq' })).body.detail,
      /Its fields: vorel fields acme lead|Its fields:/,
    )
  })

  t.test('a read-only field is read and not written', async (t) => {
    const refused = await acme.set({ slot: 'lead.score', field: 'lead.score' })
    t.match(refused.body, {
      code: 'field_invalid',
      detail: /cannot be written at In-memory CRM\. It can be read back: --direction read/,
    })
    t.equal((await acme.set({ slot: 'lead.score', field: 'lead.score', direction: 'write' })).status, 422)
    t.match(await acme.set({ slot: 'lead.score', field: 'lead.score', direction: 'read' }), { status: 200 })
  })

  t.test('a value that can never be what the field takes is refused with both types and a field that fits', async (t) => {
    const cases = [
      [
        'lead.budget_max',
        'lead.x_day',
        /is a number, and lead\.x_day \(Day of moving in\) takes a date\..*Of a fitting type: lead\.\S/,
      ],
      ['lead.amount', 'lead.x_day', /is a number, and .* takes a date\. Of a fitting type: lead\.x_budget_max/],
      ['lead.move_in', 'lead.budget', /is a date, and lead\.budget takes a number\..*lead\.x_day/],
      ['lead.name', 'lead.budget', /is a text, and lead\.budget takes a number/],
      ['lead.name', 'lead.kind', null],
      ['lead.budget_max', 'lead.note', null],
      ['lead.a_slot_that_nobody_knows', 'lead.x_day', null],
    ] as const
    for (const [slot, field, detail] of cases) {
      const { status, body } = await acme.set({ slot, field })
      t.equal(status, detail ? 422 : 200, `${slot} to ${field}`)
      if (detail) t.match(body.detail, detail)
    }
  })

  t.test("what the slot holds is the operator's to say", async (t) => {
    t.equal((await acme.set({ slot: 'lead.name', field: 'lead.budget', type: 'number' })).status, 200)
    t.equal((await acme.set({ slot: 'lead.spend', field: 'lead.budget', type: 'date' })).status, 422)
  })

  t.test('another object is refused where the provider cannot associate two records', async (t) => {
    const { body } = await acme.set({ slot: 'lead.mobile', field: 'contact.phone' })
    t.match(body, {
      code: 'object_unsupported',
      detail: /cannot split one lead over two objects. Map lead.mobile to a field of lead/,
    })
  })

  t.test('all faults are told at once, and none of it is stored', async (t) => {
    const before = await acme.get('mappings')
    const { status, body } = await acme.set(
      { slot: 'lead.email', field: 'lead.phone' },
      { slot: 'lead.a', field: 'lead.nope' },
      { slot: 'lead.b', field: 'contact.phone' },
      { slot: 'lead.c', field: 'lead.score' },
      { slot: 'nothing', field: 'lead.name' },
    )
    t.equal(status, 422)
    t.match(body, { code: 'field_invalid', fields: ['lead.nope', 'lead.b', 'lead.score', 'nothing'] })
    for (const part of [/'nope' on lead/, /cannot split/, /cannot be written/, /'nothing' is not of the form/])
      t.match(body.detail, part)
    t.same((await acme.get('mappings')).body, before.body)
  })

  t.test('a slot that no create could name, or named twice, is refused', async (t) => {
    t.match(await acme.set({ slot: 'lead.budget-max', field: 'lead.budget' }), { status: 400, body: { code: 'invalid_request' } })
    const twice = [
      { slot: 'lead.x', field: 'lead.name' },
      { slot: 'opportunity.x', field: 'lead.email' },
    ]
    t.match(await acme.set(...twice), { status: 400, body: { detail: /lead\.x is named twice/ } })
  })

  t.test('what is set is what the next create sends, and what the next read brings back', async (t) => {
    t.equal((await acme.set({ slot: 'lead.name', field: 'lead.name' })).status, 200)
    t.match(await acme.create('lead', { name: 'Ada', kind: 'house', spend: '900' }), { status: 201 })
    t.match(acme.sandbox.records('lead'), [{ name: 'Ada', kind: 'a', x_budget_max: 900 }])
  })

  t.test('looking refreshed what is known of the fields', async (t) => {
    await acme.columns('PATCH', 'leads/columns/kind', { title: 'Sort' })
    await acme.set({ slot: 'lead.kind', field: 'lead.kind' })
    const { status, body } = await acme.get('fields/lead')
    t.equal(status, 200, JSON.stringify(body))
    t.match(
      body.fields.find(({ path }: { path: string }) => path === 'lead.kind'),
      { label: 'Sort' },
    )
  })

  t.test('the audit log names the fields of every try, and no value', async (t) => {
    const rows = await desk.ask(
      "select code, fields from audit_log where action = 'mapping.set' and phase = 'outcome' order by seq limit 4",
    )
    t.match(rows, [
      { code: 'ok', fields: ['lead.kind'] },
      { code: 'ok', fields: ['opportunity.spend'] },
      { code: 'field_invalid', fields: ['lead.budget_max'] },
    ])
  })
})

t.test('a provider that takes what it does not list is believed, and the operator is told', async (t) => {
  const { default: webhook } = await import('../../drivers/custom_webhook/sandbox.ts')
  const sandbox = await webhook()
  t.teardown(() => sandbox.close())
  const desk = await mappingDesk(t, { custom_webhook: sandbox })
  const acme = await desk.tenant('acme', { slug: 'custom_webhook' })
  const { status, body } = await acme.set({ slot: 'lead.pets', field: 'lead.number_of_pets', type: 'integer' })
  t.equal(status, 200)
  t.match(body, { mappings: [{ path: 'lead.number_of_pets', type: 'integer' }], notes: [/does not list lead\.number_of_pets/] })
  t.match((await acme.set({ slot: 'lead.pets', field: 'lead.pets' })).body.mappings, [{ type: 'string' }])
})
