import t from 'tap'
import { Deadline } from '../../core/outbound/deadline.ts'
import type { Deps } from '../../core/verbs/deps.ts'
import { type Effort, settleLost } from '../../core/verbs/settle.ts'
import salesforce from '../../drivers/salesforce/driver.ts'
import { isSigned, signed } from '../../drivers/salesforce/trace.ts'
import { type Crm, reference } from '../contract/connect.ts'
import { askedBy, create, elsewhere, open, refused, statementsIn, stored, update } from './salesforce/open.ts'

const king = { LastName: 'King', Email: 'ada@example.test' }
const find = (crm: Crm, object: string, ref: string) =>
  Promise.resolve(salesforce.findByReference?.(crm.call(), { object, reference: ref }) ?? null)

/** Goes on when so many have come; whoever comes later does not wait. */
const meetingOf = (size: number) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let come = 0
  return () => {
    come += 1
    if (come >= size) resolve()
    return promise
  }
}

for (const object of ['contact', 'lead', 'deal']) {
  const fields = object === 'deal' ? { Name: 'House' } : king
  t.test(`a ${object} created again under its reference is the same record`, async (t) => {
    const crm = await open(t)
    const ref = reference()
    const first = await create(crm, object, fields, ref)
    t.strictSame(await create(crm, object, fields, ref), first)
    t.strictSame(await find(crm, object, ref), first)
    t.match(crm.sandbox.records(object), [{ Vorel_Key__c: ref }])
    t.equal(crm.sandbox.records(object).length, 1)
    t.notOk(String(stored(crm, object).Description).includes(ref), 'the description is left alone')
  })
}

t.test('a repeat writes nothing over what was changed since', async (t) => {
  const crm = await open(t)
  const ref = reference()
  const { external_id } = await create(crm, 'contact', king, ref)
  await update(crm, 'contact', external_id, { Email: 'countess@example.test' })
  const writes = crm.sandbox.writes().length
  await create(crm, 'contact', king, ref)
  t.equal(stored(crm).Email, 'countess@example.test')
  t.equal(crm.sandbox.writes().length, writes)
})

t.test('creates of one reference at once are one record, although Salesforce refuses some', async (t) => {
  const crm = await open(t)
  const ref = reference()
  const together = meetingOf(8)
  const createNow = () => {
    const ctx = crm.call()
    const patch: typeof ctx.http.patch = async (...args) => {
      await together()
      return ctx.http.patch(...args)
    }
    const asked = { object: 'contact', fields: king, idempotency_key: 'key', reference: ref }
    return salesforce.createRecord({ ...ctx, http: { ...ctx.http, patch } }, asked)
  }
  const all = await Promise.all(Array.from({ length: 8 }, createNow))
  t.equal(new Set(all.map(({ external_id }) => external_id)).size, 1)
  t.equal(crm.sandbox.records('contact').length, 1)
  const refusals = crm.sandbox.exchanges.filter(({ answer }) => JSON.stringify(answer.body ?? '').includes('DUPLICATE_VALUE'))
  t.ok(refusals.length > 0, 'the collision was met')
})

t.test('a unique field of the org that is taken is told, after one more try and no further', async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', king)
  const answer = {
    status: 400,
    headers: {},
    body: Buffer.from('[]'),
    json: [
      {
        errorCode: 'DUPLICATE_VALUE',
        message: 'duplicate value found: Badge__c duplicates value on record with id: 003gK0000000001',
      },
    ],
  }
  const error = salesforce.refusal?.(answer)
  const ctx = crm.call()
  let patches = 0
  const patch = async () => {
    patches += 1
    throw error
  }
  const asked = { object: 'contact', fields: king, idempotency_key: 'key', reference: reference() }
  const told = await refused(salesforce.createRecord({ ...ctx, http: { ...ctx.http, patch } }, asked))
  t.match(told, { code: 'record_conflict', fields: ['Badge__c'], message: /\(003gK0000000001\)/ })
  t.equal(patches, 2)
})

t.test('a row that others have locked is tried once more', async (t) => {
  const crm = await open(t)
  const locked = salesforce.refusal?.({
    status: 400,
    headers: {},
    body: Buffer.from(''),
    json: [{ errorCode: 'UNABLE_TO_LOCK_ROW', message: 'unable to obtain exclusive access to this record' }],
  })
  const ctx = crm.call()
  let patches = 0
  const patch: typeof ctx.http.patch = (...args) => {
    patches += 1
    return patches === 1 ? Promise.reject(locked) : ctx.http.patch(...args)
  }
  const { external_id } = await salesforce.createRecord(
    { ...ctx, http: { ...ctx.http, patch } },
    { object: 'contact', fields: king, idempotency_key: 'key', reference: reference() },
  )
  t.equal(stored(crm).Id, external_id)
  t.equal(patches, 2)
})

t.test('several records under one key are a conflict, in words that say what to mend', async (t) => {
  const crm = await open(t, 'plain')
  const ref = reference()
  for (const LastName of ['King', 'Queen']) await elsewhere(crm, 'POST', '/sobjects/Contact', { LastName, Vorel_Key__c: ref })
  t.match(
    await refused(elsewhere(crm, 'PATCH', `/sobjects/Contact/Vorel_Key__c/${ref}`, {})),
    { code: 'record_conflict', message: /Unique/ },
    'HTTP 300',
  )
  const ctx = crm.call()
  const native = { ...ctx, facts: { ...ctx.facts, 'idempotency.contact': 'native' } }
  t.match(
    await refused(salesforce.createRecord(native, { object: 'contact', fields: king, idempotency_key: 'key', reference: ref })),
    { code: 'record_conflict', message: /Unique/ },
  )
})

t.test('a key field that was removed since is named, and nothing is created', async (t) => {
  const crm = await open(t, 'search')
  const ctx = crm.call()
  const native = { ...ctx, facts: { ...ctx.facts, 'idempotency.contact': 'native' } }
  const error = await refused(
    salesforce.createRecord(native, { object: 'contact', fields: king, idempotency_key: 'key', reference: reference() }),
  )
  t.match(error, { code: 'field_invalid', fields: ['Vorel_Key__c'], effect: 'none' })
  t.equal(crm.sandbox.writes().length, 0)
})

t.test('without a key field the reference is the last line of the description, below what was said', async (t) => {
  const crm = await open(t, 'search')
  const [ref, other] = [reference(), reference()]
  const first = await create(crm, 'lead', { LastName: 'King', Description: 'Wants a garden.' }, ref)
  const second = await create(crm, 'lead', { LastName: 'King' }, other)
  t.equal(stored(crm, 'lead').Description, `Wants a garden.\n\nVorel reference: ${ref}`)
  t.equal(stored(crm, 'lead', 1).Description, `Vorel reference: ${other}`)
  t.strictSame(await find(crm, 'lead', ref), first)
  t.strictSame(await find(crm, 'lead', other), second)
  t.equal(await find(crm, 'lead', reference()), null)
  t.equal(await find(crm, 'contact', ref), null)
})

t.test('only a whole line is a reference', async (t) => {
  const ref = reference()
  t.ok(isSigned(signed('a\r\nb', ref).replaceAll('\n', '\r\n'), ref), 'whatever ends the lines')
  t.ok(isSigned(`${signed('', ref)}  \nadded later`, ref))
  t.notOk(isSigned(`see Vorel reference: ${ref}`, ref))
  t.notOk(isSigned(`Vorel reference: ${ref}x`, ref))
  t.notOk(isSigned(null, ref))
})

t.test('references are looked for among what the connected user made, page after page', async (t) => {
  const crm = await open(t, 'search')
  const ref = reference()
  const { external_id } = await create(crm, 'lead', { LastName: 'King' }, ref)
  for (let n = 0; n < 430; n += 1) await elsewhere(crm, 'POST', '/sobjects/Lead', { LastName: `King ${n}`, Company: 'Acme' })
  let found: unknown
  const asked = statementsIn(await askedBy(crm, async () => (found = await find(crm, 'lead', ref))))
  t.match(found, { external_id })
  t.equal(asked.length, 3)
  t.ok(asked.every((statement) => /WHERE CreatedById = '005\w{15}' AND CreatedDate >= .* LIMIT 200$/.test(statement)))
  const before = crm.sandbox.requests.length
  t.equal(await find(crm, 'lead', reference()), null)
  t.equal(crm.sandbox.requests.length - before, 3, 'each record was looked at once')
})

t.test('where there are more records than are looked through, the index may say yes, and its no is no answer', async (t) => {
  const crm = await open(t, 'search')
  const ref = reference()
  const { external_id } = await create(crm, 'lead', { LastName: 'King' }, ref)
  const ctx = crm.call()
  const row = { Id: '00QgK0000000001', Description: null, CreatedDate: '2026-11-23T10:00:00.000+0000' }
  const full = { records: Array.from({ length: 200 }, () => row) }
  const get: typeof ctx.http.get = (path, shape, query) =>
    path.endsWith('/query') ? Promise.resolve(full as never) : ctx.http.get(path, shape, query)
  const busy = { ...ctx, http: { ...ctx.http, get } }
  t.match(await salesforce.findByReference?.(busy, { object: 'lead', reference: ref }), { external_id })
  const error = await refused(Promise.resolve(salesforce.findByReference?.(busy, { object: 'lead', reference: reference() })))
  t.match(error, { code: 'provider_unavailable', message: /key field/ })
})

t.test('where even the description is closed, a create leaves no trace and says so by its class', async (t) => {
  const crm = await open(t, 'search+hide:Lead.Description')
  await create(crm, 'lead', { LastName: 'King' })
  t.match(stored(crm, 'lead'), { LastName: 'King', Description: null })
  t.match(crm.call().facts, { 'idempotency.lead': 'none', 'idempotency.contact': 'search' })
})

/** A create whose answer was lost, as the service settles it. */
const settle = (crm: Crm, ref: string, deadlineMs: number) => {
  const deadline = new Deadline(deadlineMs)
  const call = {
    connected: { driver: salesforce, row: { facts: crm.call().facts } },
    object: 'contact',
    deadline,
    atProvider: (run: (ctx: unknown) => Promise<unknown>) => run(crm.call()),
  }
  const deps = { operations: { markSent: async () => true } } as unknown as Deps
  const effort = {
    call,
    id: { tenantId: 't', idempotencyKey: 'k' },
    epoch: 1,
    reference: ref,
    payload: { parts: [{ object: 'contact', fields: king }], skipped: [] },
    progress: {},
  }
  return settleLost(deps, effort as unknown as Effort).finally(() => deadline.done())
}

t.test('a lost create is settled at once by its key, and later by its trace', async (t) => {
  const keyed = await open(t)
  const ref = reference()
  const { external_id } = await create(keyed, 'contact', king, ref)
  t.match(await settle(keyed, ref, 3_000), { created: { external_id } })
  t.equal(keyed.sandbox.records('contact').length, 1)
  const traced = await open(t, 'search')
  t.match(await settle(traced, ref, 3_000), { isFinal: false, retryMs: 9_000 }, 'Salesforce may still be at it')
})
