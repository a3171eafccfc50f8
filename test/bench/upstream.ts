import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A provider that costs as little as one can: constant answers in the dialect of the memory driver. */
const row = { id: 7, name: 'Ada Lovelace', phone: '+14155550100', created: 1_767_225_600, modified: 1_767_225_600 }
const one = Buffer.from(JSON.stringify(row))
const list = Buffer.from(JSON.stringify({ rows: [row] }))

const server = createServer((request, response) => {
  const body = request.method === 'GET' ? list : one
  request.resume()
  request.once('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
