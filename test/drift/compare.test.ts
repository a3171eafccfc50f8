import t from 'tap'
import { driftOf } from '../../core/drift/compare.ts'
import type { Drift, FieldDescription } from '../../schemas/field.ts'
import type { MappingRow } from '../../schemas/mapping.ts'

const field = (name: string, more: Partial<FieldDescription> = {}): FieldDescription => ({
  name,
  label: name.toUpperCase(),
  type: 'number',
  required: false,
  writable: true,
  custom: true,
  ...more,
})
const row = (slot: string, path: string, more: Partial<MappingRow> = {}): MappingRow => ({
  slot,
  path,
  type: 'number',
  options: null,
  direction: 'both',
  label: path.slice(path.indexOf('.') + 1).toUpperCase(),
  ...more,
})

const BUDGET = row('lead.budget_max', 'lead.budget')

/** What is found where `before` became `now`. */
const found = (
  rows: MappingRow[],
  before: FieldDescription[] | null,
  now: FieldDescription[],
  { isOpen = false, known = [] as Drift[] } = {},
) => driftOf({ rows, described: new Map([['lead', { before, now: { fields: now, isOpen } }]]), known })
const kinds = (drift: Drift[]) => drift.map(({ kind, field: path, slot }) => [kind, path, slot])

t.test('what is as it was is nothing', async (t) => {
  t.strictSame(found([BUDGET], [field('budget')], [field('budget'), field('other')]), [])
  t.strictSame(found([BUDGET], null, [field('budget')]), [])
})

t.test('a field that is gone is removed, or renamed where a new one bears its label', async (t) => {
  t.strictSame(kinds(found([BUDGET], [field('budget')], [])), [['removed', 'lead.budget', 'lead.budget_max']])
  const [drift] = found([BUDGET], [field('budget')], [field('budget_2', { label: 'Budget' })])
  t.match(drift, { kind: 'renamed', field: 'lead.budget', detail: /lead\.budget_2/ })
  const old = [field('budget'), field('budget_2', { label: 'Budget' })]
  t.strictSame(kinds(found([BUDGET], old, old.slice(1))), [['removed', 'lead.budget', 'lead.budget_max']], 'it was there before')
  const taken = [BUDGET, row('lead.other', 'lead.budget_2', { label: 'Budget' })]
  t.match(
    kinds(found(taken, null, [field('budget_2', { label: 'Budget' })])),
    [['removed', 'lead.budget']],
    'it is mapped already',
  )
})

t.test('a field once told to be renamed stays renamed, although the new one was described meanwhile', async (t) => {
  const now = [field('budget_2', { label: 'Budget' })]
  const first = found([BUDGET], [field('budget')], now)
  t.match(found([BUDGET], now, now, { known: first }), [{ kind: 'renamed', since: first[0]?.since }])
  t.strictSame(kinds(found([BUDGET], now, [], { known: first })), [['removed', 'lead.budget', 'lead.budget_max']])
})

t.test('where fields need not be listed, one that is not is not missed', async (t) => {
  t.strictSame(found([BUDGET], [field('budget')], [], { isOpen: true }), [])
})

t.test('another type, another label and a field closed for writing are told, each for itself', async (t) => {
  t.strictSame(kinds(found([BUDGET], null, [field('budget', { type: 'string' })])), [
    ['retyped', 'lead.budget', 'lead.budget_max'],
  ])
  t.match(found([BUDGET], null, [field('budget', { label: 'Ceiling' })]), [
    { kind: 'renamed', detail: /'Ceiling' now, and called it 'BUDGET'/ },
  ])
  t.strictSame(kinds(found([BUDGET], null, [field('budget', { writable: false })])), [
    ['read_only', 'lead.budget', 'lead.budget_max'],
  ])
  t.strictSame(found([{ ...BUDGET, direction: 'read' }], null, [field('budget', { writable: false })]), [])
  const all = field('budget', { type: 'date', label: 'Ceiling', writable: false })
  t.equal(found([BUDGET], null, [all]).length, 3)
  t.strictSame(
    found([{ ...BUDGET, label: null }], null, [field('budget', { label: 'Ceiling' })]),
    [],
    'its label was never known',
  )
})

t.test('a field that is required now and was not is told, mapped or not, for as long as it is', async (t) => {
  const required = [field('budget'), field('source', { required: true })]
  const first = found([BUDGET], [field('budget'), field('source')], required)
  t.match(first, [{ kind: 'required', field: 'lead.source', slot: null, detail: /Map a slot to it/ }])
  t.match(found([BUDGET], [field('budget')], required), [{ kind: 'required' }], 'it was not even there')
  t.strictSame(found([BUDGET], required, required), [], 'it was required before')
  t.match(
    found([BUDGET], required, required, { known: first }),
    [{ kind: 'required', since: first[0]?.since }],
    'and it is known of',
  )
  t.strictSame(found([BUDGET], required, [field('budget'), field('source')], { known: first }), [], 'and it is so no more')
  t.strictSame(found([], null, required), [], 'how it was is not known')
  t.match(found([BUDGET], [field('budget')], [field('budget', { required: true })]), [
    { slot: 'lead.budget_max', detail: /has to give/ },
  ])
  t.strictSame(found([], [], [field('id', { required: true, writable: false })]), [], 'nobody could give it')
})

t.test('since when is kept, and what could not be looked at stays', async (t) => {
  const since = '2026-01-01T00:00:00.000Z'
  const known: Drift[] = [{ kind: 'removed', field: 'lead.budget', slot: 'lead.budget_max', detail: 'gone', since }]
  t.match(found([BUDGET], [], [], { known }), [{ since }])
  t.not(found([BUDGET], [], [field('budget', { type: 'date' })], { known })[0]?.since, since)
  const elsewhere = driftOf({ rows: [BUDGET], described: new Map(), known })
  t.match(elsewhere, known)
})
