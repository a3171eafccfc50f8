import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import type { LookupFunction, Socket } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import tap from 'tap'
import { createTransport, type TransportOptions, WireError, type WireRequest } from '../../core/outbound/transport.ts'
import { get, serve, serveRaw } from './listeners.ts'

type Test = typeof tap

const connect = (t: Pick<Test, 'teardown'>, options: Partial<TransportOptions> = {}) => {
  const transport = createTransport({ allowAddresses: ['127.0.0.0/8'], ...options })
  t.teardown(() => transport.close())
  return transport
}

const fails = async (t: Pick<Test, 'match'>, sent: Promise<unknown>, fault: string, isSent: boolean) => {
  const outcome = await sent.catch((error: unknown) => error)
  t.match(outcome, { name: 'WireError', fault, isSent }, `${fault}, ${isSent ? '' : 'not '}sent`)
}

const encoded = (encoding: string, body: Buffer): RequestListener => {
  return (_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body)
}

tap.test('a request arrives as it was given, and its answer comes back whole', async (t) => {
  const url = await serve(t, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    response.setHeader('X-Seen', `${request.method} ${request.url} ${request.httpVersion} ${request.headers['x-a']}`)
    response.setHeader('X-Twice', ['one', 'two'])
    response.writeHead(201).end(Buffer.concat(chunks))
  })
  const transport = connect(t)
  for (const isGuarded of [true, false]) {
    for (const body of ['ünï', Buffer.from('ünï'), new Uint8Array(Buffer.from('ünï'))]) {
      const request: WireRequest = { ...get(`${url}p/%2e%2f?q=1%202`), method: 'POST', headers: { 'x-a': 'b' }, body, isGuarded }
      const answer = await transport.send(request)
      t.match(answer, { status: 201, headers: { 'x-seen': 'POST /p/%2e%2f?q=1%202 1.1 b', 'x-twice': 'one, two' } })
      t.equal(answer.body.toString(), 'ünï')
    }
  }
})

tap.test('an answer is decoded: gzip, brotli, deflate in both forms, none; an empty one needs no decoding', async (t) => {
  const text = 'hello '.repeat(1000)
  const bodies: [string, Buffer][] = [
    ['gzip', gzipSync(text)],
    ['X-GZIP', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['identity', Buffer.from(text)],
  ]
  const transport = connect(t)
  for (const [encoding, body] of bodies) {
    const url = await serve(t, encoded(encoding, body))
    t.equal((await transport.send(get(url))).body.toString(), text, encoding)
  }
  const url = await serve(t, encoded('gzip', Buffer.alloc(0)))
  t.equal((await transport.send(get(url))).body.length, 0)
})

tap.test('an encoding nobody asked for, and one that is broken or cut off, is unreadable', async (t) => {
  const transport = connect(t)
  const whole = gzipSync('hello '.repeat(1000))
  const bodies: [string, Buffer][] = [
    ['zstd', whole],
    ['gzip, gzip', whole],
    ['constructor', whole],
    ['gzip', Buffer.from('not gzip')],
    ['gzip', whole.subarray(0, 20)],
    ['br', whole],
  ]
  for (const [encoding, body] of bodies)
    await fails(t, transport.send(get(await serve(t, encoded(encoding, body)))), 'answer_unreadable', true)
})

tap.test('the cap counts decoded bytes, exactly', async (t) => {
  const transport = connect(t)
  for (const [encoding, squeeze] of [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['identity', (body: Buffer) => body],
  ] as const) {
    const url = await serve(t, encoded(encoding, squeeze(Buffer.alloc(100_000))))
    t.equal((await transport.send({ ...get(url), maxAnswerBytes: 100_000 })).body.length, 100_000, encoding)
    await fails(t, transport.send({ ...get(url), maxAnswerBytes: 99_999 }), 'answer_too_large', true)
  }
})

tap.test('a bomb is not inflated and an endless or huge answer not read: the connection ends soon after the cap', async (t) => {
  const transport = connect(t)
  const bomb = gzipSync(Buffer.alloc(64 << 20))
  const endless = (chunk: Buffer, encoding = 'identity'): RequestListener => {
    return (_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding })
      const push = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', push)
      push()
    }
  }
  const answers: RequestListener[] = [
    endless(randomBytes(16_384)),
    endless(gzipSync(Buffer.alloc(1 << 20)), 'gzip'), // member after member
    (request, response) => encoded('gzip', bomb)(request, response.setHeader('connection', 'close')),
    (_request, response) => response.end(Buffer.alloc(50 << 20)),
    (_request, response) => response.writeHead(200, { 'content-length': 50 << 20 }).write('x'),
  ]
  for (const answer of answers) {
    let socket: Socket | undefined
    const url = await serve(t, (request, response) => {
      socket = request.socket
      answer(request, response)
    })
    const before = process.memoryUsage().arrayBuffers
    await fails(t, transport.send({ ...get(url), maxAnswerBytes: 256 << 10 }), 'answer_too_large', true)
    t.ok(process.memoryUsage().arrayBuffers - before < 60 << 20, 'memory')
    if (socket && !socket.closed) await new Promise((resolve) => socket?.once('close', resolve))
  }
})

tap.test(
  'the deadline cuts slow headers, a dripping body, a dripping gzip and a silent server; the socket is let go',
  async (t) => {
    const transport = connect(t)
    const gzipped = gzipSync(randomBytes(1000))
    const drip = (socket: Socket, head: string, bytes: Buffer) => {
      socket.write(head)
      let at = 0
      const timer = setInterval(() => socket.write(bytes.subarray(at, ++at)), 20)
      socket.on('close', () => clearInterval(timer))
    }
    const slow: ((socket: Socket) => void)[] = [
      () => {},
      (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', Buffer.from(`x-slow: ${'y'.repeat(1000)}`)),
      (socket) => drip(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n', Buffer.alloc(1000, 'z')),
      (socket) => drip(socket, `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${gzipped.length}\r\n\r\n`, gzipped),
    ]
    for (const play of slow) {
      const closed = Promise.withResolvers<void>()
      const { url } = await serveRaw(t, (socket) => {
        socket.on('close', () => closed.resolve())
        socket.once('data', () => play(socket))
      })
      const begun = Date.now()
      await fails(t, transport.send(get(url, 150)), 'timeout', true)
      t.ok(Date.now() - begun < 5_000)
      await closed.promise
    }
  },
)

tap.test(
  'a deadline that passed before a byte was sent says so: already over, waiting for a connection, resolver silent',
  async (t) => {
    const url = await serve(t, () => {})
    const transport = connect(t, { connectionsPerOrigin: 1 })
    await fails(t, transport.send({ ...get(url), signal: AbortSignal.abort() }), 'timeout', false)
    const first = transport.send(get(url, 400))
    await fails(t, transport.send(get(url, 100)), 'timeout', false)
    await fails(t, first, 'timeout', true)

    const silent: LookupFunction = () => {}
    const unresolved = connect(t, { lookup: silent, connectTimeoutMs: 200 })
    await fails(t, unresolved.send(get(url.replace('127.0.0.1', 'hook.example'))), 'timeout', false)
    await fails(t, unresolved.send(get(url.replace('127.0.0.1', 'other.example'), 100)), 'timeout', false)
  },
)

tap.test('a request that ran out of time in the queue is never sent afterwards', async (t) => {
  const seen: (string | undefined)[] = []
  const url = await serve(t, (request, response) => {
    seen.push(request.url)
    setTimeout(() => response.end('ok'), 300)
  })
  const transport = connect(t, { connectionsPerOrigin: 1 })
  const first = transport.send(get(`${url}first`))
  await fails(t, transport.send(get(`${url}late`, 100)), 'timeout', false)
  await first
  await transport.send(get(`${url}last`))
  t.same(seen, ['/first', '/last'])
})

tap.test('nobody listening and an unknown name are unreachable, nothing sent', async (t) => {
  const { url } = await serveRaw(t, () => {})
  const gone = new URL(url)
  gone.port = '1'
  const missing: LookupFunction = (_host, _options, callback) =>
    callback(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), [])
  const transport = connect(t, { lookup: missing })
  await fails(t, transport.send(get(gone.href)), 'unreachable', false)
  await fails(t, transport.send(get('http://hook.example:1/')), 'unreachable', false)
})

tap.test('a reset counts as sent, whether the request was read or half answered', async (t) => {
  const hangups: ((socket: Socket) => void)[] = [
    (socket) => socket.once('data', () => socket.resetAndDestroy()),
    (socket) => socket.once('data', () => socket.end()),
    (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')),
    (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n')),
  ]
  const transport = connect(t)
  for (const hangup of hangups) {
    const { url } = await serveRaw(t, hangup)
    await fails(t, transport.send({ ...get(url), method: 'POST', body: '{}' }), 'reset', true)
  }
})

tap.test('a reset right after the connection counts as sent only if writing had begun', async (t) => {
  const { url } = await serveRaw(t, (socket) => socket.resetAndDestroy())
  const transport = connect(t)
  for (let round = 0; round < 10; round++) {
    const error = await transport.send(get(url)).catch((error: unknown) => error)
    if (!(error instanceof WireError)) return t.fail('no WireError')
    t.ok(['reset true', 'unreachable false'].includes(`${error.fault} ${error.isSent}`), error.fault)
  }
})

tap.test('an idle connection that the other side gives up on the next request is a reset; nothing is sent twice', async (t) => {
  let requests = 0
  const { url } = await serveRaw(t, (socket) => {
    socket.on('data', () => {
      requests++
      if (requests === 2) socket.resetAndDestroy()
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    })
  })
  const transport = connect(t, { connectionsPerOrigin: 1 })
  await transport.send(get(url))
  await fails(t, transport.send(get(url)), 'reset', true)
  t.equal(requests, 2)
  t.equal((await transport.send(get(url))).body.toString(), 'ok')
})

tap.test('what is not HTTP is unreadable', async (t) => {
  const { url } = await serveRaw(t, (socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n')))
  await fails(t, connect(t).send(get(url)), 'answer_unreadable', true)
})

tap.test('an error tells no address, host, path, header or body', async (t) => {
  const { url } = await serveRaw(t, (socket) => socket.destroy())
  const transport = connect(t)
  const secret = { headers: { authorization: 's3cret' }, method: 'POST', body: 's3cret' } as const
  for (const target of [`${url}s3cret`, 'http://127.0.0.1:1/s3cret', 'http://10.0.0.1/s3cret']) {
    const error = await transport.send({ ...get(target), ...secret }).catch((error: Error) => error)
    t.notMatch(`${JSON.stringify(error)} ${(error as Error).message} ${(error as Error).cause}`, /127\.0|10\.0|s3cret/)
  }
})

tap.test('a header that HTTP does not allow is refused, and costs nobody a connection', async (t) => {
  const url = await serve(t, (_request, response) => response.end('ok'))
  const transport = connect(t, { connectionsPerOrigin: 1 })
  const bad: Record<string, string>[] = [
    { authorization: 'a\nb' },
    { 'x y': '1' },
    { x: '\u2028' },
    { host: 'other' },
    { Upgrade: 'h2c' },
    { expect: '1' },
  ]
  for (const headers of bad) await t.rejects(transport.send({ ...get(url), headers }), TypeError)
  t.equal((await transport.send(get(url))).status, 200)
})

tap.test('connections are kept and shared within the limit, and no listener stays on the signal', async (t) => {
  const sockets = new Set<Socket>()
  const url = await serve(t, (request, response) => {
    sockets.add(request.socket)
    setTimeout(() => response.end('ok'), 5)
  })
  const transport = connect(t, { connectionsPerOrigin: 3 })
  const { signal } = new AbortController()
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--
    remove(...args)
  }
  await Promise.all(Array.from({ length: 30 }, () => transport.send({ ...get(url), signal })))
  t.equal(sockets.size, 3)
  t.equal(listeners, 0)
})

tap.test('closing lets what is under way finish and then refuses', async (t) => {
  const url = await serve(t, (_request, response) => void setTimeout(() => response.end('ok'), 100))
  const transport = createTransport({ allowAddresses: ['127.0.0.0/8'] })
  const under = transport.send(get(url))
  await transport.close()
  t.equal((await under).body.toString(), 'ok')
  await fails(t, transport.send(get(url)), 'unreachable', false)
})
