import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import fc from 'fast-check'
import tap from 'tap'
import { isDenied } from '../../core/outbound/deny-list.ts'
import { allowList, checkTenantUrl } from '../../core/outbound/guard.ts'
import { guardedConnector } from '../../core/outbound/guarded-connector.ts'
import { createTransport, type Transport } from '../../core/outbound/transport.ts'
import { countingListener, get, received, serve } from './listeners.ts'

const none = allowList([])
const loopback = allowList(['127.0.0.0/8', '::1/128'])
const refusal = (url: string, allow = none) => checkTenantUrl(new URL(url), allow)

const spellings = [
  '127.0.0.1',
  '0x7f.1',
  '2130706433',
  '017700000001',
  '127.1',
  '①②⑦.0.0.1',
  '127.0.0.1.',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:7f00:1]',
  '[::ffff:127.0.0.1]',
  '[64:ff9b::7f00:1]',
  'good.example@127.0.0.1',
]
const elsewhere = [
  '10.0.0.1',
  '172.31.255.254',
  '192.168.1.1',
  '169.254.1.1',
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
]
const elsewhere6 = [
  '[fe80::1]',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
  '[64:ff9b::a9fe:a9fe]',
  '[2002:7f00:1::]',
  '[2001:0:7f00:1::]',
]
const forbiddenHosts = [...spellings, ...elsewhere, '168.63.129.16', '192.0.0.192', ...elsewhere6]

tap.test('a tenant gets an ordinary https URL through, on 443 and 8443', async (t) => {
  for (const url of ['https://crm.example.com/hook?x=1', 'https://crm.example.com:8443/', 'https://localhost.example.com/']) {
    t.equal(refusal(url), null, url)
  }
})

tap.test('a URL with another scheme, port, user part, local name or length is refused with a reason', async (t) => {
  const refused = [
    'http://crm.example.com/',
    'ftp://crm.example.com/',
    'https://crm.example.com:22/',
    'https://u:p@crm.example.com/',
  ]
  const local = [
    'localhost',
    'a.localhost',
    'printer.local',
    'metadata.google.internal',
    'nas.home.arpa',
    'x.onion',
    'metadata',
    'a.com.',
  ]
  for (const url of [...refused, ...local.map((host) => `https://${host}/`), `https://a.example/${'x'.repeat(2100)}`]) {
    t.match(refusal(url), /^The .+\.$/, url)
  }
})

tap.test('an address in any spelling is refused as a URL', async (t) => {
  for (const host of [...forbiddenHosts, '8.8.8.8', '[2606:4700::1111]']) t.type(refusal(`https://${host}/`), 'string', host)
})

tap.test('what the operator allows is accepted: literals inside the ranges, local names, plain http, any port', async (t) => {
  for (const url of ['http://127.0.0.1:8069/', 'http://[::1]:1/', 'http://localhost:8069/', 'http://[::ffff:7f00:1]/']) {
    t.equal(refusal(url, loopback), null, url)
  }
  for (const url of ['http://10.0.0.1/', 'https://[fd00::1]/', 'http://u@127.0.0.1/', 'gopher://127.0.0.1/']) {
    t.type(refusal(url, loopback), 'string', url)
  }
})

tap.test('an allow list names the entry that is no address range', async (t) => {
  for (const cidr of ['10.0.0.1', 'localhost/8', '10.0.0.0/33', '0x7f.1/8', ''])
    t.throws(() => allowList([cidr]), { message: `'${cidr}'` }, cidr)
})

tap.test('a mapped range in an allow list does not open IPv4', async (t) => {
  for (const cidr of ['::ffff:0:0/96', '::/0']) t.notOk(allowList([cidr]).has('127.0.0.1'), cidr)
})

// the deny list once more, as numbers and intervals
const ip4 = (a: number, b: number, c: number, d: number) => ((a * 256 + b) * 256 + c) * 256 + d
const intervals: [number, number][] = [
  [ip4(0, 0, 0, 0), ip4(0, 255, 255, 255)],
  [ip4(10, 0, 0, 0), ip4(10, 255, 255, 255)],
  [ip4(100, 64, 0, 0), ip4(100, 127, 255, 255)],
  [ip4(127, 0, 0, 0), ip4(127, 255, 255, 255)],
  [ip4(168, 63, 129, 16), ip4(168, 63, 129, 16)],
  [ip4(169, 254, 0, 0), ip4(169, 254, 255, 255)],
  [ip4(172, 16, 0, 0), ip4(172, 31, 255, 255)],
  [ip4(192, 0, 0, 0), ip4(192, 0, 0, 255)],
  [ip4(192, 0, 2, 0), ip4(192, 0, 2, 255)],
  [ip4(192, 31, 196, 0), ip4(192, 31, 196, 255)],
  [ip4(192, 52, 193, 0), ip4(192, 52, 193, 255)],
  [ip4(192, 88, 99, 0), ip4(192, 88, 99, 255)],
  [ip4(192, 168, 0, 0), ip4(192, 168, 255, 255)],
  [ip4(192, 175, 48, 0), ip4(192, 175, 48, 255)],
  [ip4(198, 18, 0, 0), ip4(198, 19, 255, 255)],
  [ip4(198, 51, 100, 0), ip4(198, 51, 100, 255)],
  [ip4(203, 0, 113, 0), ip4(203, 0, 113, 255)],
  [ip4(224, 0, 0, 0), ip4(255, 255, 255, 255)],
]
const dotted = (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.')
const isDenied4 = (n: number) => intervals.some(([low, high]) => n >= low && n <= high)
const near4 = fc
  .constantFrom(...intervals.flat())
  .chain((edge) => fc.integer({ min: -2, max: 2 }).map((off) => (edge + off + 2 ** 32) % 2 ** 32))
const any4 = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), near4)

const hex = (parts: number[]) => parts.map((part) => part.toString(16)).join(':')
const big = (parts: number[]) => parts.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n)
const startsWith = (n: bigint, prefix: string, bits: number) => n >> BigInt(128 - bits) === BigInt(`0x${prefix}`)
const embeds4 = (n: bigint) => n >> 32n === 0xffffn || n >> 32n === 0x64ff9bn << 64n
const isDenied6 = (n: bigint): boolean => {
  if (embeds4(n)) return isDenied4(Number(n & 0xffffffffn))
  if (n >> 125n !== 1n) return true
  return (
    n >> 105n === 0x20010000n >> 9n ||
    startsWith(n, '20010db8', 32) ||
    startsWith(n, '2002', 16) ||
    startsWith(n, '2620004f8000', 48) ||
    startsWith(n, '3fff0', 20)
  )
}
const prefixes = [
  '0000:0000:0000:0000:0000:ffff',
  '0064:ff9b:0000:0000:0000:0000',
  '0064:ff9b:0001',
  '2001:01ff',
  '2001:0200',
  '2001:0db8',
  '2002',
]
const more = [
  '2620:004f:8000',
  '3fff:0fff',
  '3fff:1000',
  'fc00',
  'fe80',
  'fec0',
  'ff02',
  '0100:0000:0000:0001',
  '5f00',
  '2a00',
  '1fff',
  '4000',
]
const words = (text: string) => text.split(':').map((word) => Number.parseInt(word, 16))
const eight = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
const any6 = fc.oneof(
  eight,
  eight.chain((tail) => fc.constantFrom(...prefixes, ...more).map((prefix) => [...words(prefix), ...tail].slice(0, 8))),
)

tap.test('the verdict on any IPv4 address is that of the intervals, also when mapped or behind NAT64', async () => {
  fc.assert(
    fc.property(any4, (n) => {
      const low = hex([n >>> 16, n & 0xffff])
      return [dotted(n), `::ffff:${dotted(n)}`, `::ffff:${low}`, `64:ff9b::${low}`].every(
        (address) => isDenied(address) === isDenied4(n),
      )
    }),
    { numRuns: 2000 },
  )
})

tap.test('the verdict on any IPv6 address is that of its number', async () => {
  fc.assert(
    fc.property(any6, (parts) => isDenied(hex(parts)) === isDenied6(big(parts))),
    { numRuns: 2000 },
  )
})

tap.test('what is no address, or bears a zone, is denied', async (t) => {
  for (const text of ['', 'localhost', '127.1', '8.8.8.8 ', '0x08.8.8.8', 'fe80::1%eth0', '1.2.3']) t.ok(isDenied(text), text)
})

const answering = (...answers: string[][]): LookupFunction & { calls: () => number } => {
  let calls = 0
  const lookup: LookupFunction = (_host, _options, callback) => {
    const addresses = answers[Math.min(calls++, answers.length - 1)] ?? []
    const found: LookupAddress[] = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    process.nextTick(callback, null, found)
  }
  return Object.assign(lookup, { calls: () => calls })
}

const refused = async (t: Pick<typeof tap, 'rejects'>, transport: Transport, url: string) => {
  await t.rejects(transport.send(get(url)), { name: 'WireError', fault: 'address_forbidden', isSent: false }, url)
}

tap.test('not one connection arrives: an address as URL, in any spelling', async (t) => {
  const listener = await countingListener(t)
  for (const allow of [[], ['203.0.113.0/24']]) {
    const transport = createTransport({ allowAddresses: allow })
    t.teardown(() => transport.close())
    for (const host of forbiddenHosts) {
      await refused(t, transport, `http://${host}:${listener.port}/`)
      await refused(t, transport, `https://${host}:8443/`)
    }
  }
  t.equal(listener.connections(), 0)
})

tap.test('not one connection arrives: a forbidden address as DNS answer, alone and beside a public one', async (t) => {
  const listener = await countingListener(t)
  const usual = await countingListener(t, '127.61.17.3', 8443)
  const plain = [
    '127.61.17.3',
    '::ffff:127.61.17.3',
    '127.0.0.1',
    '0.0.0.0',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    ...elsewhere,
    '168.63.129.16',
    'fe80::1',
    'fd00:ec2::254',
  ]
  for (const address of plain) {
    for (const answer of [[address], [address, '8.8.8.8'], ['8.8.8.8', address], ['2606:4700::1111', address]]) {
      for (const allow of [[], ['203.0.113.0/24']]) {
        const transport = createTransport({ allowAddresses: allow, lookup: answering(answer) })
        // an origin where only the addresses can be the reason
        await refused(t, transport, 'https://hook.example:8443/')
        await refused(t, transport, `http://hook.example:${listener.port}/`)
        await transport.close()
      }
    }
  }
  t.equal(listener.connections() + usual.connections(), 0)
})

tap.test('not one connection arrives: a literal handed to the connector itself, which no lookup sees', async (t) => {
  const listener = await countingListener(t)
  const connect = guardedConnector({ allow: none, connectTimeoutMs: 1_000 })
  for (const [host, hostname] of [
    ['127.0.0.1', '127.0.0.1'],
    ['[::ffff:7f00:1]', '::ffff:7f00:1'],
    ['hook.example', '127.0.0.1'],
  ] as const) {
    for (const protocol of ['http:', 'https:']) {
      const error = await new Promise((resolve) => {
        connect({ protocol, host, hostname, port: String(listener.port) }, (...[failure]) => resolve(failure))
      })
      t.match(error, { message: /not allowed/ }, host)
    }
  }
  t.equal(listener.connections(), 0)
})

tap.test(
  'a public address is not reached over plain http, on an odd port or under a local name, even with an allow list',
  async (t) => {
    const transport = createTransport({ allowAddresses: ['203.0.113.0/24'], lookup: answering(['8.8.8.8']) })
    t.teardown(() => transport.close())
    for (const url of ['http://hook.example/', 'https://hook.example:25/', 'https://db.internal/', 'https://localhost/'])
      await refused(t, transport, url)
  },
)

tap.test('not one connection arrives: a forbidden address as redirect target', async (t) => {
  const listener = await countingListener(t)
  let location = ''
  const url = await serve(t, (_request, response) => response.writeHead(302, { location }).end())
  const transport = createTransport({ allowAddresses: ['127.0.0.0/8', '::1/128'] })
  t.teardown(() => transport.close())
  for (const host of [...forbiddenHosts, 'localhost']) {
    location = `http://${encodeURI(host)}:${listener.port}/`
    for (const isGuarded of [true, false])
      t.match(await transport.send({ ...get(url), isGuarded }), { status: 302, headers: { location } })
  }
  t.equal(listener.connections(), 0)
})

tap.test('a name whose answer changes is judged by the very answer that is dialled, anew for each connection', async (t) => {
  const listener = await countingListener(t, '127.0.0.2')
  const url = await serve(t, (_request, response) => response.writeHead(200, { connection: 'close' }).end('ok'), listener.port)
  const lookup = answering(['127.0.0.1'], ['127.0.0.2'])
  const transport = createTransport({ allowAddresses: ['127.0.0.1/32'], lookup })
  t.teardown(() => transport.close())
  const named = url.replace('127.0.0.1', 'hook.example')
  t.equal((await transport.send(get(named))).body.toString(), 'ok')
  t.equal(lookup.calls(), 1)
  await refused(t, transport, named)
  t.equal(lookup.calls(), 2)
  t.equal(listener.connections(), 0)
})

tap.test('the peer that was reached is judged as well: 0.0.0.0 leads to 127.0.0.1', async (t) => {
  const url = await serve(t, (_request, response) => response.end('ok'))
  const transport = createTransport({ allowAddresses: ['0.0.0.0/32'] })
  t.teardown(() => transport.close())
  await refused(t, transport, url.replace('127.0.0.1', '0.0.0.0'))
})

tap.test('an allowed name gets through with its own name in Host and SNI', async (t) => {
  const url = await serve(t, (request, response) => response.end(request.headers.host))
  const transport = createTransport({ allowAddresses: ['127.0.0.0/8'], lookup: answering(['127.0.0.1']) })
  t.teardown(() => transport.close())
  const named = url.replace('127.0.0.1', 'hook.example')
  t.equal((await transport.send(get(named))).body.toString(), new URL(named).host)

  const hello = await received(t)
  await t.rejects(transport.send(get(`https://hook.example:${hello.port}/`)), {
    name: 'WireError',
    fault: 'unreachable',
    isSent: false,
  })
  t.match(hello.text(), 'hook.example')
})

tap.test('localhost is reached by the system resolver where loopback is allowed, and refused where not', async (t) => {
  const url = (await serve(t, (_request, response) => response.end('ok'))).replace('127.0.0.1', 'localhost')
  const allowed = createTransport({ allowAddresses: ['127.0.0.0/8', '::1/128'], lookup: systemLookup as LookupFunction })
  const other = createTransport({ allowAddresses: ['203.0.113.0/24'] })
  t.teardown(() => Promise.all([allowed.close(), other.close()]))
  t.equal((await allowed.send(get(url))).body.toString(), 'ok')
  await refused(t, other, url)
})
