import t from 'tap'
import salesforce from '../../drivers/salesforce/driver.ts'
import { isIdOf } from '../../drivers/salesforce/map.ts'
import { longId } from '../../drivers/salesforce/sandbox-ids.ts'
import { bestOf } from '../contract/connect.ts'
import { askedBy, create, DATA, elsewhere, open, refused, statementsIn, stored, update } from './salesforce/open.ts'

t.test('a name as a whole goes into the two fields there are for it', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', { Name: 'Augusta Ada King' })
  t.match(stored(crm), { FirstName: 'Augusta Ada', LastName: 'King', Name: 'Augusta Ada King' })
  await create(crm, 'contact', { Name: 'Ada King', FirstName: 'Augusta' })
  t.match(stored(crm, 'contact', 1), { FirstName: 'Augusta', LastName: 'King' }, 'what is given by itself counts')
  const { external_id } = await create(crm, 'contact', { Name: 'Ada' })
  t.match(stored(crm, 'contact', 2), { FirstName: null, LastName: 'Ada' })
  await update(crm, 'contact', external_id, { Name: 'Ada Lovelace' })
  t.match(stored(crm, 'contact', 2), { FirstName: 'Ada', LastName: 'Lovelace' })
  await update(crm, 'contact', external_id, { Name: 'Lovelace' })
  t.match(stored(crm, 'contact', 2), { FirstName: null, LastName: 'Lovelace', Name: 'Lovelace' })
})

t.test('a first name of more than Salesforce takes stays with the last', async (t) => {
  const crm = await open(t)
  const long = `${'Pablo Diego José '.repeat(3)}Picasso`
  await create(crm, 'contact', { Name: long })
  t.match(stored(crm), { FirstName: null, LastName: long })
})

t.test('a lead without company and last name gets what Salesforce asks for', async (t) => {
  const crm = await open(t)
  await create(crm, 'lead', { Phone: '+14155550100' })
  t.match(stored(crm, 'lead'), { LastName: '+14155550100', Company: '[not provided]' })
  await create(crm, 'lead', { FirstName: 'Ada', Email: 'ada@example.test' })
  t.match(stored(crm, 'lead', 1), { FirstName: null, LastName: 'Ada' })
  await create(crm, 'lead', { Email: 'ada2@example.test', Company: 'Acme' })
  t.match(stored(crm, 'lead', 2), { LastName: 'ada2@example.test', Company: 'Acme' })
  const nameless = await refused(create(crm, 'contact', { Title: 'Countess' }))
  t.match(nameless, { code: 'field_invalid', fields: ['LastName'], effect: 'none' })
})

t.test('a deal begins at the first stage of the org and closes in thirty days, unless told', async (t) => {
  const crm = await open(t)
  await create(crm, 'deal', { Name: 'House' })
  const inThirtyDays = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)
  t.match(stored(crm, 'deal'), { StageName: 'Qualification', CloseDate: inThirtyDays })
  await create(crm, 'deal', { Name: 'Flat', StageName: 'Proposal', CloseDate: '2027-01-31', Amount: 500000 })
  t.match(stored(crm, 'deal', 1), { StageName: 'Proposal', CloseDate: '2027-01-31', Amount: 500000 })
})

t.test('values arrive in their own types, lists as one text, null as empty', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'lead', { LastName: 'King', Budget_Max__c: 1.5, Areas__c: ['North', 'West'] })
  t.match(stored(crm, 'lead'), { Budget_Max__c: 1.5, Areas__c: 'North;West' })
  await update(crm, 'lead', external_id, { Budget_Max__c: null })
  t.equal(stored(crm, 'lead').Budget_Max__c, null)
})

t.test('a field that would mean something else to the API is refused before anything is sent', async (t) => {
  const crm = await open(t)
  for (const name of ['attributes', 'Id', 'Owner.Name', "Name'", 'vorel_KEY__c']) {
    const error = await refused(create(crm, 'contact', { LastName: 'King', [name]: 'x' }))
    t.match(error, { code: 'field_invalid', fields: [name] })
  }
  t.equal(crm.sandbox.writes().length, 0)
})

t.test('an id of another object, or of none, is no such record, and nothing is asked', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'contact', { LastName: 'King' })
  const asked = await askedBy(crm, async () => {
    for (const id of [external_id.replace(/^003/, '00Q'), '003', `${external_id}x`, '003gK0000000001/../x', '../../limits']) {
      t.equal((await refused(update(crm, 'contact', id, { LastName: 'X' }))).code, 'record_not_found', id)
      t.equal(
        (await refused(Promise.resolve(salesforce.deleteRecord?.(crm.call(), { object: 'contact', external_id: id })))).code,
        'record_not_found',
      )
    }
    t.equal(await salesforce.lookupCustomer(crm.call(), { external_id: external_id.replace(/^003/, '006') }), null)
  })
  t.equal(asked.length, 0)
})

t.test('both lengths of an id are the same record', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'contact', { LastName: 'King' })
  t.equal(external_id.length, 18)
  t.match(bestOf(await salesforce.lookupCustomer(crm.call(), { external_id: external_id.slice(0, 15) })), {
    external_id,
    name: 'King',
  })
  t.equal(longId('00QgK0000000abc'), longId(longId('00QgK0000000abc') ?? ''))
  t.ok(isIdOf('lead', '00QgK0000000abc'))
})

t.test('a record opens where people work on it', async (t) => {
  const crm = await open(t)
  const { external_id, record_url } = await create(crm, 'deal', { Name: 'House' })
  t.equal(record_url, `https://acme.my.salesforce.com/lightning/r/Opportunity/${external_id}/view`)
})

t.test('a deleted record is in the bin, and its second deletion finds nothing', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'lead', { LastName: 'King' })
  const remove = () => Promise.resolve(salesforce.deleteRecord?.(crm.call(), { object: 'lead', external_id }))
  t.strictSame(await remove(), { deleted: true, hard_deleted: false })
  t.equal((await refused(remove())).code, 'record_not_found')
})

t.test('a converted lead is changed no more, and found by its id alone', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'lead', { LastName: 'King', Email: 'ada@example.test', Phone: '+14155550100' })
  stored(crm, 'lead').IsConverted = true
  t.match(await refused(update(crm, 'lead', external_id, { LastName: 'X' })), { code: 'record_conflict', message: /converted/ })
  t.match(bestOf(await salesforce.lookupCustomer(crm.call(), { external_id })), { external_id })
  for (const key of [{ email: 'ada@example.test' }, { phone: '+14155550100' }])
    t.equal(await salesforce.lookupCustomer(crm.call(), key), null, `by ${Object.keys(key)}`)
  t.strictSame((await salesforce.searchRecords(crm.call(), { object: 'lead', query: 'King', limit: 5 })).matches, [])
})

t.test('recent is what changed by the clock of the system, newest first, in times of our form', async (t) => {
  const crm = await open(t)
  const first = await create(crm, 'lead', { LastName: 'First' })
  await create(crm, 'lead', { LastName: 'Second' })
  stored(crm, 'lead', 1).SystemModstamp = '2026-11-20T10:00:00.000+0000'
  const list = (since: string) => salesforce.listRecent(crm.call(), { object: 'lead', since, limit: 10 })
  t.strictSame(
    (await list('2026-11-20T10:00:00.500Z')).records.map(({ name }) => name),
    ['First', 'Second'],
    'the second that was asked for is in',
  )
  t.match((await list('2026-11-20T10:00:00Z')).records.at(-1), { updated_at: '2026-11-20T10:00:00.000Z' })
  t.strictSame(
    (await list('2026-11-20T10:00:01Z')).records.map(({ external_id }) => external_id),
    [first.external_id],
  )
  t.match(
    statementsIn(crm.sandbox.requests).at(-1),
    /SystemModstamp >= 2026-11-20T10:00:01Z ORDER BY SystemModstamp DESC, Id DESC LIMIT 10$/,
  )
})

t.test('a long answer is read to its end', async (t) => {
  const crm = await open(t)
  for (let n = 0; n < 205; n += 1) await elsewhere(crm, 'POST', '/sobjects/Lead', { LastName: `King ${n}`, Company: 'Acme' })
  const ctx = crm.call()
  const inPages = { ...ctx.http, get: (path: string, shape: never, query?: object) => pageOf(path, shape, query) }
  const pageOf = async (path: string, shape: never, query: object = {}) => {
    const headers = { 'sforce-query-options': 'batchSize=200' }
    const where = Object.keys(query).length ? `${path}?${new URLSearchParams(query as Record<string, string>)}` : path
    return ctx.http.decode(
      shape,
      JSON.parse((await ctx.http.raw({ method: 'GET', path: where, headers, isRead: true })).body.toString()),
    )
  }
  const since = new Date(Date.now() - 60_000).toISOString()
  const { records } = await salesforce.listRecent({ ...ctx, http: inPages as never }, { object: 'lead', since, limit: 205 })
  t.equal(records.length, 205)
  t.match(crm.sandbox.requests.at(-1)?.path, new RegExp(`^${DATA}/query/01g\\w+-200-200$`))
})

t.test('fields are described with what a mapping needs to know', async (t) => {
  const crm = await open(t)
  const { fields = [] } = (await salesforce.describeObject?.(crm.call(), { object: 'lead' })) ?? {}
  const field = (name: string) => fields.find((field) => field.name === name)
  t.match(field('LastName'), { type: 'string', required: true, writable: true, custom: false })
  t.match(field('Status'), { type: 'option', required: false, options: [{ value: 'Open - Not Contacted' }, {}, {}] })
  t.match(field('Areas__c'), { type: 'options', custom: true })
  t.match(field('Budget_Max__c'), { type: 'number', custom: true })
  t.match(field('Description'), { type: 'text' })
  t.match(field('Name'), { writable: true }, 'the driver writes its parts')
  t.equal(field('Vorel_Key__c'), undefined, 'the key is nobody else’s')
  t.match(field('CreatedDate'), { type: 'datetime', writable: false })
  const { fields: contact = [] } = (await salesforce.describeObject?.(crm.call(), { object: 'contact' })) ?? {}
  t.notOk(
    contact.some(({ name }) => name === 'MailingAddress'),
    'a compound is no field to map to',
  )
  const { fields: deal = [] } = (await salesforce.describeObject?.(crm.call(), { object: 'deal' })) ?? {}
  t.match(
    deal.find(({ name }) => name === 'Name'),
    { required: true, writable: true },
  )
})
