import t from 'tap'
import { VorelError } from '../../core/errors.ts'
import { destinationOf } from '../../core/outbound/endpoint.ts'
import { manifestOf } from './provider.ts'

const manifest = manifestOf({ baseUrl: 'https://api.lantern.example', hosts: ['api.lantern.example'] })
const to = (href: string, endpoints: Record<string, string> = {}) => destinationOf(manifest, new URL(href), endpoints)

t.test("without an endpoint of the operator's a request goes where it says", async (t) => {
  const { url, headers } = to('https://api.lantern.example/v1/people?q=a%20b')
  t.equal(url.href, 'https://api.lantern.example/v1/people?q=a%20b')
  t.strictSame(headers, {})
})

t.test('with one, path and query go there, and a header says where they were meant to go', async (t) => {
  const endpoints = { [manifest.slug]: 'http://127.0.0.1:4010' }
  const asked: [href: string, gone: string][] = [
    ['https://api.lantern.example/v1/people?q=a%20b', 'http://127.0.0.1:4010/v1/people?q=a%20b'],
    ['https://api.lantern.example//evil.example/x', 'http://127.0.0.1:4010//evil.example/x'],
    ['https://api.lantern.example/%2F%2Fevil.example?u=//x', 'http://127.0.0.1:4010/%2F%2Fevil.example?u=//x'],
    ['https://api.lantern.example/\\evil.example', 'http://127.0.0.1:4010//evil.example'],
  ]
  for (const [href, gone] of asked) {
    const { url, headers } = to(href, endpoints)
    t.equal(url.href, gone)
    t.strictSame(headers, { 'x-forwarded-host': 'api.lantern.example' })
  }
})

t.test('an endpoint opens no host that the manifest does not declare, and is for one provider', async (t) => {
  t.throws(() => to('https://evil.example/', { [manifest.slug]: 'http://127.0.0.1:4010' }), VorelError)
  t.equal(to('https://api.lantern.example/', { other: 'http://127.0.0.1:4010' }).url.host, 'api.lantern.example')
})
