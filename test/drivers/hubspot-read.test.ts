import t, { type Test } from 'tap'
import hubspot from '../../drivers/hubspot/driver.ts'
import startSandbox from '../../drivers/hubspot/sandbox.ts'
import type { Fields, ReadField } from '../../schemas/verbs.ts'
import { bestOf, type Crm, connect, reference } from '../contract/connect.ts'

const open = (t: Test, variant = ''): Promise<Crm> => connect(t, hubspot, (options) => startSandbox({ ...options, variant }))

const add = async (crm: Crm, object: string, fields: Fields): Promise<string> => {
  const ref = reference()
  return (await hubspot.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })).external_id
}

const ADA = { firstname: 'Ada', lastname: 'Lovelace', email: 'ada@example.test', phone: '(415) 555-0100' }
const since = () => new Date(Date.now() - 60_000).toISOString()

/** The fields of the one contact there is, by every way to read it. */
const fieldsOf = async (crm: Crm, wanted: ReadField[]) => {
  const read = { contact: wanted }
  const search = (query: string, phone?: string) =>
    hubspot.searchRecords(crm.call(), { object: 'contact', query, limit: 5, read, ...(phone && { phone }) })
  const lookup = async (key: { phone?: string; email?: string; external_id?: string }) =>
    bestOf(await hubspot.lookupCustomer(crm.call(), { ...key, read }))
  const recent = await hubspot.listRecent(crm.call(), { object: 'contact', since: since(), limit: 5, read })
  const found = {
    phone: await lookup({ phone: '+14155550100' }),
    email: await lookup({ email: 'ada@example.test' }),
    further: await lookup({ email: 'countess@example.test' }),
    id: await lookup({ external_id: recent.records[0]?.external_id ?? '' }),
    query: (await search('Lovelace')).matches[0],
    number: (await search('415 555 0100', '+14155550100')).matches[0],
    recent: recent.records[0],
  }
  return Object.entries(found).map(([how, record]) => [how, record?.fields] as const)
}

t.test('fields of every type come back in the shared form, however the record is found', async (t) => {
  const crm = await open(t)
  await add(crm, 'contact', {
    ...ADA,
    hs_additional_emails: 'countess@example.test',
    message: 'Two\nlines',
    budget_aed: 500_000.5,
    is_vip: false,
    move_in: '2026-12-31',
    hs_buying_role: ['CHAMPION', 'BUDGET_HOLDER'],
    lifecyclestage: 'lead',
  })
  const [stored] = crm.sandbox.records('contact')
  const read = await fieldsOf(crm, [
    { field: 'message', type: 'text' },
    { field: 'budget_aed', type: 'number' },
    { field: 'is_vip', type: 'boolean' },
    { field: 'move_in', type: 'date' },
    { field: 'hs_buying_role', type: 'options' },
    { field: 'lifecyclestage', type: 'option' },
    { field: 'createdate', type: 'datetime' },
    { field: 'city', type: 'string' },
  ])
  for (const [how, fields] of read)
    t.strictSame(
      fields,
      {
        message: 'Two\nlines',
        budget_aed: 500_000.5,
        is_vip: false,
        move_in: '2026-12-31',
        hs_buying_role: ['CHAMPION', 'BUDGET_HOLDER'],
        lifecyclestage: 'lead',
        createdate: stored?.createdate,
        city: null,
      },
      how,
    )
})

t.test('the whole name comes back as the whole name, and never as the e-mail address of whoever has none', async (t) => {
  const crm = await open(t)
  const name: ReadField[] = [{ field: 'hs_full_name_or_email', type: 'string' }]
  const read = async (external_id: string) =>
    bestOf(await hubspot.lookupCustomer(crm.call(), { external_id, read: { contact: name } }))?.fields
  const ada = await add(crm, 'contact', { hs_full_name_or_email: 'Ada King Lovelace' })
  t.strictSame(await read(ada), { hs_full_name_or_email: 'Ada King Lovelace' })
  const nobody = await add(crm, 'contact', { email: 'x@example.test' })
  t.equal(crm.sandbox.records('contact')[1]?.hs_full_name_or_email, 'x@example.test', 'as HubSpot has it')
  t.strictSame(await read(nobody), { hs_full_name_or_email: null })
})

t.test('names of properties that HubSpot does not have, or no longer, are nothing, and none reaches further', async (t) => {
  const crm = await open(t)
  await add(crm, 'contact', { ...ADA, hs_additional_emails: 'countess@example.test' })
  const hostile = [
    'gone',
    '__proto__',
    'constructor',
    'a&archived=true',
    'b#',
    '../deals',
    'c,budget_aed',
    'email=x',
    "d' OR 1=1",
    '😀',
  ]
  for (const [how, fields] of await fieldsOf(
    crm,
    hostile.map((field) => ({ field, type: 'string' })),
  )) {
    t.strictSame(Object.keys(fields ?? {}), hostile, how)
    t.ok(
      Object.values(fields ?? {}).every((value) => value === null),
      how,
    )
  }
})

t.test('what deals and tickets hold is read as well, a day of closing as the account sees it', async (t) => {
  const crm = await open(t)
  await add(crm, 'deal', { dealname: 'Kitchen', closedate: '2026-12-31', amount: 1250 })
  await add(crm, 'ticket', { subject: 'Leak', hs_ticket_priority: 'HIGH' })
  const wanted: Record<string, ReadField[]> = {
    deal: [
      { field: 'closedate', type: 'date' },
      { field: 'amount', type: 'number' },
      { field: 'dealstage', type: 'option' },
    ],
    ticket: [{ field: 'hs_ticket_priority', type: 'option' }],
  }
  const values = async (object: string, ctx = crm.call()) =>
    (await hubspot.listRecent(ctx, { object, since: since(), limit: 5, read: wanted })).records[0]?.fields
  t.strictSame(await values('deal'), { closedate: '2026-12-31', amount: 1250, dealstage: 'appointmentscheduled' })
  t.strictSame(await values('ticket'), { hs_ticket_priority: 'HIGH' })
  const { matches } = await hubspot.searchRecords(crm.call(), { object: 'deal', query: 'Kitchen', limit: 5, read: wanted })
  t.match(matches, [{ fields: { closedate: '2026-12-31' } }])

  const east = () => ({ ...crm.call(), facts: { ...crm.call().facts, time_zone: 'Pacific/Kiritimati' } })
  const ref = reference()
  const deal = { object: 'deal', fields: { dealname: 'Bath', closedate: '2026-12-31' }, reference: ref, idempotency_key: ref }
  await hubspot.createRecord(east(), deal)
  t.equal((await values('deal', east()))?.closedate, '2026-12-31', 'also where it is the next day at noon in UTC')
})

t.test('without anything to read besides, requests are as ever', async (t) => {
  const crm = await open(t)
  await add(crm, 'contact', ADA)
  await hubspot.listRecent(crm.call(), { object: 'contact', since: since(), limit: 5 })
  await hubspot.listRecent(crm.call(), {
    object: 'contact',
    since: since(),
    limit: 5,
    read: { deal: [{ field: 'amount', type: 'number' }] },
  })
  const asked = crm.sandbox.requests.filter(({ path }) => path.endsWith('/search')).map(({ body }) => JSON.parse(body).properties)
  for (const properties of asked)
    t.strictSame(properties, ['firstname', 'lastname', 'email', 'phone', 'mobilephone', 'hs_additional_emails'])
  t.equal(asked.length, 2)
})

t.test('everybody who has a number is told, the oldest first, whichever property it is in', async (t) => {
  const crm = await open(t)
  const ids = [
    await add(crm, 'contact', { firstname: 'Ada', mobilephone: '+1 415-555-0100' }),
    await add(crm, 'contact', { firstname: 'Bea', phone: '(415) 555-0100' }),
    await add(crm, 'contact', { firstname: 'Cid', phone: '4155550100' }),
  ]
  await add(crm, 'contact', { firstname: 'Dot', phone: '+4154155550100'.slice(0, 13) })
  await hubspot.updateRecord(crm.call(), { object: 'contact', external_id: ids[0] ?? '', fields: { city: 'London' } })
  const found = await hubspot.lookupCustomer(crm.call(), { phone: '+14155550100' })
  t.strictSame(
    found?.customers.map(({ external_id }) => external_id),
    ids,
  )
  const { matches } = await hubspot.searchRecords(crm.call(), {
    object: 'contact',
    query: '415.555.0100',
    phone: '+14155550100',
    limit: 2,
  })
  t.strictSame(
    matches.map(({ external_id }) => external_id),
    ids.slice(0, 2),
    'a search keeps its limit',
  )
})

t.test('of the many who share a number twenty are told', async (t) => {
  const crm = await open(t)
  for (let n = 0; n < 22; n += 1) await add(crm, 'contact', { firstname: `Ada ${n}`, phone: '+14155550100' })
  t.equal((await hubspot.lookupCustomer(crm.call(), { phone: '+14155550100' }))?.customers.length, 20)
})

t.test('a search for a number among deals is a search for its text', async (t) => {
  const crm = await open(t)
  const id = await add(crm, 'deal', { dealname: 'Call 4155550100' })
  const { matches } = await hubspot.searchRecords(crm.call(), {
    object: 'deal',
    query: '4155550100',
    phone: '+14155550100',
    limit: 5,
  })
  t.strictSame(
    matches.map(({ external_id }) => external_id),
    [id],
  )
})
