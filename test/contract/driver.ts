import t, { type Test } from 'tap'
import { Compile } from 'typebox/compile'
import type { AnyDriver } from '../../core/driver.ts'
import { isVorelError } from '../../core/errors.ts'
import { toE164 } from '../../core/phone.ts'
import type { StartSandbox } from '../../core/sandbox.ts'
import { DescribeObjectOutput } from '../../schemas/field.ts'
import * as verbs from '../../schemas/verbs.ts'
import { keepsToDescription, recording } from '../conformance/contract.ts'
import { bestOf, type Crm, connect, person, personObject, reference } from './connect.ts'
import { driverFaults } from './faults.ts'

const shapes = {
  test: Compile(verbs.TestConnectionOutput),
  lookup: Compile(verbs.LookupCustomerOutput),
  search: Compile(verbs.SearchRecordsOutput),
  create: Compile(verbs.CreateRecordOutput),
  update: Compile(verbs.UpdateRecordOutput),
  list: Compile(verbs.ListRecentOutput),
  remove: Compile(verbs.DeleteRecordOutput),
  describe: Compile(DescribeObjectOutput),
  associate: Compile(verbs.AssociateOutput),
}

/** A missing record, an id no provider would give. */
const NOBODY = '999999999'

export const codeOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked
    return 'no error'
  } catch (error) {
    return isVorelError(error) ? error.code : `not one of ours: ${error}`
  }
}

const WITH_VARIANTS = process.env.VOREL_VARIANTS === 'all'
let isFirst = true

/**
 * What every driver promises, asserted once; what it declares decides what it must prove. Of a file's several only the first is run, but all with
 * `npm run test:variants`.
 */
export const driverContract = (driver: AnyDriver, sandbox: StartSandbox, label = driver.manifest.slug): void => {
  if (!isFirst && !WITH_VARIANTS) return void t.test(label, { skip: 'npm run test:variants runs it' }, async () => undefined)
  isFirst = false
  const { start, exchanges } = recording(sandbox)
  const { auth, capabilities, objects } = driver.manifest
  const slug = label
  /** Those that drivers see: what stands for another is the pipeline's. */
  const native = Object.keys(objects).filter((name) => objects[name]?.standsFor === undefined)
  const object = personObject(driver)
  const idempotency = objects[object]?.idempotency ?? driver.manifest.idempotency
  const unless = (declared: boolean, flag: string) => ({ skip: declared ? false : `${slug} does not declare ${flag}` })
  const add = (crm: Crm, fields = person(driver, object), ref = reference(), of = object) =>
    driver.createRecord(crm.call(), { object: of, fields, idempotency_key: `key-${ref}`, reference: ref })
  const test = (name: string, run: (t: Test, crm: Crm) => Promise<unknown>, options = {}) =>
    t.test(`${slug}: ${name}`, options, async (t) => {
      await run(t, await connect(t, driver, start))
    })

  test('a good connection tests well, and says whose account it is or nothing', async (t, crm) => {
    const tested = await driver.testConnection(crm.call())
    t.ok(shapes.test.Check(tested), 'has the shape')
    t.equal(tested.ok, true)
  })

  const wrongIsTold = async (t: Test, crm: Crm) => {
    const wrong = Object.fromEntries(
      Object.entries(crm.credentials).map(([name, value]) => [name, typeof value === 'string' ? wrongened(value) : value]),
    )
    const asked = driver.testConnection(crm.call({ credentials: wrong }))
    const told = await asked.then(
      (tested) => tested.ok === false,
      (error: unknown) => isVorelError(error) && error.code === 'auth_error',
    )
    t.ok(told)
    t.equal(
      await codeOf(driver.searchRecords(crm.call({ credentials: wrong }), { object, query: 'Ada', limit: 5 })),
      'auth_error',
    )
  }
  test(
    'wrong credentials are said to be wrong',
    wrongIsTold,
    unless(auth.kind !== 'oauth2' || auth.grant === 'authorization_code', 'credentials of the tenant'),
  )

  for (const of of native) {
    test(`a created ${of} is found where it was put, and its answer has the shape`, async (t, crm) => {
      const created = await add(crm, person(driver, of), reference(), of)
      t.ok(shapes.create.Check(created), 'has the shape')
      t.equal(crm.sandbox.records(of).length, 1)
      if (created.record_url !== null) t.match(created.record_url, /^https?:\/\//)
      const { records } = await driver.listRecent(crm.call(), {
        object: of,
        since: new Date(Date.now() - 3_600_000).toISOString(),
        limit: 10,
      })
      t.strictSame(
        records.map(({ external_id }) => external_id),
        [created.external_id],
      )
      t.ok(shapes.list.Check({ records }))
    })
  }

  test('a customer is found by phone, by e-mail and by id, and nobody is null', async (t, crm) => {
    const { external_id } = await add(crm)
    await add(
      crm,
      person(driver, object, {
        name: 'Grace Hopper',
        first_name: 'Grace',
        last_name: 'Hopper',
        email: 'grace@example.test',
        phone: '+14155550101',
      }),
    )
    for (const key of [{ phone: '+14155550100' }, { email: 'ada@example.test' }, { external_id }]) {
      const found = await driver.lookupCustomer(crm.call(), key)
      t.ok(shapes.lookup.Check(found), 'has the shape')
      t.equal(bestOf(found)?.external_id, external_id, `by ${Object.keys(key)}`)
      t.equal(found?.matched_by, Object.keys(key)[0])
      t.equal(bestOf(found)?.object, object)
    }
    for (const key of [{ phone: '+14155550199' }, { email: 'nobody@example.test' }, { external_id: NOBODY }])
      t.equal(await driver.lookupCustomer(crm.call(), key), null, `nobody by ${Object.keys(key)}`)
  })

  test('of several keys the phone is preferred', async (t, crm) => {
    const ada = await add(crm)
    await add(crm, person(driver, object, { email: 'grace@example.test', phone: '+14155550101' }))
    const found = await driver.lookupCustomer(crm.call(), { phone: '+14155550100', email: 'grace@example.test' })
    t.equal(bestOf(found)?.external_id, ada.external_id)
    t.equal(found?.matched_by, 'phone')
  })

  test('several who share a number are all told, the oldest first, each time the same', async (t, crm) => {
    const first = await add(crm)
    const second = await add(crm, person(driver, object, { name: 'Bea Lovelace', first_name: 'Bea', email: 'bea@example.test' }))
    for (const time of ['once', 'again']) {
      const found = await driver.lookupCustomer(crm.call(), { phone: '+14155550100' })
      t.strictSame(
        found?.customers.map(({ external_id }) => external_id),
        [first.external_id, second.external_id],
        time,
      )
    }
  })

  test('a number is found however it is written in the CRM', async (t, crm) => {
    for (const [n, phone] of ['(415) 555-0111', '415-555-0112', '+1 415 555 0113', '4155550114'].entries()) {
      const fields = person(driver, object, { name: `Ada ${n}`, last_name: `Number ${n}`, email: `ada${n}@example.test`, phone })
      const { external_id } = await add(crm, fields)
      const found = await driver.lookupCustomer(crm.call(), { phone: `+1415555011${n + 1}` })
      t.equal(bestOf(found)?.external_id, external_id, phone)
    }
  })

  test('a search for a number finds whoever has it', async (t, crm) => {
    const { external_id } = await add(crm)
    const { matches } = await driver.searchRecords(crm.call(), {
      object,
      query: '(415) 555-0100',
      phone: '+14155550100',
      limit: 5,
    })
    t.strictSame(
      matches.map((match) => match.external_id),
      [external_id],
    )
  })

  test('fields asked for come back with what was written there, wherever records are read', async (t, crm) => {
    const fields = person(driver, object)
    const { external_id } = await add(crm, fields)
    const wanted = Object.values(objects[object]?.fields ?? {}).filter(
      ({ field }) => field in fields && !(driver.manifest.objects[object]?.fields.name?.field === field),
    )
    const read = { [object]: wanted.map(({ field, type }) => ({ field, type })) }
    const found = await driver.lookupCustomer(crm.call(), { external_id, read })
    const { matches } = await driver.searchRecords(crm.call(), { object, query: 'Lovelace', limit: 5, read })
    const since = new Date(Date.now() - 3_600_000).toISOString()
    const { records } = await driver.listRecent(crm.call(), { object, since, limit: 5, read })
    for (const [where, record] of Object.entries({ lookup: bestOf(found), search: matches[0], recent: records[0] }))
      for (const { field } of wanted) t.ok(isSame(record?.fields?.[field], fields[field]), `${field} by ${where}`)
  })

  test('search finds by a part of the name, keeps the limit, and finds nothing for nonsense', async (t, crm) => {
    for (let n = 0; n < 3; n += 1) await add(crm, person(driver, object, { email: `ada${n}@example.test` }))
    const found = await driver.searchRecords(crm.call(), { object, query: 'Lovelace', limit: 2 })
    t.ok(shapes.search.Check(found), 'has the shape')
    t.equal(found.matches.length, 2)
    t.strictSame(await driver.searchRecords(crm.call(), { object, query: 'zzz-nonsense', limit: 2 }), { matches: [] })
  })

  test('hostile text in search and lookup is text', async (t, crm) => {
    await add(crm)
    for (const query of [
      `' OR '1'='1`,
      '%',
      '_',
      '\\',
      '"; drop table',
      '*',
      '../..',
      '</value><x>',
      '(&(a=b))',
      '😀',
      '\u2028',
    ]) {
      t.strictSame(
        (await driver.searchRecords(crm.call(), { object, query, limit: 5 })).matches,
        [],
        `search for ${shown(query)}`,
      )
      const found = await driver
        .lookupCustomer(crm.call(), { email: `${query}@example.test` })
        .catch((error) => (isVorelError(error) ? null : error))
      t.equal(found, null, `lookup of ${shown(query)}`)
    }
  })

  test('text goes out and comes back as it was', async (t, crm) => {
    const name = `Zoë O'Brien & <Söhne> "Ltd" 你好 😀 \\ 5 < 6`
    await add(crm, person(driver, object, { name, first_name: name, last_name: name }))
    const found = await driver.lookupCustomer(crm.call(), { phone: '+14155550100' })
    t.match(bestOf(found)?.name, name)
  })

  test('an update changes what it names and leaves the rest', async (t, crm) => {
    const { external_id } = await add(crm)
    const fields = person(driver, object, { email: 'countess@example.test' })
    const email = objects[object]?.fields.email?.field ?? ''
    const updated = await driver.updateRecord(crm.call(), { object, external_id, fields: { [email]: fields[email] ?? '' } })
    t.ok(shapes.update.Check(updated), 'has the shape')
    const found = await driver.lookupCustomer(crm.call(), { external_id })
    t.match(bestOf(found), { email: 'countess@example.test', phone: '+14155550100' })
  })

  test('an update of nobody is record_not_found', async (t, crm) => {
    const fields = { [objects[object]?.fields.email?.field ?? '']: 'x@example.test' }
    t.equal(await codeOf(driver.updateRecord(crm.call(), { object, external_id: NOBODY, fields })), 'record_not_found')
  })

  test('recent records come newest first, from the moment asked for, within the limit', async (t, crm) => {
    const ids: string[] = []
    for (let n = 0; n < 3; n += 1)
      ids.unshift((await add(crm, person(driver, object, { email: `ada${n}@example.test` }))).external_id)
    const past = new Date(Date.now() - 3_600_000).toISOString()
    const { records } = await driver.listRecent(crm.call(), { object, since: past, limit: 2 })
    t.strictSame(
      records.map(({ external_id }) => external_id),
      ids.slice(0, 2),
    )
    const future = new Date(Date.now() + 3_600_000).toISOString()
    t.strictSame((await driver.listRecent(crm.call(), { object, since: future, limit: 2 })).records, [])
  })

  test(
    'a deleted record is gone',
    async (t, crm) => {
      const { external_id } = await add(crm)
      const removed = await driver.deleteRecord?.(crm.call(), { object, external_id })
      t.ok(shapes.remove.Check(removed), 'has the shape')
      t.equal(removed?.hard_deleted, capabilities.deletesPermanently)
      t.equal(await driver.lookupCustomer(crm.call(), { external_id }), null)
      t.equal(await codeOf(Promise.resolve(driver.deleteRecord?.(crm.call(), { object, external_id }))), 'record_not_found')
    },
    unless(capabilities.supportsDelete, 'supportsDelete'),
  )

  for (const of of native) {
    test(
      `the fields of ${of} are described, the default ones among them`,
      async (t, crm) => {
        const described = await driver.describeObject?.(crm.call(), { object: of })
        t.ok(shapes.describe.Check(described), 'has the shape')
        const names = new Set(described?.fields.map(({ name }) => name))
        for (const { field } of Object.values(objects[of]?.fields ?? {})) t.ok(names.has(field), `${field} is there`)
      },
      unless(capabilities.supportsDescribe, 'supportsDescribe'),
    )
  }

  test(
    'a create repeated under its reference gives the same record',
    async (t, crm) => {
      const ref = reference()
      const first = await add(crm, person(driver, object), ref)
      const again = await add(crm, person(driver, object), ref)
      t.equal(again.external_id, first.external_id)
      const others = await Promise.all([1, 2, 3].map(() => add(crm, person(driver, object), ref)))
      t.ok(others.every(({ external_id }) => external_id === first.external_id))
      t.equal(crm.sandbox.records(object).length, 1)
    },
    unless(idempotency === 'native', 'native idempotency'),
  )

  test(
    'a create is found again by its reference',
    async (t, crm) => {
      const ref = reference()
      t.equal(await driver.findByReference?.(crm.call(), { object, reference: ref }), null)
      const { external_id } = await add(crm, person(driver, object), ref)
      const found = await driver.findByReference?.(crm.call(), { object, reference: ref })
      t.equal(found?.external_id, external_id)
    },
    unless(idempotency === 'search', 'search idempotency'),
  )

  test(
    'two records are associated, and again without harm',
    async (t, crm) => {
      const [one = '', other = ''] = native
      const from = { object: one, external_id: (await add(crm, person(driver, one), reference(), one)).external_id }
      const to = { object: other, external_id: (await add(crm, person(driver, other), reference(), other)).external_id }
      for (const time of ['once', 'again'])
        t.ok(shapes.associate.Check(await driver.associate?.(crm.call(), { from, to })), `has the shape, ${time}`)
      const nobody = { ...to, external_id: NOBODY }
      t.not(await codeOf(Promise.resolve(driver.associate?.(crm.call(), { from, to: nobody }))), 'no error')
    },
    unless(capabilities.supportsAssociate, 'supportsAssociate'),
  )

  const isByToken = unless(auth.kind === 'oauth2', 'a sign-in by OAuth')

  test(
    'an access token that has expired is renewed once for all calls that meet it, and they go on',
    async (t, crm) => {
      const { external_id } = await add(crm)
      const before = crm.sandbox.oauth?.tokenRequests().length ?? 0
      crm.sandbox.oauth?.server.expireTokens()
      const calls = Array.from({ length: 8 }, () => crm.call())
      const found = await Promise.all(calls.map((ctx) => driver.lookupCustomer(ctx, { external_id })))
      t.ok(found.every((match) => bestOf(match)?.external_id === external_id))
      t.equal((crm.sandbox.oauth?.tokenRequests().length ?? 0) - before, 1, 'one token call')
      t.ok(await add(crm, person(driver, object, { email: 'grace@example.test' })), 'a create goes on too')
    },
    isByToken,
  )

  test(
    'a create that meets an expired token is made once',
    async (t, crm) => {
      crm.sandbox.oauth?.server.expireTokens()
      await add(crm)
      t.equal(crm.sandbox.records(object).length, 1)
    },
    isByToken,
  )

  test(
    'a grant that was revoked is auth_error',
    async (t, crm) => {
      crm.sandbox.oauth?.server.revokeGrants()
      if (auth.kind === 'oauth2' && auth.grant === 'client_credentials') return t.ok(await driver.testConnection(crm.call()))
      t.equal(await codeOf(driver.lookupCustomer(crm.call(), { phone: '+14155550100' })), 'auth_error')
      t.equal(crm.tokens?.renewals, 1)
    },
    isByToken,
  )

  driverFaults(driver, start, label)
  keepsToDescription(driver, exchanges, label)
}

/** Numbers may come back in the provider's own writing. */
const isSame = (read: unknown, written: unknown): boolean =>
  read === written || (toE164(String(written), 'US') !== null && toE164(String(read), 'US') === toE164(String(written), 'US'))

/** The same form, another value: `whsec_…` and hex keys stay well formed. */
const wrongened = (value: string): string =>
  value.replace(/[a-z0-9](?=[^a-z0-9]*$)/i, (last) => (last === '1' ? '2' : '1')).replace(/^(.{8})./, '$1x')

/** TAP takes U+2028 for a line's end. */
const shown = (text: string): string => JSON.stringify(text).replaceAll('\u2028', '\\u2028')
