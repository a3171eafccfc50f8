import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net'
import { json } from 'node:stream/consumers'
import { Gate, type Held } from '../../core/sandbox-hold.ts'
import { SEARCH_HIDES_MS } from './dialect.ts'

/** Where a create can be held: its connection made and nothing read; read and not stored; stored and not answered. */
export type Place = 'connected' | 'arrived' | 'stored'

/** A provider that lives in the test's process, so that it outlives every service that is killed. */
export interface Provider {
  /** Where it can hold a create. */
  places: readonly Place[]
  /** The next create stops there; resolves once it has. */
  holdNext(at: Place): Promise<Held>
  /** Ids of the records of one case. */
  records(key: string): string[]
  /** Requests to create that arrived in one case. */
  writes(key: string): number
  /** The second records of one case, where a create makes two. */
  seconds?(key: string): { isTied: boolean }[]
}

interface Row {
  id: number
  name: string
  reference: string
  storedAt: number
}

/** What the three test drivers speak to. It takes doubles unless told a reference by PUT. */
export const startProvider = async (): Promise<Provider & { url: string; close(): Promise<void> }> => {
  const rows: Row[] = []
  const writes: string[] = []
  const gate = new Gate<Place>()

  const store = (name: string, reference: string, isNamed: boolean): Row => {
    const known = isNamed && rows.find((row) => row.reference === reference)
    if (known) return known
    const row = { id: rows.length + 1, name, reference, storedAt: Date.now() }
    rows.push(row)
    return row
  }

  const write = async (request: IncomingMessage, response: ServerResponse, named?: string): Promise<void> => {
    const { name, reference = named ?? '' } = (await json(request)) as { name: string; reference?: string }
    writes.push(name)
    if (!(await gate.pass('arrived'))) return void response.destroy()
    const row = store(name, reference, named !== undefined)
    if (await gate.pass('stored')) answer(response, row)
    else response.destroy()
  }

  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://provider')
    if (request.method === 'GET') return answer(response, { rows: found(rows, url.searchParams.get('reference')) })
    void write(request, response, /^\/leads\/by-reference\/(.+)$/.exec(url.pathname)?.[1]).catch(() => response.destroy())
  })
  const door = createSocketServer({ pauseOnConnect: true }, async (socket) => {
    socket.on('error', () => undefined)
    if (!(await gate.pass('connected'))) return void socket.destroy()
    http.emit('connection', socket)
    socket.resume()
  })
  const open = new Set<Socket>()
  door.on('connection', (socket) => open.add(socket.once('close', () => open.delete(socket))))
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  return {
    places: ['connected', 'arrived', 'stored'],
    url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    holdNext: (at) => gate.holdNext(at),
    records: (key) => rows.filter((row) => row.name === key).map(({ id }) => String(id)),
    writes: (key) => writes.filter((written) => written === key).length,
    close: () =>
      new Promise((resolve) => {
        door.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}

const answer = (response: ServerResponse, body: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body))
}

const found = (rows: Row[], reference: string | null): Row[] =>
  rows.filter((row) => row.reference === reference && row.storedAt + SEARCH_HIDES_MS < Date.now())
