import t, { type Test } from 'tap'
import type { VorelError } from '../../core/driver.ts'
import { literal, phoneDomain } from '../../drivers/odoo/domain.ts'
import odoo from '../../drivers/odoo/driver.ts'
import { explainFault, explainLoad, refusal } from '../../drivers/odoo/faults.ts'
import { recordUrl } from '../../drivers/odoo/map.ts'
import startSandbox from '../../drivers/odoo/sandbox.ts'
import { majorOf } from '../../drivers/odoo/server.ts'
import { toCell, toWrite } from '../../drivers/odoo/values.ts'
import { decodeAnswer, exceptionOf } from '../../drivers/odoo/xmlrpc.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { bestOf, type Crm, connect, reference } from '../contract/connect.ts'

const VARIANTS = ['19', '14']
const open = (t: Test, variant: string): Promise<Crm> => connect(t, odoo, (options) => startSandbox({ ...options, variant }))

const create = (crm: Crm, object: string, fields: Fields, ref = reference()) =>
  odoo.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })

const update = (crm: Crm, object: string, external_id: string, fields: Fields) =>
  odoo.updateRecord(crm.call(), { object, external_id, fields })

const stored = (crm: Crm, object = 'contact') => crm.sandbox.records(object)[0] ?? {}

const refused = async (asked: Promise<unknown>): Promise<VorelError> => {
  try {
    await asked
  } catch (error) {
    return error as VorelError
  }
  throw new Error('it was not refused')
}

/** A test in both versions. */
const inBoth = (name: string, run: (t: Test, crm: Crm, variant: string) => Promise<unknown>) => {
  for (const variant of VARIANTS) t.test(`Odoo ${variant}: ${name}`, async (t) => run(t, await open(t, variant), variant))
}

t.test('JSON-2 is spoken from 19 on, XML-RPC before', async (t) => {
  for (const [variant, path] of [
    ['19', '/json/2/res.partner/load'],
    ['14', '/xmlrpc/2/object'],
  ] as const) {
    const crm = await open(t, variant)
    await create(crm, 'contact', { name: 'Ada' })
    t.equal(crm.sandbox.requests.at(-1)?.path, path)
  }
})

t.test('hosted servers put words before their number', async (t) => {
  t.equal(majorOf('saas~18.2'), 18)
  t.equal(majorOf('19.0'), 19)
})

inBoth('without facts a call finds out by itself what it must know', async (t, crm) => {
  const blank = () => ({ ...crm.call(), facts: {} })
  const fields = { contact_name: 'Ada Lovelace', description: 'a < b' }
  const ref = reference()
  await odoo.createRecord(blank(), { object: 'lead', fields, reference: ref, idempotency_key: ref })
  const { matches } = await odoo.searchRecords(blank(), { object: 'lead', query: 'Lovelace', limit: 5 })
  t.match(matches, [{ name: 'Ada Lovelace' }])
})

inBoth('a lead of name, e-mail and phone has a title', async (t, crm) => {
  await create(crm, 'lead', { contact_name: 'Ada Lovelace', email_from: 'ada@example.test', phone: '+14155550100' })
  t.match(stored(crm, 'lead'), { name: 'Ada Lovelace', contact_name: 'Ada Lovelace', email_from: 'ada@example.test' })
  await create(crm, 'lead', { email_from: 'grace@example.test', name: '' })
  t.match(crm.sandbox.records('lead')[1], { name: 'grace@example.test' })
})

inBoth('a title that is mapped stays', async (t, crm) => {
  await create(crm, 'lead', { contact_name: 'Ada Lovelace', name: 'Kitchen refit' })
  t.match(stored(crm, 'lead'), { name: 'Kitchen refit' })
  const { matches } = await odoo.searchRecords(crm.call(), { object: 'lead', query: 'kitchen', limit: 5 })
  t.match(matches, [{ name: 'Ada Lovelace' }], 'and finds the person')
})

t.test('a lead has the type that its tenant sees, a deal is an opportunity, a mapped type wins', async (t) => {
  for (const variant of VARIANTS)
    for (const [setting, type] of [
      ['', 'opportunity'],
      ['+leads', 'lead'],
    ]) {
      const crm = await open(t, variant + setting)
      await create(crm, 'lead', { contact_name: 'Ada' })
      await create(crm, 'deal', { contact_name: 'Ada' })
      await create(crm, 'deal', { contact_name: 'Ada', type: 'lead' })
      t.strictSame(
        crm.sandbox.records('lead').map((lead) => lead.type),
        [type, 'opportunity', 'lead'],
        variant + setting,
      )
    }
})

t.test('where the Leads setting is on, leads and deals are found apart', async (t) => {
  for (const variant of VARIANTS) {
    const crm = await open(t, `${variant}+leads`)
    const since = new Date(Date.now() - 60_000).toISOString()
    for (const object of ['lead', 'deal']) await create(crm, object, { contact_name: `Ada ${object}` })
    for (const object of ['lead', 'deal']) {
      const { matches } = await odoo.searchRecords(crm.call(), { object, query: 'Ada', limit: 5 })
      const { records } = await odoo.listRecent(crm.call(), { object, since, limit: 5 })
      for (const found of [matches, records])
        t.strictSame(
          found.map(({ name }) => name),
          [`Ada ${object}`],
        )
    }
  }
})

inBoth('moments are told in UTC', async (t, crm) => {
  const { external_id } = await create(crm, 'contact', { name: 'Ada' })
  const found = bestOf(await odoo.lookupCustomer(crm.call(), { external_id }))
  for (const moment of [found?.created_at, found?.updated_at]) t.ok(Math.abs(Date.parse(moment ?? '') - Date.now()) < 60_000)
  t.match(found?.updated_at, /Z$/)
})

inBoth('the external id carries the model, so that one reference may stand for a contact and a lead', async (t, crm) => {
  const ref = reference()
  const contact = await create(crm, 'contact', { name: 'Ada' }, ref)
  const lead = await create(crm, 'lead', { contact_name: 'Grace' }, ref)
  t.match(stored(crm), { id: Number(contact.external_id), name: 'Ada' })
  t.match(stored(crm, 'lead'), { id: Number(lead.external_id), contact_name: 'Grace' })
  t.match(crm.sandbox.writes()[0]?.body, `vorel.res_partner_${ref}`)
})

inBoth('text that looks like a tag survives in notes', async (t, crm, variant) => {
  await create(crm, 'contact', { name: 'Ada', comment: 'Ask <ada@example.test>\n5 < 6 & "so on"' })
  const expected = {
    19: '<p>Ask &lt;ada@example.test&gt;<br>5 &lt; 6 &amp; "so on"</p>',
    14: 'Ask <ada@example.test>\n5 < 6 & "so on"',
  }
  t.equal(stored(crm).comment, expected[variant as '14' | '19'])
})

inBoth('text of every kind arrives as one value', async (t, crm) => {
  const name = ']]> Ada ]]></value><x> & <b>'
  const { external_id } = await create(crm, 'contact', { name })
  t.equal(stored(crm).name, name)
  t.match(bestOf(await odoo.lookupCustomer(crm.call(), { external_id })), { name })
})

inBoth('null and empty text clear a field', async (t, crm) => {
  const fields = { name: 'Ada', city: 'London', zip: 'W1', country_id: 'Germany', phone: null }
  const { external_id } = await create(crm, 'contact', fields)
  await update(crm, 'contact', external_id, { city: null, zip: '', country_id: null })
  t.match(stored(crm), { city: false, zip: false, country_id: false })
  t.match(bestOf(await odoo.lookupCustomer(crm.call(), { external_id })), { phone: null, email: null })
})

inBoth('related records go by name or id, and one that is not there is named by its field', async (t, crm) => {
  const { external_id } = await create(crm, 'contact', { name: 'Ada', country_id: 'Germany' })
  t.equal(stored(crm).country_id, 57)
  await update(crm, 'contact', external_id, { country_id: '233' })
  t.equal(stored(crm).country_id, 233)
  await update(crm, 'contact', external_id, { country_id: 'France' })
  t.equal(stored(crm).country_id, 75)
  for (const country_id of ['Nowhere', '99999']) {
    t.match(await refused(create(crm, 'contact', { name: 'Eve', country_id })), { code: 'field_invalid', fields: ['country_id'] })
    const error = await refused(update(crm, 'contact', external_id, { country_id }))
    t.match(error, { code: 'field_invalid', fields: ['country_id'] })
    t.notMatch(error.message, country_id, 'and its value is not told')
  }
  t.equal(crm.sandbox.records('contact').length, 1)
})

inBoth('an update by related name of a missing or archived contact', async (t, crm) => {
  const { external_id } = await create(crm, 'contact', { name: 'Ada', active: false })
  await update(crm, 'contact', external_id, { country_id: 'France' })
  t.equal(stored(crm).country_id, 75)
  t.match(await refused(update(crm, 'contact', '99999', { country_id: 'France' })), { code: 'record_not_found' })
})

inBoth('an unknown field is field_invalid, by its name', async (t, crm) => {
  const { external_id } = await create(crm, 'contact', { name: 'Ada' })
  t.match(await refused(create(crm, 'contact', { name: 'Eve', nosuch: 'x' })), { code: 'field_invalid', fields: ['nosuch'] })
  t.match(await refused(update(crm, 'contact', external_id, { nosuch: 'x' })), { code: 'field_invalid', fields: ['nosuch'] })
  t.equal(crm.sandbox.records('contact').length, 1)
})

inBoth('columns that mean something else to the import are refused unsent', async (t, crm) => {
  for (const name of ['id', '.id', 'country_id/id', ''])
    t.match(await refused(create(crm, 'contact', { name: 'Ada', [name]: '1' })), { code: 'field_invalid', fields: [name] })
  t.equal(crm.sandbox.writes().length, 0)
})

inBoth('a contact without a name is refused unsent', async (t, crm) => {
  for (const fields of [{ email: 'ada@example.test' }, { name: '' }, { name: null }] as Fields[])
    t.match(await refused(create(crm, 'contact', fields)), { code: 'field_invalid', fields: ['name'] })
  t.match(await refused(update(crm, 'contact', '3', { name: '' })), { code: 'field_invalid', fields: ['name'] })
  t.equal(crm.sandbox.writes().length, 0)
})

inBoth('rules that Odoo keeps are told by field', async (t, crm) => {
  const { external_id } = await create(crm, 'lead', { contact_name: 'Ada' })
  for (const fields of [{ probability: 150 }, { type: 'zz' }] as Fields[])
    t.match(await refused(update(crm, 'lead', external_id, fields)), {
      code: 'field_invalid',
      fields: Object.keys(fields),
      effect: 'none',
    })
  t.match(await refused(create(crm, 'lead', { contact_name: 'Ada', priority: '9' })), {
    code: 'field_invalid',
    fields: ['priority'],
  })
})

inBoth('an id that is no number is nobody, and nothing is sent', async (t, crm) => {
  const before = crm.sandbox.requests.length
  for (const external_id of ['abc', '12x', '-1', '0', '1e3', '3000000000', '../1']) {
    t.equal(await odoo.lookupCustomer(crm.call(), { external_id }), null, external_id)
    t.match(await refused(update(crm, 'contact', external_id, { city: 'x' })), { code: 'record_not_found' })
    const removed = odoo.deleteRecord?.(crm.call(), { object: 'contact', external_id })
    t.match(await refused(Promise.resolve(removed)), { code: 'record_not_found' })
  }
  t.equal(crm.sandbox.requests.length, before)
})

inBoth('a contact that others depend on is not deleted, and the way out is said', async (t, crm) => {
  for (const external_id of ['1', '3']) {
    const removed = odoo.deleteRecord?.(crm.call(), { object: 'contact', external_id })
    t.match(await refused(Promise.resolve(removed)), { code: 'delete_unsupported', message: /Archive/ })
  }
})

inBoth('after a delete the same reference makes a new record', async (t, crm) => {
  const ref = reference()
  const first = await create(crm, 'contact', { name: 'Ada' }, ref)
  await odoo.deleteRecord?.(crm.call(), { object: 'contact', external_id: first.external_id })
  const second = await create(crm, 'contact', { name: 'Ada' }, ref)
  t.not(second.external_id, first.external_id)
})

inBoth('a number is found as somebody typed it, and only the whole number', async (t, crm) => {
  await create(crm, 'contact', { name: 'Eve', phone: '(212) 555-0100' })
  const { external_id } = await create(crm, 'contact', { name: 'Ada', phone: '(415) 555-0100' })
  t.match(bestOf(await odoo.lookupCustomer(crm.call(), { phone: '+14155550100' })), { external_id, phone: '(415) 555-0100' })
  t.equal(await odoo.lookupCustomer(crm.call(), { phone: '+13105550100' }), null)
})

t.test('Odoo 14: a contact is found by the mobile number', async (t) => {
  const crm = await open(t, '14')
  await create(crm, 'contact', { name: 'Ada', mobile: '415 555 0100' })
  t.match(bestOf(await odoo.lookupCustomer(crm.call(), { phone: '+14155550100' })), { name: 'Ada', phone: '415 555 0100' })
})

inBoth('a person comes before a company, and the address may be written in any case', async (t, crm) => {
  await create(crm, 'contact', { name: 'Ada Ltd', is_company: true, email: 'ada@example.test' })
  await create(crm, 'contact', { name: 'Ada', email: 'Ada L <Ada@Example.test>' })
  t.match(bestOf(await odoo.lookupCustomer(crm.call(), { email: 'ADA@example.TEST' })), { name: /^Ada$/ })
})

inBoth('an archived contact is found by its id alone', async (t, crm) => {
  const { external_id } = await create(crm, 'contact', { name: 'Ada', email: 'ada@example.test', active: false })
  t.equal(await odoo.lookupCustomer(crm.call(), { email: 'ada@example.test' }), null)
  t.match(bestOf(await odoo.lookupCustomer(crm.call(), { external_id })), { name: 'Ada' })
})

inBoth('a search for nothing finds nothing', async (t, crm) => {
  await create(crm, 'contact', { name: 'Ada' })
  t.strictSame(await odoo.searchRecords(crm.call(), { object: 'contact', query: '  ', limit: 5 }), { matches: [] })
})

inBoth('a wrong database is told as one', async (t, crm) => {
  const lost = () => {
    const call = crm.call()
    return { ...call, settings: { ...call.settings, database: 'nope' } }
  }
  const tested = await odoo.testConnection(lost())
  t.match(tested, { ok: false, reason: /database field/ })
  t.match(await refused(odoo.searchRecords(lost(), { object: 'contact', query: 'Ada', limit: 5 })), {
    code: 'auth_error',
    message: /database field/,
  })
})

t.test('a wrong user is refused by XML-RPC, and warned of where the key alone decides', async (t) => {
  const tested = async (variant: string) => {
    const call = (await open(t, variant)).call()
    return odoo.testConnection({ ...call, settings: { ...call.settings, username: 'nobody' } })
  }
  t.match(await tested('14'), { ok: false, reason: /Check both/ })
  t.match(await tested('19'), { ok: true, warning: /another user than 'nobody'/ })
})

inBoth('fields are described as Odoo has them', async (t, crm, variant) => {
  const described = await odoo.describeObject?.(crm.call(), { object: 'contact' })
  const field = (name: string) => described?.fields.find((one) => one.name === name)
  t.match(field('comment'), { type: variant === '14' ? 'text' : 'html', writable: true })
  t.match(field('name'), { required: true })
  t.match(field('phone_sanitized'), { writable: false })
  t.match(field('type'), { type: 'option', options: [{ value: 'contact', label: 'Contact' }] })
  t.equal(field('phone_mobile_search'), undefined, 'what is not stored cannot be mapped')
})

t.test('a sandbox of 14 refuses good keys after ten bad ones, and says so to calls', async (t) => {
  const crm = await open(t, '14')
  const wrong = { api_key: 'f'.repeat(40) }
  for (let n = 0; n < 10; n += 1) t.equal((await odoo.testConnection(crm.call({ credentials: wrong }))).ok, false)
  t.match(await odoo.testConnection(crm.call()), { ok: false, reason: /for a minute/ })
  t.match(await refused(odoo.searchRecords(crm.call({ credentials: wrong }), { object: 'contact', query: 'x', limit: 1 })), {
    code: 'provider_rate_limited',
    retryAfterSeconds: 60,
  })
})

t.test('exceptions are named by our codes, and their texts stay behind', async (t) => {
  const text = 'Ada Lovelace ada@example.test'
  for (const [name, message, code, effect = 'none'] of [
    ['psycopg2.errors.SerializationFailure', 'could not serialize access due to concurrent update', 'provider_unavailable'],
    ['builtins.KeyError', 'res.partner.email_normalized', 'provider_unavailable'],
    ['KeyError', "'res.partner.email_normalized'", 'provider_unavailable'],
    ['odoo.exceptions.LockError', text, 'provider_unavailable'],
    ['odoo.exceptions.ConcurrencyError', text, 'provider_unavailable'],
    ['psycopg2.errors.DeadlockDetected', text, 'provider_unavailable'],
    ['TypeError', 'cannot marshal None unless allow_none is enabled', 'provider_unavailable', 'unknown'],
    ['builtins.AttributeError', text, 'provider_unavailable'],
    ['odoo.exceptions.AccessDenied', text, 'auth_error'],
    ['werkzeug.exceptions.Unauthorized', 'Invalid apikey', 'auth_error'],
    ['odoo.exceptions.AccessError', text, 'auth_error'],
    ['odoo.exceptions.MissingError', `(Record: res.partner(7,), User: 2) ${text}`, 'record_not_found'],
    ['odoo.exceptions.MissingError', '(Record: res.users(9999,), User: 9999)', 'auth_error'],
    ['odoo.exceptions.UserError', text, 'field_invalid'],
    ['odoo.exceptions.ValidationError', text, 'field_invalid'],
    ['builtins.ValueError', `could not convert string to float: '${text}'`, 'field_invalid'],
    ['werkzeug.exceptions.NotFound', "the model 'crm.lead' does not exist", 'object_unsupported'],
    ['werkzeug.exceptions.NotFound', 'Did you mean POST /json/2/<model>/<method>?', 'auth_error'],
  ] as const) {
    const error = explainFault({ name, message })
    t.match(error, { code, effect }, `${name} is ${code}`)
    t.notMatch(error.message, /Ada|example\.test/)
  }
})

t.test('a missing right is named', async (t) => {
  for (const [model, verb, right] of [
    ['res.partner', 'create', 'Contact Creation'],
    ['res.partner', 'access', 'internal user'],
    ['crm.lead', 'modify', 'Own Documents Only'],
    ['crm.lead', 'delete', 'Administrator'],
  ] as const) {
    const message = `You are not allowed to ${verb} 'Thing' (${model}) records.\n\nContact your administrator.`
    t.match(explainFault({ name: 'odoo.exceptions.AccessError', message }), { code: 'auth_error', message: new RegExp(right) })
    const imported = `Unknown error during import: <class 'odoo.exceptions.AccessError'>: ${message}`
    t.match(explainLoad([{ type: 'error', message: imported }]), { code: 'auth_error', message: new RegExp(right) })
  }
})

t.test('an import that lost a race may be tried again, and stored nothing', async (t) => {
  const error = explainLoad([{ type: 'error', message: 'could not serialize access due to concurrent update\n' }])
  t.match(error, { code: 'provider_unavailable', effect: 'none', retryable: true })
})

t.test('a fault of XML-RPC is told by its number, its text, or the last line of its traceback', async (t) => {
  const traceback = (last: string) =>
    `Traceback (most recent call last):\n  File "x.py", line 1, in f\n    raise X("y: z")\n${last}`
  for (const [code, text, name] of [
    [1, traceback("KeyError: 'nosuch'\n"), 'KeyError'],
    [
      1,
      traceback('psycopg2.errors.DatetimeFieldOverflow: out of range\nLINE 1: …\n   ^\nHINT:  Perhaps: no\n\n'),
      'psycopg2.errors.DatetimeFieldOverflow',
    ],
    [2, 'Der Datensatz fehlt.\n(Datensatz: res.partner(7,), Benutzer: 2)', 'MissingError'],
    [2, "Object crm.lead doesn't exist", 'NotFound'],
    [2, 'Kontakte brauchen einen Namen', 'ValidationError'],
    [3, 'Access Denied', 'AccessDenied'],
    [4, 'Nein', 'AccessError'],
  ] as const)
    t.equal(exceptionOf(code, text).name, name)
})

t.test('what is no XML-RPC is no value, and ends nothing', async (t) => {
  for (const inner of [
    '<fault></fault>',
    '<fault><value><nil/></value></fault>',
    '<fault><value><string>x</string></value></fault>',
    '<params></params>',
    '',
  ])
    t.equal(decodeAnswer(Buffer.from(`<methodResponse>${inner}</methodResponse>`)), undefined, inner)
  for (const text of [
    '',
    '<',
    '<a/>',
    '<params><param><value><int>1</int></value>',
    '<value></array></struct></value>',
    '\u0000',
  ])
    t.equal(decodeAnswer(Buffer.from(text)), undefined, JSON.stringify(text))
})

t.test('Odoo 14 sends control characters that XML does not allow, and they are read', async (t) => {
  const xml = '<methodResponse><params><param><value><string>a\u0007\u000bb</string></value></param></params></methodResponse>'
  t.equal(decodeAnswer(Buffer.from(xml)), 'a\u0007\u000bb')
})

t.test('an answer of JSON-2 is judged by its exception, and a page by what it says', async (t) => {
  const answer = (status: number, json: unknown, body = '') => refusal({ status, headers: {}, json, body: Buffer.from(body) })
  const invalid = { name: 'builtins.ValueError', message: "Wrong value for crm.lead.type: 'zz'" }
  t.match(answer(500, invalid), { code: 'field_invalid', fields: ['type'] })
  t.equal(answer(500, undefined, '<h1>Internal Server Error</h1>'), undefined, 'the status decides')
  t.match(answer(404, undefined, 'No database is selected'), { code: 'auth_error', message: /database field/ })
  t.match(answer(404, undefined, '<h1>Not Found</h1>'), { code: 'auth_error', message: /address/ })
})

t.test('an address where no Odoo answers is told as that', async (t) => {
  const crm = await open(t, '19')
  crm.sandbox.play('html_200', { times: 9 })
  t.match(await odoo.testConnection(crm.call()), { ok: false, reason: /Check the address/ })
})

t.test('an address that leads on to another is told as that', async (t) => {
  const crm = await open(t, '19')
  crm.sandbox.play('redirect', { times: 9 })
  t.match(await refused(odoo.testConnection(crm.call())), { code: 'provider_unavailable', message: /leads on to another/ })
})

t.test('links follow the version', async (t) => {
  const at = (version: string) => recordUrl('https://crm.example.test/', version, 'crm.lead', 7)
  t.equal(at('14.0'), 'https://crm.example.test/web#id=7&model=crm.lead&view_type=form')
  t.equal(at('saas~17.4'), 'https://crm.example.test/mail/view?model=crm.lead&res_id=7')
  t.equal(at('19.0'), 'https://crm.example.test/odoo/crm.lead/7')
})

t.test('values are written as Odoo reads them', async (t) => {
  t.strictSame(toCell('date_open', 'datetime', '2026-11-01T10:00:00.250Z'), ['date_open', '2026-11-01 10:00:00'])
  t.strictSame(toCell('date_open', 'datetime', '2026-11-01T12:00:00+02:00'), ['date_open', '2026-11-01 10:00:00'])
  t.strictSame(toCell('date_deadline', 'date', '2026-11-01'), ['date_deadline', '2026-11-01'])
  t.strictSame(toCell('active', undefined, false), ['active', '0'])
  t.strictSame(toCell('expected_revenue', undefined, 1234.5), ['expected_revenue', '1234.5'])
  t.strictSame(toCell('tag_ids', 'many2many', ['Hot', 'New']), ['tag_ids', 'Hot,New'])
  t.strictSame(toCell('tag_ids', 'many2many', ['3', '4']), ['tag_ids/.id', '3,4'])
  t.strictSame(
    toWrite({ when: 'datetime', tag_ids: 'many2many' }, { when: '2026-11-01T10:00:00Z', tag_ids: [], city: '', color: 3 }),
    {
      when: '2026-11-01 10:00:00',
      tag_ids: [[6, 0, []]],
      city: false,
      color: 3,
    },
  )
})

t.test('wildcards in a search are text, and a number is looked for by its end', async (t) => {
  t.equal(literal('50%_\\'), '50\\%\\_\\\\')
  t.strictSame(phoneDomain('+14155550100', { mobile: false, search: true }), [
    '|',
    ['phone_sanitized', '=', '+14155550100'],
    ['phone_mobile_search', 'ilike', '550100'],
  ])
})
