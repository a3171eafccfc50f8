import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { WireRequest } from '../../core/outbound/transport.ts'

interface Test {
  teardown(undo: () => unknown): unknown
}

const listen = (server: Server, port = 0, host = '127.0.0.1') =>
  new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })

const track = (t: Test, server: Server) => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
  })
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return sockets
}

/** An HTTP server on loopback; its URL. */
export const serve = async (t: Test, answer: RequestListener, port = 0) => {
  const server = createServer(answer)
  track(t, server)
  return `http://127.0.0.1:${await listen(server, port)}/`
}

/** A TCP server on loopback that hands out raw sockets; its URL and those that are open. */
export const serveRaw = async (t: Test, onSocket: (socket: Socket) => void) => {
  const server = createTcpServer(onSocket)
  const open = track(t, server)
  return { url: `http://127.0.0.1:${await listen(server)}/`, open }
}

/** Nobody may come here. */
export const countingListener = async (t: Test, host = '127.0.0.1', wanted = 0) => {
  let connections = 0
  const server = createTcpServer(() => connections++)
  track(t, server)
  const port = await listen(server, wanted, host)
  return { port, connections: () => connections }
}

/** Keeps what the first bytes were, then hangs up. */
export const received = async (t: Test) => {
  let text = ''
  const server = createTcpServer((socket) => {
    socket.once('data', (chunk) => {
      text += chunk.toString('latin1')
      socket.destroy()
    })
  })
  track(t, server)
  return { port: await listen(server), text: () => text }
}

/** A guarded GET with a deadline that no test should meet. */
export const get = (url: string, deadlineMs = 10_000): WireRequest => ({
  method: 'GET',
  url: new URL(url),
  headers: {},
  signal: AbortSignal.timeout(deadlineMs),
  maxAnswerBytes: 1 << 20,
  isGuarded: true,
})
