import type { LookupFunction } from 'node:net'
import { Agent, buildConnector } from 'undici'
import { type Tracer, untraced } from '../observe/tracer.ts'
import { Exchange } from './exchange.ts'
import { allowList, checkTenantUrl } from './guard.ts'
import { guardedConnector } from './guarded-connector.ts'
import { assertWellFormed } from './well-formed.ts'
import { type WireAnswer, WireError, type WireRequest } from './wire.ts'

export { type WireAnswer, WireError, type WireFault, type WireRequest } from './wire.ts'

export interface Transport {
  /** Sends once, follows no redirect, uses no proxy of the environment. Rejects with `WireError`, or `TypeError` for what HTTP cannot carry. */
  send(request: WireRequest): Promise<WireAnswer>
  /** Why a URL that a tenant gave would be refused whatever it resolves to, or null. */
  refusalOf(url: URL): string | null
  /** Connections to providers: open, of them in use, and requests that wait for one. */
  use(): { open: number; in_use: number; waiting: number }
  /** Lets what is under way finish, then closes every connection. */
  close(): Promise<void>
}

export interface TransportOptions {
  /** CIDRs that tenant-supplied hosts may lead to although they are private. */
  allowAddresses: string[]
  /** DNS, connect and TLS together; 5 s. */
  connectTimeoutMs?: number
  /** Requests beyond wait within their deadline; 64. */
  connectionsPerOrigin?: number
  tracer?: Tracer
  /** The resolver for guarded hosts, in the form of `dns.lookup`, which it is unless given. */
  lookup?: LookupFunction
}

// bodies and headers are timed by each request's signal
const untimed = { headersTimeout: 0, bodyTimeout: 0 }

export function createTransport(options: TransportOptions): Transport {
  const { connectTimeoutMs = 5_000, connectionsPerOrigin: connections = 64, lookup, tracer = untraced } = options
  const allow = allowList(options.allowAddresses)
  const shared = { ...untimed, connections, allowH2: false }
  const open = new Agent({
    ...shared,
    connect: buildConnector({ timeout: connectTimeoutMs, allowH2: false }),
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 60_000,
  })
  const guarded = new Agent({
    ...shared,
    connect: guardedConnector({ allow, connectTimeoutMs, lookup }),
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 4_000, // a socket to an address judged earlier is not kept for long
  })

  const send: Transport['send'] = async (request) => {
    const { method, url, headers, body, signal, isGuarded } = request
    assertWellFormed(request)
    if (signal.aborted) throw new WireError('timeout', false)
    if (isGuarded && checkTenantUrl(url, allow) !== null) throw new WireError('address_forbidden', false)
    const exchange = new Exchange(request)
    const agent = isGuarded ? guarded : open
    agent.dispatch({ origin: url.origin, path: url.pathname + url.search, method, headers, body }, exchange)
    return exchange.answer
  }

  return {
    send: (request) => traced(tracer, request, send),
    refusalOf: (url) => checkTenantUrl(url, allow),
    use: () => useOf([open, guarded]),
    async close() {
      await Promise.all([open.close(), guarded.close()])
    },
  }
}

/** Host and method: the rest of an address, and what is sent, may be about a person. */
const traced = (tracer: Tracer, request: WireRequest, send: Transport['send']): Promise<WireAnswer> => {
  const { method, url } = request
  const attributes = { 'http.request.method': method, 'server.address': url.hostname }
  return tracer.span('client', method, attributes, async (tell) => {
    const traceparent = tracer.header()
    const answer = await send(traceparent ? { ...request, headers: { ...request.headers, traceparent } } : request)
    tell({ 'http.response.status_code': answer.status })
    return answer
  })
}

const useOf = (agents: Agent[]) => {
  const pools = agents.flatMap((agent) => Object.values(agent.stats))
  const sum = (of: (pool: (typeof pools)[number]) => number) => pools.reduce((total, pool) => total + of(pool), 0)
  return {
    open: sum(({ connected }) => Number(connected)), // a single connection says whether, a pool how many
    in_use: sum(({ running }) => running),
    waiting: sum(({ pending }) => pending),
  }
}
