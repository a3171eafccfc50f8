import fc from 'fast-check'
import t from 'tap'
import * as mapping from '../../core/verbs/mapping.ts'
import * as plans from '../../core/verbs/plan.ts'
import { manifest } from '../../drivers/memory/manifest.ts'
import type { Manifest } from '../../schemas/manifest.ts'
import type { MappingRow } from '../../schemas/mapping.ts'
import type { Fields } from '../../schemas/verbs.ts'

const row = (slot: string, path: string, more: Partial<MappingRow> = {}): MappingRow => ({
  slot,
  path,
  type: 'string',
  options: null,
  direction: 'both',
  label: null,
  ...more,
})
const planOf = (of: Manifest, object: string, rows: MappingRow[]) => plans.planOf(of, object, { rows, options: new Map() })
const defaults = planOf(manifest, 'lead', [])
/** Of what goes to one record alone. */
const mapFields = (object: string, fields: Fields, plan: plans.Plan, onUnmapped: 'refuse' | 'skip') => {
  const { parts, skipped } = mapping.mapFields({ object, fields, zone: undefined }, plan, onUnmapped)
  if (parts.length !== 1) throw new Error(`${parts.length} parts`)
  return { fields: parts[0]?.fields ?? {}, skipped }
}
const failure = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return error as { code: string; fields: string[]; message: string }
  }
  throw new Error('nothing was thrown')
}

t.test('a slot goes to its default field, converted to its type', async (t) => {
  t.same(mapFields('lead', { name: 'Ada', budget_max: '500000', move_in: '2026-05-01T10:00:00Z' }, defaults, 'refuse'), {
    fields: { name: 'Ada', budget: 500_000, move_in: '2026-05-01' },
    skipped: [],
  })
})

t.test("a slot may carry its object's name", async (t) => {
  t.same(mapFields('lead', { 'lead.name': 'Ada' }, defaults, 'refuse').fields, { name: 'Ada' })
  t.equal(failure(() => mapFields('lead', { 'contact.name': 'Ada' }, defaults, 'refuse')).code, 'field_unmapped')
})

t.test("the tenant's row wins over the default, and only for its own object", async (t) => {
  const rows = [row('lead.name', 'lead.UF_Name__c'), row('contact.email', 'contact.mail')]
  const plan = planOf(manifest, 'lead', rows)
  t.same(mapFields('lead', { name: 'Ada', email: 'a@b.example' }, plan, 'refuse').fields, {
    UF_Name__c: 'Ada',
    email: 'a@b.example',
  })
  t.same(mapFields('contact', { email: 'x' }, planOf(manifest, 'contact', rows), 'refuse').fields, { mail: 'x' })
})

t.test('a native field may hold dots itself', async (t) => {
  const plan = planOf(manifest, 'lead', [row('lead.city', 'lead.address.city')])
  t.same(mapFields('lead', { city: 'Oslo' }, plan, 'refuse').fields, { 'address.city': 'Oslo' })
})

t.test('all unmapped slots are named at once, and nothing is to be written', async (t) => {
  const error = failure(() => mapFields('lead', { name: 'Ada', one: 1, 'lead.two': 2, 'deal.three': 3 }, defaults, 'refuse'))
  t.match(error, { code: 'field_unmapped', fields: ['lead.one', 'lead.two', 'lead.deal.three'] })
  t.match(error.message, /vorel map set <tenant> lead\.one/)
})

t.test('a tenant that chose to skip gets the rest written and the slots named', async (t) => {
  t.same(mapFields('lead', { name: 'Ada', one: 1, two: 2 }, defaults, 'skip'), {
    fields: { name: 'Ada' },
    skipped: ['lead.one', 'lead.two'],
  })
  t.match(
    failure(() => mapFields('lead', { one: 1 }, defaults, 'skip')),
    { code: 'field_unmapped', fields: ['lead.one'] },
  )
})

t.test('all values that cannot go where they should are named at once, without the values', async (t) => {
  const error = failure(() => mapFields('lead', { budget_max: 'ssn 123-45', move_in: 'soon-ish' }, defaults, 'refuse'))
  t.match(error, { code: 'field_invalid', fields: ['lead.budget_max', 'lead.move_in'] })
  t.match(error.message, /lead\.budget_max needs a number; lead\.move_in needs a date/)
  t.notMatch(error.message, /ssn|soon-ish/)
})

t.test('null clears a field and an empty text stays one', async (t) => {
  t.same(mapFields('lead', { name: null, email: '' }, defaults, 'refuse').fields, { name: null, email: '' })
})

t.test('two slots for one field are refused: one of the values would be lost', async (t) => {
  const plan = planOf(manifest, 'lead', [row('lead.full_name', 'lead.name')])
  for (const twin of ['full_name', 'lead.name']) {
    const given = { name: 'Ada', [twin]: 'Ada Lovelace' }
    t.match(
      failure(() => mapFields('lead', given, plan, 'refuse')),
      { code: 'field_invalid' },
      twin,
    )
  }
})

t.test('names that every JavaScript object has are slots like any other: unmapped, or mapped by the tenant', async (t) => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const given = JSON.parse(`{"name":"Ada","${name}":"x"}`)
    t.match(
      failure(() => mapFields('lead', given, defaults, 'refuse')),
      { code: 'field_unmapped', fields: [`lead.${name}`] },
    )
    t.same(mapFields('lead', given, defaults, 'skip').skipped, [`lead.${name}`])
    const { fields } = mapFields(
      'lead',
      { note: 'x', name: 'Ada' },
      planOf(manifest, 'lead', [row('lead.note', `lead.${name}`)]),
      'refuse',
    )
    t.same(Object.keys(fields), [name, 'name'], 'a native field of that name is written, not lost')
    t.equal(Object.getPrototypeOf(fields), Object.prototype)
  }
  t.equal(planOf(manifest, 'constructor', []).write.size, 0)
})

t.test('every slot given is either written, skipped or refused by name', async () => {
  const slots = fc.uniqueArray(fc.constantFrom('name', 'email', 'phone', 'note', 'one', 'two', 'budget_max', 'constructor'), {
    minLength: 1,
  })
  fc.assert(
    fc.property(slots, fc.boolean(), (names, isSkipping) => {
      const given = Object.fromEntries(names.map((name) => [name, '1']))
      const unknown = names.filter((name) => !defaults.write.has(name)).map((name) => `lead.${name}`)
      try {
        const { fields, skipped } = mapFields('lead', given, defaults, isSkipping ? 'skip' : 'refuse')
        return Object.keys(fields).length + skipped.length === names.length && skipped.join() === unknown.join()
      } catch (error) {
        return unknown.length > 0 && (error as { fields: string[] }).fields.join() === unknown.join()
      }
    }),
    { numRuns: 1000 },
  )
})
