import fc from 'fast-check'
import t, { type Test } from 'tap'
import odoo from '../../drivers/odoo/driver.ts'
import type { Fields, FieldType } from '../../schemas/field.ts'
import { bestOf } from '../contract/connect.ts'
import { ask, connect, skip } from './odoo.ts'

const run = Date.now().toString(36)
const RECORDS = 30

/** How an administrator makes a field of each of our types. */
const NATIVE: Record<FieldType, object> = {
  string: { ttype: 'char' },
  text: { ttype: 'text' },
  html: { ttype: 'html' },
  integer: { ttype: 'integer' },
  number: { ttype: 'float' },
  boolean: { ttype: 'boolean' },
  date: { ttype: 'date' },
  datetime: { ttype: 'datetime' },
  option: { ttype: 'selection', selection_ids: ['b2b', 'b2c'].map((value) => [0, 0, { value, name: `<${value}>` }]) },
  options: { ttype: 'many2many', relation: 'res.partner.category' },
}
const TYPES = Object.keys(NATIVE) as FieldType[]
const nameOf = (kind: string): string => `x_vorel_${run}_${kind}`

const addField = async (t: Test, kind: string, native: object): Promise<number> => {
  const [model_id] = await ask<number[]>('ir.model', 'search', { domain: [['model', '=', 'res.partner']] })
  const made = { name: nameOf(kind), model_id, field_description: `Vorel ${kind}`, ...native }
  const [id = 0] = await ask<number[]>('ir.model.fields', 'create', { vals_list: [made] })
  t.teardown(() => ask('ir.model.fields', 'unlink', { ids: [id] }).catch(() => undefined))
  return id
}

/** With a zone for the key's user, which times must not follow. */
const inZone = async (t: Test, tz: string): Promise<void> => {
  const { uid } = await ask<{ uid: number }>('res.users', 'context_get', {})
  const [user] = await ask<{ tz: string | false }[]>('res.users', 'read', { ids: [uid], fields: ['tz'] })
  t.teardown(() => ask('res.users', 'write', { ids: [uid], vals: { tz: user?.tz ?? false } }))
  await ask('res.users', 'write', { ids: [uid], vals: { tz } })
}

const addTags = async (t: Test): Promise<string[]> => {
  const names = ['c', 'a', 'b'].map((letter) => ({ name: `Vorel ${run} ${letter}` }))
  const ids = await ask<number[]>('res.partner.category', 'create', { vals_list: names })
  t.teardown(() => ask('res.partner.category', 'unlink', { ids }))
  return ids.map(String)
}

const ODD = [
  '<',
  '>',
  '&',
  '"',
  '&amp;',
  '<p>',
  '<br>',
  ']]>',
  '  ',
  '\t',
  '\n',
  '\u00a0',
  '> ',
  '-- \n',
  'http://x.test/?a=1&b=2',
  'a@b.c',
]
const text = fc
  .array(fc.oneof(fc.constantFrom(...ODD), fc.string({ unit: 'grapheme', maxLength: 5 })), { minLength: 1, maxLength: 10 })
  .map((parts) => parts.join('').replaceAll(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, ''))
  .filter((made) => made.trim() !== '')
const moment = fc
  .date({ min: new Date('1000-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => `${date.toISOString().slice(0, 19)}.000Z`)
const anyOf = (tags: string[]): Record<FieldType, fc.Arbitrary<Fields[string]>> => ({
  string: text,
  text,
  html: text,
  integer: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  number: fc.oneof(
    fc.integer().map((cents) => cents / 100),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((made) => made + 0),
  ),
  boolean: fc.boolean(),
  date: moment.map((iso) => iso.slice(0, 10)),
  datetime: moment,
  option: fc.constantFrom('b2b', 'b2c'),
  options: fc.uniqueArray(fc.constantFrom(...tags), { minLength: 1 }),
})

/** Related records come back in an order of their own. */
const shown = (fields: Fields | undefined) =>
  Object.fromEntries(
    TYPES.map((type) => [type, fields?.[nameOf(type)]]).map(([type, value]) => [
      type,
      Array.isArray(value) ? [...value].sort() : value,
    ]),
  )

/** In one file with the other live tests, thus never beside them: while fields are made, Odoo refuses what others write. */
export const testFields = (): void => {
  t.test(
    'a mapping to new fields of every type works, and tells them from those that are computed, gone, or never were',
    { skip },
    async (t) => {
      const old = await connect(t)
      await inZone(t, 'America/New_York')
      const tags = await addTags(t)
      const ids: Record<string, number> = {}
      for (const type of TYPES) ids[type] = await addField(t, type, NATIVE[type])
      const compute = `for one in self: one['${nameOf('calc')}'] = (one.name or '').upper()`
      await addField(t, 'calc', { ttype: 'char', compute, depends: 'name', store: false, readonly: true })
      await addField(t, 'kept', {
        ttype: 'char',
        compute: compute.replaceAll('calc', 'kept'),
        depends: 'name',
        store: true,
        readonly: true,
      })

      const described = await odoo.describeObject?.(old(), { object: 'contact' })
      const field = (kind: string) => described?.fields.find(({ name }) => name === nameOf(kind))
      for (const type of TYPES)
        t.match(
          field(type),
          { type, label: `Vorel ${type}`, custom: true, writable: true, required: false },
          `${type} is described`,
        )
      t.strictSame(field('option')?.options, [
        { value: 'b2b', label: '<b2b>' },
        { value: 'b2c', label: '<b2c>' },
      ])
      for (const kind of ['calc', 'kept']) t.match(field(kind), { writable: false, custom: true }, `${kind} is computed`)
      t.equal(field('never'), undefined)

      const read = { contact: TYPES.map((type) => ({ field: nameOf(type), type })) }
      const record = fc
        .record(anyOf(tags))
        .map((made) => Object.fromEntries(TYPES.map((type) => [nameOf(type), made[type]]))) as fc.Arbitrary<Fields>
      for (const api of ['json2', 'xmlrpc']) {
        const young = await connect(t, api)
        t.equal(young().facts.time_zone, 'America/New_York')
        for (const [age, call] of Object.entries({ older: api === 'json2' ? old : young, younger: young })) {
          const reference = `vlive${run}${api}${age}`
          const { external_id } = await odoo.createRecord(call(), {
            object: 'contact',
            fields: { name: `Ada ${reference}` },
            reference,
            idempotency_key: reference,
          })
          t.teardown(() => odoo.deleteRecord?.(call(), { object: 'contact', external_id }).catch(() => undefined))
          for (const [n, fields] of fc.sample(record, RECORDS).entries()) {
            if (n % 2) await odoo.updateRecord(call(), { object: 'contact', external_id, fields })
            else
              await odoo.createRecord(call(), {
                object: 'contact',
                fields: { name: `Ada ${reference}`, ...fields },
                reference,
                idempotency_key: reference,
              })
            const found = bestOf(await odoo.lookupCustomer(call(), { external_id, read }))
            t.strictSame(
              shown(found?.fields),
              shown(fields),
              `${api}, facts ${age} than the fields, ${n % 2 ? 'update' : 'create'} ${n}`,
            )
          }
          const nothing = Object.fromEntries(TYPES.map((type) => [nameOf(type), null]))
          await odoo.updateRecord(call(), { object: 'contact', external_id, fields: nothing })
          const { matches } = await odoo.searchRecords(call(), { object: 'contact', query: `Ada ${reference}`, limit: 2, read })
          t.strictSame(
            matches.map(({ fields }) => fields),
            [{ ...nothing, [nameOf('integer')]: 0, [nameOf('number')]: 0, [nameOf('boolean')]: false }],
          )
        }
      }

      const call = await connect(t)
      await ask('ir.model.fields', 'unlink', { ids: [ids.string] })
      const { records } = await odoo.listRecent(call(), {
        object: 'contact',
        since: new Date(Date.now() - 600_000).toISOString(),
        limit: 1,
        read,
      })
      t.match(records[0]?.fields, { [nameOf('string')]: null, [nameOf('boolean')]: false }, 'what is gone is nothing')
      const now = await odoo.describeObject?.(call(), { object: 'contact' })
      t.notOk(now?.fields.some(({ name }) => name === nameOf('string')))
    },
  )

  for (const api of ['json2', 'xmlrpc'])
    t.test(
      `${api}: everybody with a number or an address is told, persons first, then by age, and by searches too`,
      { skip },
      async (t) => {
        const call = await connect(t, api)
        const digits = String(Date.now() % 10_000).padStart(4, '0')
        const email = `crowd.${run}${api}@example.test`
        const names = ['Crowd Ltd', 'Ada', 'Bea', 'Cid']
        const phones = [`415-555-${digits}`, `(415) 555-${digits}`, `+1 415 555 ${digits}`, `+1 212 555 ${digits}`]
        for (const [n, name] of names.entries()) {
          const fields = { name: `${name} ${run}`, phone: phones[n] ?? '', email, is_company: n === 0 }
          const reference = `vcrowd${run}${api}${n}`
          const { external_id } = await odoo.createRecord(call(), {
            object: 'contact',
            fields,
            reference,
            idempotency_key: reference,
          })
          t.teardown(() => odoo.deleteRecord?.(call(), { object: 'contact', external_id }).catch(() => undefined))
        }
        const told = (list: { name: string | null }[] = []) => list.map(({ name }) => name?.replace(` ${run}`, ''))
        const phone = `+1415555${digits}`
        t.strictSame(told((await odoo.lookupCustomer(call(), { phone }))?.customers), ['Ada', 'Bea', 'Crowd Ltd'])
        t.strictSame(told((await odoo.lookupCustomer(call(), { email }))?.customers), ['Ada', 'Bea', 'Cid', 'Crowd Ltd'])
        const { matches } = await odoo.searchRecords(call(), { object: 'contact', query: `415 555${digits}`, phone, limit: 9 })
        t.strictSame(told(matches).sort(), ['Ada', 'Bea', 'Crowd Ltd'])
      },
    )
}
