import t, { type Test } from 'tap'
import Type from 'typebox'
import type { Http } from '../../core/driver.ts'
import { isVorelError } from '../../core/errors.ts'
import { dryRun } from '../../core/outbound/dry-run.ts'
import memory from '../../drivers/memory/driver.ts'
import sandbox from '../../drivers/memory/sandbox.ts'
import { connect } from '../contract/connect.ts'

const Any = Type.Unknown()
const SECRETS = { api_key: 'memory-sandbox-key', pin: '481516', odd: 'a/b c&"d' }

/** What a driver might do with its way out, and what is kept of it. */
const stage = async (t: Test) => {
  const crm = await connect(t, memory, sandbox)
  const connection = {
    id: 'c',
    provider: 'memory',
    version: 1,
    tenant: { id: 'acme', region: 'US' },
    settings: crm.sandbox.settings,
    credentials: SECRETS,
    facts: {},
  }
  const caughtBy = async (act: (http: Http) => Promise<unknown>) => {
    const { ctx, caught } = dryRun(crm.call(), memory, connection)
    const thrown = await act(ctx.http).then(
      () => null,
      (error: unknown) => error,
    )
    return { request: caught(), thrown }
  }
  return { crm, caughtBy }
}

t.test('reads go out, and every kind of write is caught before it does', async (t) => {
  const { crm, caughtBy } = await stage(t)
  const writes: [string, (http: Http) => Promise<unknown>][] = [
    ['POST', (http) => http.post('/leads', Any, {})],
    ['PUT', (http) => http.put('/leads/by-reference/x', Any, {})],
    ['PATCH', (http) => http.patch('/leads/1', Any, {})],
    ['DELETE', (http) => http.delete('/leads/1', { hard: true })],
    ['POST', (http) => http.raw({ method: 'POST', path: '/leads' })],
    ['GET', (http) => http.raw({ method: 'GET', path: '/leads', isRead: false })],
  ]
  for (const [method, write] of writes) {
    const asked = crm.sandbox.requests.length
    const { request, thrown } = await caughtBy(async (http) => {
      await http.get('/leads', Any)
      return write(http)
    })
    t.match(request, { method, path: /^\/leads/ })
    t.ok(thrown && !isVorelError(thrown), 'no error that a driver would look at')
    t.same(
      crm.sandbox.requests.slice(asked).map((one) => one.method),
      ['GET'],
    )
  }
  t.match((await caughtBy((http) => http.query('/leads', Any, {}))).request, null, 'a read by POST is a read')
})

t.test('a driver that goes on after it was stopped sends nothing more, and the first request is the one kept', async (t) => {
  const { crm, caughtBy } = await stage(t)
  const asked = crm.sandbox.requests.length
  const { request, thrown } = await caughtBy(async (http) => {
    await http.post('/leads', Any, { first: true }).catch(() => undefined)
    await http.get('/leads', Any).catch(() => undefined)
    await http.post('/leads', Any, { second: true }).catch(() => undefined)
  })
  t.equal(thrown, null)
  t.match(request, { body: { first: true } })
  t.equal(crm.sandbox.requests.length, asked)
})

t.test('a body is shown in its form, without a secret in it, in the path, or any header', async (t) => {
  const { caughtBy } = await stage(t)
  const raw = async (type: string, body: string | Uint8Array) => {
    const headers = { 'Content-Type': type, 'x-signature': 'sealed' }
    const path = `/leads/481516/${encodeURIComponent(SECRETS.odd)}`
    return (await caughtBy((http) => http.raw({ method: 'POST', path, query: { key: SECRETS.api_key }, headers, body }))).request
  }
  t.same(await raw('application/x-www-form-urlencoded', 'a=1&key=a%2Fb+c%26%22d&a=2'), {
    method: 'POST',
    path: '/leads/[secret]/[secret]?key=[secret]',
    contentType: 'application/x-www-form-urlencoded',
    body: [
      ['a', '1'],
      ['key', '[secret]'],
      ['a', '2'],
    ],
  })
  t.same((await raw('text/xml', '<v>a/b c&amp;"d</v><v>481516</v>'))?.body, '<v>[secret]</v><v>[secret]</v>')
  const json = JSON.stringify({ 'memory-sandbox-key': [481516, { deep: 'x a/b c&"d y' }], fine: 5, none: null })
  t.same((await raw('application/vnd.api+json; charset=utf-8', Buffer.from(json)))?.body, {
    '[secret]': ['[secret]', { deep: 'x [secret] y' }],
    fine: 5,
    none: null,
  })
  t.equal((await raw('application/json', '{"broken'))?.body, '{"broken')
})
