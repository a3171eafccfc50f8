import type { ServerResponse } from 'node:http'
import t from 'tap'
import Type from 'typebox'
import type { AnyDriver } from '../../core/driver.ts'
import { VorelError } from '../../core/errors.ts'
import { hostMatches } from '../../core/outbound/endpoint.ts'
import { Anything, failure, manifestOf, provider } from './provider.ts'

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
const ok = (response: ServerResponse) => json(response, 200, { id: 1 })

t.test('a request carries the sign-in, the query and a JSON body, and its answer has the shape asked for', async (t) => {
  const { call, seen } = await provider(t, (_, response) => ok(response))
  const Id = Type.Object({ id: Type.Integer() })
  t.same(await call().get('/people', Id, { q: 'a b&c', limit: 2, no: undefined }), { id: 1 })
  t.same(await call().post('/people', Id, { name: 'Ada' }), { id: 1 })
  t.match(seen, [
    {
      method: 'GET',
      url: '/people?q=a+b%26c&limit=2',
      headers: { authorization: 'Bearer k', accept: 'application/json' },
      body: '',
    },
    { method: 'POST', url: '/people', headers: { 'content-type': 'application/json' }, body: '{"name":"Ada"}' },
  ])
})

t.test("a pattern '*.example.com' covers names below example.com and nothing else", async (t) => {
  for (const host of ['a.example.com', 'a.b.example.com']) t.ok(hostMatches('*.example.com', host), host)
  for (const host of [
    'example.com',
    '.example.com',
    'evilexample.com',
    'example.com.evil.net',
    'a.example.com.evil.net',
    'a.example.com:8443',
  ])
    t.notOk(hostMatches('*.example.com', host), host)
  t.ok(hostMatches('api.example.com', 'api.example.com'))
  for (const host of ['x.api.example.com', 'api.example.com:8443', 'apiXexample.com'])
    t.notOk(hostMatches('api.example.com', host), host)
  t.ok(hostMatches('api.example.com:8443', 'api.example.com:8443'))
})

t.test('a host that the manifest does not declare is never called', async (t) => {
  const { call, seen, url } = await provider(t, (_, response) => ok(response))
  const by = (baseUrl: string, hosts: string[]) => ({ manifest: manifestOf({ baseUrl, hosts }) }) as AnyDriver
  const { host } = new URL(url)
  t.same(await call(5000, {}, by(`http://${host}`, [host])).get('/', Anything), { id: 1 })
  const forbidden = [
    by('{url}', ['api.example.com']),
    by(`http://api.example.com@${host}`, ['api.example.com']),
    by(`http://${host}`, ['*.example.com']),
    by(`http://${host}#.example.com`, ['*.example.com']),
  ]
  for (const driver of forbidden)
    t.match(await failure(call(5000, {}, driver).get('/', Anything)), { code: 'internal', effect: 'none' })
  t.match(await failure(call(5000, {}, by('http://127.0.0.1', ['127.0.0.1'])).get(`:${new URL(url).port}/`, Anything)), {
    code: 'internal',
  })
  t.equal(seen.length, 1)
})

t.test('an address that is none ends as an error of ours before anything is sent', async (t) => {
  const { call } = await provider(t, (_, response) => ok(response))
  t.match(await failure(call(5000, { settings: { url: 'not an address' } }).post('/', Anything, {})), {
    code: 'internal',
    effect: 'none',
  })
})

t.test('a credential that would break out of its header is refused, and shown to nobody', async (t) => {
  const { call, seen } = await provider(t, (_, response) => ok(response))
  for (const api_key of ['k\r\nx-admin: 1', 'k\nx', 'k\u0000', 'k\u007f', 'ключ', 'k\u2028']) {
    const error = await failure(() => call(5000, { credentials: { api_key } }).get('/', Anything))
    t.match(error, { code: 'auth_error', effect: 'none' })
    t.notOk(error.message.includes(api_key))
  }
  t.equal(seen.length, 0)
})

t.test(
  "a header that HTTP cannot carry is the driver's slip: nothing was sent, and the key of a create stays free",
  async (t) => {
    const { call, seen } = await provider(t, (_, response) => ok(response))
    for (const headers of [
      { 'x-note': 'a\r\nb' },
      { 'bad name': 'x' },
      { host: 'elsewhere' },
      { 'content-length': '3' },
    ] as Record<string, string>[]) {
      const error = await failure(call().raw({ method: 'POST', path: '/', headers, body: '{}' }))
      t.match(error, { code: 'internal', effect: 'none', message: /driver/ }, JSON.stringify(headers))
    }
    t.equal(seen.length, 0)
    await call().get('/', Anything)
    t.equal(seen.length, 1, 'the way stays open')
  },
)

for (const [what, spoil] of Object.entries<(response: ServerResponse) => void>({
  'a reset': (response) => response.destroy(),
  'HTTP 502': (response) => json(response, 502, {}),
  'HTTP 503': (response) => json(response, 503, {}),
  'HTTP 504': (response) => json(response, 504, {}),
})) {
  t.test(`after ${what} a read is sent up to three times`, async (t) => {
    const { call, seen } = await provider(t, (_, response) => spoil(response))
    t.match(await failure(call().get('/', Anything)), { code: 'provider_unavailable' })
    t.equal(seen.length, 3)
    t.match(await failure(call().query('/', Anything, {})), { code: 'provider_unavailable' })
    t.equal(seen.length, 6, 'a read that is a POST is a read')
  })

  t.test(`after ${what} a read that then succeeds is a success`, async (t) => {
    const { call, seen } = await provider(t, (_, response, count) => (count < 3 ? spoil(response) : ok(response)))
    t.same(await call().get('/', Anything), { id: 1 })
    t.equal(seen.length, 3)
  })

  t.test(`after ${what} a write is never sent again, and nobody claims to know what it did`, async (t) => {
    const { call, seen } = await provider(t, (_, response) => spoil(response))
    const http = call()
    for (const write of [
      () => http.post('/', Anything, {}),
      () => http.put('/', Anything, {}),
      () => http.patch('/', Anything, {}),
      () => http.delete('/'),
      () => http.raw({ method: 'POST', path: '/', body: '{}' }),
    ]) {
      seen.length = 0
      t.match(await failure(write), { code: 'provider_unavailable', effect: 'unknown' })
      t.equal(seen.length, 1)
    }
  })
}

t.test('what would fail the same way is asked once', async (t) => {
  for (const [status, code] of [
    [400, 'field_invalid'],
    [401, 'auth_error'],
    [403, 'auth_error'],
    [404, 'record_not_found'],
    [409, 'record_conflict'],
    [422, 'field_invalid'],
    [302, 'provider_unavailable'],
    [418, 'provider_unavailable'],
  ] as const) {
    const { call, seen } = await provider(t, (_, response) => json(response, status, {}))
    t.match(await failure(call().get('/', Anything)), { code, effect: 'none' }, String(status))
    t.equal(seen.length, 1, String(status))
  }
})

t.test('a 500 is asked once, and after a write leaves open what happened; so does a 303', async (t) => {
  for (const status of [500, 501, 303]) {
    const { call, seen } = await provider(t, (_, response) => json(response, status, {}))
    t.match(await failure(call().post('/', Anything, {})), { code: 'provider_unavailable', effect: 'unknown' }, String(status))
    t.equal(seen.length, 1)
  }
})

t.test('a write that never reached anybody may be sent again, and is known to have done nothing', async (t) => {
  const { call } = await provider(t, (_, response) => ok(response))
  const error = await failure(call(3000, { settings: { url: 'http://127.0.0.1:1' } }).post('/', Anything, {}))
  t.match(error, { code: 'provider_unavailable', effect: 'none' })
})

t.test('429 with Retry-After waits as long as asked and repeats, also a write', async (t) => {
  const times: number[] = []
  const { call, seen } = await provider(t, (_, response, count) => {
    times.push(Date.now())
    return count === 1 ? json(response, 429, {}, { 'retry-after': '1' }) : ok(response)
  })
  t.same(await call().post('/', Anything, { a: 1 }), { id: 1 })
  t.same(
    seen.map(({ body }) => body),
    ['{"a":1}', '{"a":1}'],
  )
  t.ok((times[1] ?? 0) - (times[0] ?? 0) >= 990)
})

t.test('429 that would outlast the deadline is said at once, with the time to wait', async (t) => {
  const { call, seen } = await provider(t, (_, response) => json(response, 429, {}, { 'retry-after': '30' }))
  const before = Date.now()
  t.match(await failure(call(5000).get('/', Anything)), { code: 'provider_rate_limited', retryAfterSeconds: 30, effect: 'none' })
  t.ok(Date.now() - before < 2_000)
  t.equal(seen.length, 1)
  const error = await failure(call(5000).get('/', Anything))
  t.match(error, { code: 'provider_rate_limited' })
  t.ok((error.retryAfterSeconds ?? 0) > 25)
  t.equal(seen.length, 1, 'the next call of the same connection does not even ask')
  t.equal((await failure(call(5000, { id: 'two' }).get('/', Anything))).retryAfterSeconds, 30)
  t.equal(seen.length, 2, 'another connection does')
})

t.test('asked to wait more than twice, a call goes on waiting while its deadline lasts', async (t) => {
  const soon = () => new VorelError('provider_rate_limited', 'Wait.')
  const { call, seen } = await provider(t, (_, response, count) => (count < 5 ? json(response, 429, {}) : ok(response)), {}, soon)
  t.same(await call(10_000).get('/', Anything), { id: 1 })
  t.equal(seen.length, 5)
})

t.test('the deadline ends a call that gets no answer, whatever it waits for', async (t) => {
  const { call, seen } = await provider(t, () => undefined, { limits: { concurrency: 1 } })
  const before = Date.now()
  const both = await Promise.all([failure(call(300).post('/', Anything, {})), failure(call(400).post('/', Anything, {}))])
  t.match(both[0], { code: 'provider_timeout', effect: 'unknown' })
  t.equal(seen.length >= 1, true)
  t.ok(Date.now() - before < 3_000)
})

t.test('a call that waits for its turn until its deadline has sent nothing, and says so', async (t) => {
  const { call, seen } = await provider(t, () => undefined, { limits: { concurrency: 1 } })
  const first = failure(call(2_000).post('/first', Anything, {}))
  const second = await failure(call(200).post('/second', Anything, {}))
  t.match(second, { code: 'provider_rate_limited', effect: 'none' })
  t.ok((second.retryAfterSeconds ?? 0) >= 1)
  await first
  t.same(
    seen.map(({ url }) => url),
    ['/first'],
  )
})

t.test('an answer that is not JSON, or not of the shape asked for, leaves open what a write did', async (t) => {
  const { call } = await provider(t, ({ url }, response) =>
    url === '/html'
      ? response.end('<html>')
      : url === '/empty'
        ? response.writeHead(204).end()
        : json(response, 200, { id: 'x' }),
  )
  for (const path of ['/html', '/empty', '/shape'])
    t.match(
      await failure(call().post(path, Type.Object({ id: Type.Integer() }), {})),
      { code: 'provider_unavailable', effect: 'unknown' },
      path,
    )
})

t.test("a driver's own word on a refusal comes before the status, with the body read", async (t) => {
  const { call } = await provider(
    t,
    (_, response) => json(response, 400, { reason: 'duplicate' }),
    {},
    ({ json, status }) =>
      (json as { reason?: string }).reason === 'duplicate' ? new VorelError('record_conflict', `Known (${status}).`) : undefined,
  )
  t.match(await failure(call().post('/', Anything, {})), { code: 'record_conflict', message: 'Known (400).' })
})

t.test('no error text holds the address, the credential or what was sent', async (t) => {
  const { call, url } = await provider(t, (_, response) => response.destroy())
  const error = await failure(
    call(5000, { credentials: { api_key: 'very-secret' } }).post('/people', Anything, { name: 'Ada Lovelace' }),
  )
  const told = `${error.message} ${(error.cause as Error).message}`
  for (const secret of ['very-secret', 'Ada', new URL(url).host]) t.notOk(told.includes(secret), secret)
})
