import fc from 'fast-check'
import t from 'tap'
import { type DriverContext, type RawRequest, VorelError } from '../../core/driver.ts'
import { decode } from '../../core/outbound/http.ts'
import odoo from '../../drivers/odoo/driver.ts'
import { fromHtml, fromOdoo } from '../../drivers/odoo/read.ts'
import { serveJson2 } from '../../drivers/odoo/sandbox-json2.ts'
import type { Major } from '../../drivers/odoo/sandbox-models.ts'
import { Orm } from '../../drivers/odoo/sandbox-orm.ts'
import { createXmlrpc } from '../../drivers/odoo/sandbox-xmlrpc.ts'
import { toHtml } from '../../drivers/odoo/values.ts'
import type { Fields, FieldType, FieldValue } from '../../schemas/field.ts'
import { bestOf, reference } from '../contract/connect.ts'
import { VALUES } from '../support/values.ts'

/** As many fields of each type, so that one exchange carries as many values. */
const BATCH = 100
const RUNS = { numRuns: VALUES / BATCH }
const MACHINE_ZONES = ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'America/St_Johns']
const USER_ZONES: (string | false)[] = [false, 'America/New_York', 'Asia/Kolkata', 'Pacific/Kiritimati']
const ACCOUNT = { database: 'db', login: 'admin', apiKey: 'k', uid: 2 }

/** Custom fields of each of our types, as an administrator would make them. */
const NATIVE: Record<FieldType | 'relation', object> = {
  string: { ttype: 'char' },
  text: { ttype: 'text' },
  html: { ttype: 'html' },
  integer: { ttype: 'integer' },
  number: { ttype: 'float' },
  boolean: { ttype: 'boolean' },
  date: { ttype: 'date' },
  datetime: { ttype: 'datetime' },
  option: { ttype: 'selection', selection_ids: ['b2b', 'b2c', '0', 'a,b'].map((value) => [0, 0, { value, name: `<${value}>` }]) },
  options: { ttype: 'many2many', relation: 'res.country' },
  relation: { ttype: 'many2one', relation: 'res.country' },
}
const nameOf = (kind: string, n: number): string => `x_${kind}_${n}`

type Dialect = 'json2' | 'xmlrpc'
interface Side {
  orm: Orm
  external_id: string
  call(): DriverContext
}
const REFERENCE = reference()

const create = async (call: DriverContext, fields: Fields): Promise<string> =>
  (
    await odoo.createRecord(call, {
      object: 'contact',
      fields: { name: 'Ada', ...fields },
      reference: REFERENCE,
      idempotency_key: 'k',
    })
  ).external_id

/** The sandbox's own server, held against recorded ones, without its socket: every request and answer is serialised and parsed. */
const sideOf = async (major: Major, api: Dialect): Promise<Side> => {
  const orm = new Orm(major, 'lead')
  for (const [kind, native] of Object.entries(NATIVE))
    for (let n = 0; n < BATCH; n += 1) {
      const made = { name: nameOf(kind, n), model_id: major === 19 ? 90 : 79, field_description: kind, ...native }
      orm.create('ir.model.fields', made)
    }
  const xmlrpc = createXmlrpc(orm, ACCOUNT)
  const answer = ({ method, path, headers = {}, body = '' }: RawRequest) => {
    if (path.startsWith('/xmlrpc')) return xmlrpc(path.split('/').at(-1) ?? '', String(body))
    if (path === '/web/version') throw new VorelError('auth_error', 'no such page')
    const signed = { ...headers, authorization: 'bearer k' }
    return serveJson2(orm, 'db', 'k', { method, path, query: new URLSearchParams(), headers: signed, body: String(body) })
  }
  const raw = async (request: RawRequest) => ({
    status: 200,
    headers: {},
    body: Buffer.from(String((await answer(request)).body)),
  })
  const facts: Record<string, string> = {}
  const settings = { url: 'https://crm.example.test', database: 'db', username: 'admin' }
  const ctx = { http: { raw, decode }, settings, credentials: { api_key: 'k' }, facts, tenant: { id: 't', region: 'US' } }
  const call = () => ctx as unknown as DriverContext
  const tested = await odoo.testConnection(call())
  if (tested.ok) Object.assign(facts, tested.facts, { api })
  return { orm, call, external_id: await create(call(), {}) }
}

const SIDES = await Promise.all([sideOf(19, 'json2'), sideOf(19, 'xmlrpc'), sideOf(14, 'xmlrpc')])
type Way = 'create' | 'update'
/** A create goes by the import, which takes texts; most updates are written as they are. */
const write = async (side: Side, way: Way, fields: Fields): Promise<unknown> =>
  way === 'create'
    ? create(side.call(), fields)
    : odoo.updateRecord(side.call(), { object: 'contact', external_id: side.external_id, fields })

/** Out by the driver, through wire and tables, and in by the driver: whether each value of these is what it was. */
const comeBack = async (side: Side, way: Way, kind: keyof typeof NATIVE, values: readonly FieldValue[]): Promise<boolean> => {
  await write(side, way, Object.fromEntries(values.map((value, n) => [nameOf(kind, n), value])))
  const type = kind === 'relation' ? 'string' : kind
  const read = { contact: values.map((_, n) => ({ field: nameOf(kind, n), type })) }
  const found = bestOf(await odoo.lookupCustomer(side.call(), { external_id: side.external_id, read }))
  return values.every((value, n) => JSON.stringify(found?.fields?.[nameOf(kind, n)]) === JSON.stringify(value))
}
const batchOf = (values: fc.Arbitrary<FieldValue>) => fc.array(values, { minLength: BATCH, maxLength: BATCH })

const side = fc.nat({ max: 2 }).map((n) => SIDES[n] as Side)
const way = fc.constantFrom('create' as const, 'update' as const)
const ODD = ['<', '>', '&', '"', "'", '&amp;', '<p>', '</p>', '<br>', ']]>', '  ', '\t', '\n', '\u00a0', '\u2028', '0', 'false']
/** Without what XML cannot carry, which is refused before it is sent. */
const text = fc
  .array(fc.oneof(fc.constantFrom(...ODD), fc.string({ unit: 'grapheme', maxLength: 5 })), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.join('').replaceAll(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, ''))
  .filter((made) => made !== '')
const countries = fc.uniqueArray(fc.constantFrom('57', '75', '231', '233'), { minLength: 1 })

const zero = (made: number): number => made + 0 // Odoo has one zero

const kept: [what: string, kind: keyof typeof NATIVE, values: fc.Arbitrary<FieldValue>][] = [
  ['a line of text', 'string', text],
  ['a longer text', 'text', text],
  ['notes, of which the blank are nothing', 'html', text.filter((made) => made.trim() !== '')],
  ['a whole number of 32 bits', 'integer', fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
  ['a number', 'number', fc.double({ noNaN: true, noDefaultInfinity: true }).map(zero)],
  ['a large whole number', 'number', fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(Number)],
  ['an amount', 'number', fc.integer().map((cents) => cents / 100)],
  ['a truth', 'boolean', fc.boolean()],
  ['an option', 'option', fc.constantFrom('b2b', 'b2c', '0', 'a,b')],
  ['related records', 'options', countries.map((ids) => ids.sort((a, b) => Number(a) - Number(b)))],
  ['a related record', 'relation', fc.constantFrom('57', '75', '231', '233')],
]
for (const [what, kind, values] of kept)
  t.test(`${what} comes back as it was written`, () =>
    fc.assert(
      fc.asyncProperty(side, way, batchOf(values), (side, way, batch) => comeBack(side, way, kind, batch)),
      RUNS,
    ),
  )

const zones = fc.record({ machine: fc.constantFrom(...MACHINE_ZONES), user: fc.constantFrom<string | false>(...USER_ZONES) })
const inZones = async (
  { machine, user }: { machine: string; user: string | false },
  side: Side,
  check: () => Promise<boolean>,
) => {
  const before = process.env.TZ
  process.env.TZ = machine
  side.orm.write('res.users', [2], { tz: user })
  try {
    return await check()
  } finally {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  }
}
const moments = (from: string) =>
  fc.date({ min: new Date(from), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true }).map((date) => date.toISOString())
const days = (from: string) => moments(from).map((iso) => iso.slice(0, 10))
const wholeSeconds = (from: string) => moments(from).map((iso) => `${iso.slice(0, 19)}.000Z`)

for (const [what, kind, of] of [
  ['a day', 'date', days],
  ['a moment, to the second,', 'datetime', wholeSeconds],
] as const) {
  t.test(`${what} comes back as it was written, in every zone of the machine and of the key's user`, () =>
    fc.assert(
      fc.asyncProperty(side, way, zones, batchOf(of('1000-01-02T00:00:00Z')), (side, way, zones, batch) =>
        inZones(zones, side, () => comeBack(side, way, kind, batch)),
      ),
      RUNS,
    ),
  )
  t.test(`${what} of the first thousand years is told with all its zeros`, () =>
    fc.assert(
      fc.asyncProperty(side, batchOf(of('0001-01-02T00:00:00Z')), (side, batch) => comeBack(side, 'update', kind, batch)),
      { numRuns: 10 }, // Odoo's import fails at such years
    ),
  )
}

t.test('what is cleared comes back as nothing, but numbers as 0 and truths as false', async (t) => {
  const empty = { integer: 0, number: 0, boolean: false }
  for (const side of SIDES)
    for (const way of ['create', 'update'] as const)
      for (const kind of Object.keys(NATIVE) as (keyof typeof NATIVE)[]) {
        await write(side, way, { [nameOf(kind, 0)]: null })
        const read = { contact: [{ field: nameOf(kind, 0), type: kind === 'relation' ? ('string' as const) : kind }] }
        const found = bestOf(await odoo.lookupCustomer(side.call(), { external_id: side.external_id, read }))
        t.strictSame(found?.fields, { [nameOf(kind, 0)]: { ...empty }[kind as 'integer'] ?? null }, `${kind} by ${way}`)
      }
})

t.test('a related record that is written by its name comes back by its id', async (t) => {
  for (const side of SIDES) {
    await write(side, 'create', { [nameOf('relation', 0)]: 'Germany', [nameOf('options', 0)]: ['France', 'Germany'] })
    const read = {
      contact: [
        { field: nameOf('relation', 0), type: 'string' as const },
        { field: nameOf('options', 0), type: 'options' as const },
      ],
    }
    const found = bestOf(await odoo.lookupCustomer(side.call(), { external_id: side.external_id, read }))
    t.strictSame(found?.fields, { x_relation_0: '57', x_options_0: ['57', '75'] })
  }
})

t.test('notes that people formatted come back as lines of plain text', async (t) => {
  for (const [html, text] of [
    ['<p>one</p><p>two</p>', 'one\ntwo'],
    ['<p>one</p>\n  <p>two\n three</p>', 'one\ntwo three'],
    ['<div>one<br></div><div>two</div>', 'one\n\ntwo'],
    ['before<div class="a">inside</div>after', 'before\ninside\nafter'],
    ['<ul><li>x</li><li><b>y</b> z</li></ul>', 'x\ny z'],
    ['<h1>Title</h1><p>See <a href="https://x.test?a=1&amp;b=2">this</a></p>', 'Title\nSee this'],
    ['5 &lt; 6 &amp;amp; &quot;so&quot; &#39;on&#39; &nosuch; &#9999999;', `5 < 6 &amp; "so" 'on' &nosuch; &#9999999;`],
    ['<span><br>a</span>', '\na'],
  ] as const)
    t.equal(fromHtml(html), text)
  for (const nothing of ['<p><br></p>', '<p> </p>', '<br>', '']) t.equal(fromOdoo(nothing, 'html'), null, nothing)
})

t.test('a long text of hostile markup is read in no time', async (t) => {
  const before = performance.now()
  for (const part of ['<', '<p', '<p ', ' ', '\n', '<p> ', '</p>', '&#', '&']) fromHtml(part.repeat(200_000))
  t.ok(performance.now() - before < 3_000)
})

t.test('notes that Odoo keeps as HTML are told as text, whatever type a mapping has for them', async (t) => {
  t.equal(fromOdoo(toHtml('5 < 6\n"so"'), 'text', 'html'), '5 < 6\n"so"')
  t.equal(fromOdoo('<b>', 'text', 'text'), '<b>')
})

t.test('a value that does not fit its type is nothing, or itself as text', async (t) => {
  for (const [value, type] of [
    [false, 'string'],
    [undefined, 'string'],
    [null, 'number'],
    [[], 'options'],
    [[], 'string'],
    ['soon', 'date'],
    ['2026-01-31', 'datetime'],
    [{ a: 1 }, 'string'],
    ['yes', 'boolean'],
  ] as [unknown, FieldType][])
    t.equal(fromOdoo(value, type), null, `${JSON.stringify(value)} as ${type}`)
  t.equal(fromOdoo(7, 'string'), '7')
  t.equal(fromOdoo('2026-01-31 23:30:00', 'date'), '2026-01-31')
})
