import t from 'tap'
import type { SandboxAnswer } from '../../../core/sandbox.ts'
import driver from '../../../drivers/custom_webhook/driver.ts'
import { recordOf, safeUrl } from '../../../drivers/custom_webhook/map.ts'
import { connect } from '../../contract/connect.ts'
import { ada, answering, create, failureOf, since } from './endpoints.ts'

t.test('what an endpoint refuses has our code, and of its words only a plain code and plain field names', async (t) => {
  const told = (code: string, more = {}) => ({ error: { code, message: 'Ada Lovelace, +14155550100', ...more } })
  const cases: [number, unknown, Record<string, unknown>][] = [
    [
      400,
      told('bad_email', { fields: ['email', 'Ada Lovelace', 7, '__proto__'] }),
      { code: 'field_invalid', fields: ['email', '__proto__'] },
    ],
    [422, told('Ada Lovelace'), { code: 'field_invalid', fields: undefined }],
    [401, undefined, { code: 'auth_error' }],
    [403, told('bad_signature'), { code: 'auth_error' }],
    [404, told('not_found'), { code: 'record_not_found' }],
    [404, '<h1>Not Found</h1>', { code: 'provider_unavailable' }],
    [405, undefined, { code: 'provider_unavailable' }],
    [408, undefined, { code: 'provider_timeout', effect: 'unknown' }],
    [409, told('duplicate'), { code: 'record_conflict' }],
    [410, undefined, { code: 'auth_error' }],
    [501, told('unsupported'), { code: 'object_unsupported' }],
    [507, told('full'), { code: 'provider_unavailable', effect: 'unknown' }],
  ]
  for (const [status, body, expected] of cases) {
    const crm = await connect(
      t,
      driver,
      answering(() => ({ status, body })),
    )
    const error = await failureOf(create(crm))
    t.match(error, { effect: 'none', ...expected }, `${status} ${JSON.stringify(body)}`)
    t.notMatch(String(error), /Ada|4155550100/)
    t.equal(crm.sandbox.requests.length, 3, 'asked once')
  }
})

t.test('425 is waited out as Retry-After says', async (t) => {
  let asked = 0
  const start = answering(() => {
    asked += 1
    return asked === 1 ? { status: 425, headers: { 'retry-after': '1' } } : { status: 200, body: { external_id: 'x' } }
  })
  const crm = await connect(t, driver, start)
  t.match(await create(crm), { external_id: 'x', record_url: null })
  t.equal(new Set(crm.sandbox.requests.slice(2).map(({ headers }) => headers['webhook-id'])).size, 1)
})

t.test('a delete that the endpoint does not support is delete_unsupported', async (t) => {
  const crm = await connect(
    t,
    driver,
    answering(() => ({ status: 501, body: { error: { code: 'unsupported' } } })),
  )
  t.match(await failureOf(driver.deleteRecord?.(crm.call(), { object: 'contact', external_id: '1' })), {
    code: 'delete_unsupported',
  })
})

t.test('a delete is for good only where the endpoint says so', async (t) => {
  for (const [body, hard_deleted] of [
    [{ deleted: true }, false],
    [{ deleted: true, hard_deleted: true }, true],
  ] as const) {
    const crm = await connect(
      t,
      driver,
      answering(() => ({ status: 200, body })),
    )
    t.strictSame(await driver.deleteRecord?.(crm.call(), { object: 'contact', external_id: '1' }), {
      deleted: true,
      hard_deleted,
    })
  }
})

t.test('an answer that is not JSON by its own word, has no id or is larger than 1 MiB is no answer', async (t) => {
  const good = JSON.stringify({ external_id: 'x' })
  const answers: SandboxAnswer[] = [
    { status: 200, headers: { 'content-type': 'text/html' }, body: good },
    { status: 200, body: good },
    { status: 204 },
    { status: 200, body: {} },
    { status: 200, body: { external_id: '' } },
    { status: 200, body: { external_id: 7 } },
    { status: 200, body: { external_id: 'a\u0000b' } },
    { status: 200, body: { external_id: 'x', padding: 'x'.repeat(1024 * 1024) } },
  ]
  for (const answer of answers) {
    const crm = await connect(
      t,
      driver,
      answering(() => answer),
    )
    t.match(
      await failureOf(create(crm)),
      { code: 'provider_unavailable', effect: 'unknown' },
      JSON.stringify(answer).slice(0, 80),
    )
  }
  const headers = { 'content-type': 'application/vnd.api+json; charset=utf-8' }
  const crm = await connect(
    t,
    driver,
    answering(() => ({ status: 200, headers, body: good })),
  )
  t.match(await create(crm), { external_id: 'x' })
})

t.test('a link is shown only if it is http or https', async (t) => {
  t.equal(safeUrl('https://crm.example.test/1'), 'https://crm.example.test/1')
  t.equal(safeUrl('http://crm.example.test/1'), 'http://crm.example.test/1')
  for (const bad of [
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    '/records/1',
    '',
    null,
    undefined,
    `https://x/${'a'.repeat(3000)}`,
  ])
    t.equal(safeUrl(bad), null, String(bad).slice(0, 40))
})

t.test('a write gives no link that is a script', async (t) => {
  const crm = await connect(
    t,
    driver,
    answering(() => ({ status: 200, body: { external_id: 'x', record_url: 'javascript:alert(1)' } })),
  )
  t.strictSame(await create(crm), { external_id: 'x', record_url: null })
  const updated = await driver.updateRecord(crm.call(), { object: 'contact', external_id: 'x', fields: ada })
  t.strictSame(updated, { updated: true, record_url: null })
})

t.test('what an endpoint tells of a person is taken by our words, and nothing is made up', async (t) => {
  const fields = { ...ada, email: 7, phone: '', created_at: '2026-01-01T01:00:00+01:00', updated_at: 'soon' }
  t.strictSame(recordOf('contact', [])({ external_id: '1', fields, record_url: 'javascript:x' }), {
    object: 'contact',
    external_id: '1',
    name: 'Ada Lovelace',
    email: null,
    phone: null,
    record_url: null,
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: null,
  })
})

t.test('more records than asked for are cut to the limit', async (t) => {
  const record = { external_id: '1', fields: {} }
  const crm = await connect(
    t,
    driver,
    answering(() => ({ status: 200, body: { records: [record, record, record] } })),
  )
  t.equal((await driver.searchRecords(crm.call(), { object: 'contact', query: 'x', limit: 2 })).matches.length, 2)
  t.equal((await driver.listRecent(crm.call(), { object: 'contact', since, limit: 2 })).records.length, 2)
})
