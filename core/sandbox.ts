/** What a provider's sandbox is built from: a real server on loopback that can be told to misbehave. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { answer, send } from './sandbox-answer.ts'
import type { AuthorizationServer } from './sandbox-authorization.ts'
import { Gate, type Held } from './sandbox-hold.ts'

export { type AuthorizationRules, AuthorizationServer, type Issued, type NotIssued } from './sandbox-authorization.ts'
export type { Held } from './sandbox-hold.ts'

export const FAULTS = [
  'unauthorized',
  'rate_limited',
  'server_error',
  'unavailable',
  'slow_headers',
  'dripping_body',
  'reset_before',
  'reset_after',
  'truncated_json',
  'html_200',
  'wrong_types',
  'huge_body',
  'redirect',
] as const
/** `reset_before` drops the line and does nothing; `reset_after` does what was asked, then drops the line. */
export type Fault = (typeof FAULTS)[number]

export interface SandboxRequest {
  method: string
  /** Path without the query. */
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: string
}

export interface SandboxAnswer {
  status: number
  headers?: Record<string, string>
  /** Objects and arrays go out as JSON, strings as they stand. */
  body?: unknown
}

/** One provider's dialect: its records, and how it answers. */
export interface SandboxProvider {
  handle(request: SandboxRequest): SandboxAnswer | Promise<SandboxAnswer>
  /** The provider's own words for "not signed in" and "too many requests". */
  unauthorized(request: SandboxRequest): SandboxAnswer
  rateLimited(request: SandboxRequest): SandboxAnswer
  /** Whether the request would change something. */
  isWrite(request: SandboxRequest): boolean
  /** What is stored of an object, as the provider keeps it. */
  records(object: string): Record<string, unknown>[]
  /** What a tenant would enter at connect. */
  settings(url: string): Record<string, string>
  credentials: Record<string, string>
  /** Where the provider signs in by OAuth. */
  oauth?: { server: AuthorizationServer; isTokenRequest(request: SandboxRequest): boolean }
}

/** A sandbox's authorization server, as tests and the command line reach it. */
export interface SandboxOAuth {
  server: AuthorizationServer
  /** Every request to the token endpoint, oldest first. */
  tokenRequests(): SandboxRequest[]
  /** The token endpoint does its work at once and answers that much later. */
  delayMs: number
}

export interface Exchange {
  request: SandboxRequest
  answer: SandboxAnswer
}

export interface Sandbox {
  url: string
  settings: Record<string, string>
  credentials: Record<string, string>
  oauth?: SandboxOAuth
  /** What was asked and answered without a fault, oldest first. */
  exchanges: Exchange[]
  records(object: string): Record<string, unknown>[]
  /** Every request that came in, oldest first. */
  requests: SandboxRequest[]
  /** Those of them that would change something. */
  writes(): SandboxRequest[]
  /** Plays a fault on the next `times` requests (writes only, with `on: 'write'`). */
  play(fault: Fault, options?: { times?: number; on?: 'any' | 'write' }): void
  /** Holds the next write before anything is done, or when it is done and not answered; resolves once it is there. */
  holdNext(at: 'arrived' | 'stored'): Promise<Held>
  /** Forgets faults not yet played. */
  calm(): void
  close(): Promise<void>
}

/** `variant`: which of the provider's dialects or versions, where a sandbox speaks several. */
export type StartSandbox = (options?: { port?: number; variant?: string | undefined; keepRequests?: boolean }) => Promise<Sandbox>

interface Planned {
  fault: Fault
  times: number
  on: 'any' | 'write'
}

class Dropped extends Error {}

export const defineSandbox =
  (create: (variant?: string) => SandboxProvider): StartSandbox =>
  async ({ port = 0, variant, keepRequests = true } = {}) => {
    const provider = create(variant)
    const requests: SandboxRequest[] = []
    const exchanges: Exchange[] = []
    const oauth: SandboxOAuth | undefined = provider.oauth && {
      server: provider.oauth.server,
      tokenRequests: () => requests.filter((request) => provider.oauth?.isTokenRequest(request)),
      delayMs: 0,
    }
    const gate = new Gate<'arrived' | 'stored'>()
    const pass = async (at: 'arrived' | 'stored', request: SandboxRequest): Promise<void> => {
      if (provider.isWrite(request) && !(await gate.pass(at))) throw new Dropped()
    }
    const answerTo = async (request: SandboxRequest): Promise<SandboxAnswer> => {
      await pass('arrived', request)
      const answer = await provider.handle(request)
      await pass('stored', request)
      if (keepRequests) exchanges.push({ request, answer })
      if (oauth?.delayMs && provider.oauth?.isTokenRequest(request)) await sleep(oauth.delayMs)
      return answer
    }
    let planned: Planned[] = []

    const nextFault = (request: SandboxRequest): Fault | undefined => {
      const plan = planned.find(({ on }) => on === 'any' || provider.isWrite(request))
      if (!plan) return undefined
      plan.times -= 1
      planned = planned.filter(({ times }) => times > 0)
      return plan.fault
    }

    const server = createServer(async (incoming, response) => {
      response.on('error', () => undefined)
      const request = await received(incoming)
      if (!request) return
      if (keepRequests) requests.push(request)
      await answer({ ...provider, handle: answerTo }, request, response, nextFault(request)).catch((error: unknown) =>
        error instanceof Dropped ? response.destroy() : send(response, { status: 500, body: { error: String(error) } }),
      )
    })
    server.keepAliveTimeout = 60_000
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return {
      url,
      settings: provider.settings(url),
      credentials: provider.credentials,
      ...(oauth && { oauth }),
      exchanges,
      records: (object) => provider.records(object),
      requests,
      writes: () => requests.filter((request) => provider.isWrite(request)),
      holdNext: (at) => gate.holdNext(at),
      play: (fault, { times = 1, on = 'any' } = {}) => planned.push({ fault, times, on }),
      calm: () => {
        planned = []
      },
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve())
          server.closeAllConnections()
        }),
    }
  }

const received = async (incoming: IncomingMessage): Promise<SandboxRequest | null> => {
  const url = new URL(incoming.url ?? '/', 'http://sandbox')
  const body = await text(incoming).catch(() => null)
  if (body === null) return null
  return { method: incoming.method ?? 'GET', path: url.pathname, query: url.searchParams, headers: incoming.headers, body }
}
