import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

export interface TokenRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  form: URLSearchParams
}

export interface TokenAnswer {
  status?: number
  headers?: Record<string, string>
  /** Objects go out as JSON, texts as they stand. */
  body?: unknown
}

/** An answer, or what is done to the line in place of one. */
export type Answering = TokenAnswer | ((response: ServerResponse) => void)

export interface TokenEndpoint {
  url: string
  requests: TokenRequest[]
  answering: Answering
}

/** A token endpoint that says what it is told to. */
export const tokenEndpoint = async (t: Pick<Test, 'teardown'>): Promise<TokenEndpoint> => {
  const server = createServer(async (incoming, response) => {
    const form = new URLSearchParams(await text(incoming).catch(() => ''))
    endpoint.requests.push({ method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers, form })
    const { answering } = endpoint
    if (typeof answering === 'function') return answering(response)
    const { status = 200, headers = {}, body = {} } = answering
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const endpoint: TokenEndpoint = { url, requests: [], answering: {} }
  return endpoint
}
