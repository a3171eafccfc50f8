import t from 'tap'
import { likeness, nearest } from '../../core/admin/mapping-near.ts'

const field = (name: string, label = name) => ({
  name,
  label,
  object: 'lead',
  type: 'string' as const,
  required: false,
  writable: true,
  custom: false,
})
const FIELDS = [
  field('x_studio_max', 'Budget (maximum)'),
  field('budget', 'Budget'),
  field('MoveInDate__c', 'Move-in date'),
  field('phone_mobile', 'Téléphone mobile'),
  field('website', 'Website'),
]
const names = (wanted: string) => nearest([wanted], FIELDS).map(({ name }) => name)

t.test('the same words are the same, however they are put together', async (t) => {
  for (const [a, b] of [
    ['move_in_date', 'MoveInDate'],
    ['budgetmax', 'Budget-Max'],
    ['telephone', 'Téléphone'],
  ] as const)
    t.equal(likeness(a, b), 1, `${a} ${b}`)
  t.equal(likeness('budget', 'website'), 0)
  t.equal(likeness('', 'x'), 0)
})

t.test('fields are found by their names and by their labels, the closest first', async (t) => {
  t.same(names('budget_max'), ['x_studio_max', 'budget'])
  t.equal(names('movein')[0], 'MoveInDate__c')
  t.same(names('telephone'), ['phone_mobile'])
  t.same(names('websit'), ['website'])
  t.equal(nearest(['budgetmax'], [field('budget'), field('x_budget_max')])[0]?.name, 'x_budget_max')
  t.same(names('qqq'), [])
})

t.test('five are enough', async (t) => {
  const many = Array.from({ length: 9 }, (_, at) => field(`budget_${at}`))
  t.equal(nearest(['budget'], many).length, 5)
})
