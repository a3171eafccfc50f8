import t, { type Test } from 'tap'
import zoho from '../../drivers/zoho/driver.ts'
import startSandbox from '../../drivers/zoho/sandbox.ts'
import { parseCoql } from '../../drivers/zoho/sandbox-coql.ts'
import type { FieldType } from '../../schemas/field.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { Fields, ReadField } from '../../schemas/verbs.ts'
import { bestOf, type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant = ''): Promise<Crm> => connect(t, zoho, (options) => startSandbox({ ...options, variant }))

const create = async (crm: Crm, object: string, fields: Fields) => {
  const ref = reference()
  return (await zoho.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })).external_id
}

const wanted = (types: Record<string, FieldType>): ReadField[] => Object.entries(types).map(([field, type]) => ({ field, type }))

/** The same record by every way to it. */
const everyWay = async (crm: Crm, object: string, external_id: string, fields: readonly ReadField[]) => {
  const read = { [object]: fields }
  const since = new Date(Date.now() - 3_600_000).toISOString()
  const lookup = async (key: object) => bestOf(await zoho.lookupCustomer(crm.call(), { ...key, read }))
  const search = async (query: string, phone = '') =>
    (await zoho.searchRecords(crm.call(), { object, query, limit: 5, read, ...(phone && { phone }) })).matches[0]
  const recent = (await zoho.listRecent(crm.call(), { object, since, limit: 5, read })).records[0]
  const ways: Record<string, CrmRecord | null | undefined> = { recent, word: await search('Lovelace') }
  if (object === 'deal') return ways
  return {
    ...ways,
    phone: await lookup({ phone: '+14155550100' }),
    email: await lookup({ email: 'ada@example.test' }),
    id: await lookup({ external_id }),
    'search by phone': await search('415 555 0100', '+14155550100'),
    'search by e-mail': await search('ada@example.test'),
    'search by beginning': await search('Lovel'),
  }
}

const ada = { Last_Name: 'Lovelace', Email: 'ada@example.test', Phone: '(415) 555-0100' }
const written: Fields = {
  Description: 'two lines\nof "text" 名',
  Budget: 1250.5,
  Rooms: 3,
  Loyalty_Number: '123456789012345678',
  Move_In: '2026-03-01',
  Next_Call: '2026-12-01T09:30:15.000Z',
  Topics: ['Kitchen', 'Garden'],
  Lead_Source: 'Cold Call',
  Email_Opt_Out: true,
}
const TYPES: Record<string, FieldType> = {
  Description: 'text',
  Budget: 'number',
  Rooms: 'integer',
  Loyalty_Number: 'string',
  Move_In: 'date',
  Next_Call: 'datetime',
  Topics: 'options',
  Lead_Source: 'option',
  Email_Opt_Out: 'boolean',
}

for (const variant of ['', 'eu+joined+numbers+inband', 'strict+backslash'])
  for (const object of ['contact', 'lead'])
    t.test(`what was written to a ${object} comes back in the same form, whichever way it is found (${variant})`, async (t) => {
      const crm = await open(t, variant)
      const external_id = await create(crm, object, { ...ada, ...written })
      for (const [way, record] of Object.entries(await everyWay(crm, object, external_id, wanted(TYPES))))
        t.strictSame(record?.fields, written, way)
    })

t.test('what leads to another record is read as its id', async (t) => {
  for (const variant of ['', 'numbers']) {
    const crm = await open(t, variant)
    const contact = await create(crm, 'contact', ada)
    const deal = await create(crm, 'deal', { Deal_Name: 'Lovelace kitchen', Contact_Name: contact, Interests: ['Bath'] })
    const ways = await everyWay(crm, 'deal', deal, wanted({ Contact_Name: 'string', Interests: 'options', Owner: 'string' }))
    for (const [way, record] of Object.entries(ways))
      t.strictSame(record?.fields, { Contact_Name: contact, Interests: ['Bath'], Owner: '5725767000000411001' }, way)
  }
})

t.test('nothing there is null, and so is the option that stands for none', async (t) => {
  const crm = await open(t)
  const external_id = await create(crm, 'lead', { ...ada, Lead_Source: '-None-', Topics: [], Description: '' })
  const nothing = Object.fromEntries(Object.keys(written).map((name) => [name, null]))
  for (const [way, record] of Object.entries(await everyWay(crm, 'lead', external_id, wanted(TYPES))))
    t.strictSame(record?.fields, nothing, way)
})

const requestsFor = async (crm: Crm, ask: () => Promise<unknown>) => {
  const from = crm.sandbox.requests.length
  await ask()
  return crm.sandbox.requests.slice(from)
}

const statement = (body: string): string => JSON.parse(body).select_query

t.test('wanted fields cost no further request, and without any a request is what it was', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', ada)
  const ask = (read?: Record<string, ReadField[]>) =>
    requestsFor(crm, () => zoho.lookupCustomer(crm.call(), { email: 'ada@example.test', ...(read && { read }) }))
  const [plain, also] = [await ask(), await ask({ contact: wanted({ Move_In: 'date', Email: 'string' }) })]
  t.equal(also.length, plain.length)
  const columns = ['id', 'Created_Time', 'Modified_Time', 'Full_Name', 'First_Name', 'Last_Name', 'Email', 'Secondary_Email']
  const [before, with2] = [plain, also].map(([first]) => parseCoql(statement(first?.body ?? ''), 'doubled'))
  t.strictSame(before?.columns, [...columns, 'Phone', 'Mobile', 'Home_Phone', 'Other_Phone'])
  t.strictSame(with2?.columns, [...(before?.columns ?? []), 'Move_In'])
  t.strictSame(with2?.where, before?.where)
  t.equal(also[1]?.body, plain[1]?.body, 'of leads nothing was wanted')
})

for (const variant of ['', 'strict', 'inband+strict'])
  t.test(`a field that is gone is empty, and the rest is read (${variant})`, async (t) => {
    const crm = await open(t, variant)
    const external_id = await create(crm, 'lead', { ...ada, Move_In: '2026-03-01', External: 'yes' })
    const fields = wanted({ Gone: 'string', Move_In: 'date', Also_Gone: 'options', External: 'string' })
    for (const [way, record] of Object.entries(await everyWay(crm, 'lead', external_id, fields)))
      t.match(
        record,
        {
          external_id,
          email: 'ada@example.test',
          fields: { Gone: null, Move_In: '2026-03-01', Also_Gone: null, External: 'yes' },
        },
        way,
      )
    const onlyGone = await everyWay(crm, 'lead', external_id, wanted({ Gone: 'string' }))
    for (const [way, record] of Object.entries(onlyGone)) t.strictSame(record?.fields, { Gone: null }, way)
  })

t.test('a field called like a word of COQL is read all the same', async (t) => {
  const crm = await open(t)
  const external_id = await create(crm, 'contact', { ...ada, External: 'yes' })
  for (const [way, record] of Object.entries(await everyWay(crm, 'contact', external_id, wanted({ External: 'string' }))))
    t.strictSame(record?.fields, { External: 'yes' }, way)
})

t.test('more fields than one request may name are read by several', async (t) => {
  const crm = await open(t)
  const labels = Array.from({ length: 110 }, (_, n) => `Extra_${n}`)
  for (const label of labels)
    await crm.call().http.raw({
      method: 'POST',
      path: '/settings/fields?module=Contacts',
      body: JSON.stringify({ fields: [{ field_label: label, data_type: 'text' }] }),
    })
  const values = Object.fromEntries(labels.map((label, n) => [label, `value ${n}`]))
  const ids = [await create(crm, 'contact', { ...ada, ...values }), await create(crm, 'contact', { ...ada, Extra_109: 'other' })]
  const types = Object.fromEntries(labels.map((label) => [label, 'string' as const]))
  const from = crm.sandbox.requests.length
  for (const [way, record] of Object.entries(await everyWay(crm, 'contact', ids[0] ?? '', wanted(types))))
    if (way !== 'recent') t.strictSame(record?.fields, values, way)
  const { customers = [] } =
    (await zoho.lookupCustomer(crm.call(), { phone: '+14155550100', read: { contact: wanted(types) } })) ?? {}
  t.match(customers[1], { external_id: ids[1], fields: { Extra_0: null, Extra_109: 'other' } })
  const named = crm.sandbox.requests
    .slice(from)
    .map(({ path, query, body }) =>
      path.endsWith('/coql') ? parseCoql(statement(body), 'doubled').columns : (query.get('fields')?.split(',') ?? []),
    )
  t.equal(Math.max(...named.map(({ length }) => length)), 50)
})
