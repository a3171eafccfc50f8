import t, { type Test } from 'tap'
import odoo from '../../drivers/odoo/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { bestOf } from '../contract/connect.ts'
import { codeOf } from '../contract/driver.ts'
import { testFields } from '../live/fields.ts'
import { connect, skip } from '../live/odoo.ts'

const run = `v${Date.now().toString(36)}`

for (const api of ['json2', 'xmlrpc']) {
  const name = `${run}${api}`
  const live = (title: string, test: (t: Test, call: Awaited<ReturnType<typeof connect>>) => Promise<unknown>) =>
    t.test(`${api}: ${title}`, { skip }, async (t) => {
      const call = await connect(t, api)
      if (api === 'json2' && call().facts.version && Number.parseInt(call().facts.version ?? '', 10) < 19)
        return t.pass('this server has no JSON-2')
      await test(t, call)
    })

  const create = async (
    t: Test,
    call: Awaited<ReturnType<typeof connect>>,
    object: string,
    reference: string,
    fields: Fields,
    isKept = false,
  ) => {
    const created = await odoo.createRecord(call(), { object, fields, reference, idempotency_key: reference })
    const remove = () => odoo.deleteRecord?.(call(), { object, external_id: created.external_id }).catch(() => undefined)
    if (!isKept) t.teardown(remove)
    return created
  }

  live('a contact lives through every verb', async (t, call) => {
    const fields = {
      name: `Zoë ]]> <b> & ${name}`,
      email: `Zoe.${name}@example.test`,
      phone: '(415) 555-0177',
      comment: 'a <b@c.test>',
    }
    const { external_id, record_url } = await create(t, call, 'contact', name, { ...fields, country_id: 'United States' })
    t.match(record_url, external_id)
    const again = await create(t, call, 'contact', name, fields, true)
    t.equal(again.external_id, external_id, 'the same record under the same reference')
    for (const key of [{ phone: '+14155550177' }, { email: `zoe.${name}@EXAMPLE.test` }, { external_id }])
      t.match(bestOf(await odoo.lookupCustomer(call(), key)), { external_id, name: fields.name }, `by ${Object.keys(key)}`)
    t.equal(await odoo.lookupCustomer(call(), { phone: '+12125550177' }), null)
    const found = await odoo.searchRecords(call(), { object: 'contact', query: `& ${name}`, limit: 5 })
    t.strictSame(
      found.matches.map((match) => match.external_id),
      [external_id],
    )
    t.strictSame((await odoo.searchRecords(call(), { object: 'contact', query: '%', limit: 5 })).matches, [])
    await odoo.updateRecord(call(), { object: 'contact', external_id, fields: { city: 'Paris', email: null } })
    await odoo.updateRecord(call(), { object: 'contact', external_id, fields: { country_id: 'France' } })
    t.match(bestOf(await odoo.lookupCustomer(call(), { external_id })), { email: null, phone: '(415) 555-0177' })
    const since = new Date(Date.now() - 120_000).toISOString()
    const { records } = await odoo.listRecent(call(), { object: 'contact', since, limit: 1 })
    t.equal(records[0]?.external_id, external_id)
    t.strictSame(await odoo.deleteRecord?.(call(), { object: 'contact', external_id }), { deleted: true, hard_deleted: true })
    t.equal(await odoo.lookupCustomer(call(), { external_id }), null)
    t.equal(
      await codeOf(odoo.updateRecord(call(), { object: 'contact', external_id, fields: { city: 'x' } })),
      'record_not_found',
    )
  })

  live('a lead and a deal live through theirs', async (t, call) => {
    for (const object of ['lead', 'deal']) {
      const fields = {
        contact_name: `Ada ${name}`,
        email_from: 'ada@example.test',
        expected_revenue: 1234.5,
        date_deadline: '2027-01-31',
      }
      const { external_id } = await create(t, call, object, `${name}${object}`, {
        ...fields,
        description: 'x <y>\nz',
        user_id: null,
      })
      const { matches } = await odoo.searchRecords(call(), { object, query: `Ada ${name}`, limit: 9 })
      t.ok(matches.some((match) => match.external_id === external_id && match.name === `Ada ${name}`))
      for (const [bad, field] of [
        [{ probability: 150 }, 'probability'],
        [{ type: 'zz' }, 'type'],
        [{ nosuch: 'x' }, 'nosuch'],
        [{ country_id: 'Nowhere' }, 'country_id'],
      ] as [Fields, string][]) {
        const asked = odoo.updateRecord(call(), { object, external_id, fields: bad })
        t.match(await asked.catch((error: unknown) => error), { code: 'field_invalid', fields: [field] })
      }
      await odoo.deleteRecord?.(call(), { object, external_id })
      const gone = odoo.deleteRecord?.(call(), { object, external_id })
      t.equal(await codeOf(Promise.resolve(gone)), 'record_not_found')
    }
  })

  live('what is wrong with a connection is told as what it is', async (t, call) => {
    for (const changes of [{ api_key: 'f'.repeat(40) }, { database: 'nope' }] as Record<string, string>[]) {
      t.equal((await odoo.testConnection(call(changes))).ok, false)
      const asked = odoo.searchRecords(call(changes), { object: 'contact', query: name, limit: 1 })
      t.equal(await codeOf(asked), 'auth_error')
    }
    const removed = odoo.deleteRecord?.(call(), { object: 'contact', external_id: '1' })
    t.equal(await codeOf(Promise.resolve(removed)), 'delete_unsupported')
  })

  live('every default field is there', async (t, call) => {
    for (const [object, { fields }] of Object.entries(odoo.manifest.objects)) {
      const described = await odoo.describeObject?.(call(), { object })
      const names = new Set(described?.fields.map((field) => field.name))
      for (const { field } of Object.values(fields)) t.ok(names.has(field), `${object}.${field}`)
    }
  })

  live('creates of one reference at once leave one record', async (t, call) => {
    const fields = { name: `Race ${name}` }
    const asked = [1, 2, 3, 4].map(() => create(t, call, 'contact', `${name}race`, fields, true))
    const settled = await Promise.allSettled(asked)
    for (const result of settled)
      if (result.status === 'rejected') t.match(result.reason, { code: 'provider_unavailable', effect: 'none' })
    const { external_id } = await create(t, call, 'contact', `${name}race`, fields)
    const { matches } = await odoo.searchRecords(call(), { object: 'contact', query: fields.name, limit: 9 })
    t.strictSame(
      matches.map((match) => match.external_id),
      [external_id],
    )
  })
}

testFields()
