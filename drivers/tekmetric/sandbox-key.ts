import { randomUUID } from 'node:crypto'
import type { SandboxAnswer, SandboxRequest } from '../../core/sandbox.ts'
import { ok, SECOND_SHOP, SHOP } from './sandbox-store.ts'

/** The one environment that is played: its keys are unknown on the other's host. */
const HOST = 'sandbox.tekmetric.com'
const TOKEN_PATH = '/api/v1/oauth/token'
const SHORT_SECONDS = 2

/** Where it has one, no body and no length. */
export const unauthorized: SandboxAnswer = { status: 401 }
const wrongClient: SandboxAnswer = { status: 401, body: { error: 'invalid_client' } }

export const isTokenRequest = ({ path }: SandboxRequest): boolean => path === TOKEN_PATH

/** One integration's key: its client, the tokens given for it, and the shops that they open. */
export class Key {
  readonly client = `vorel-sandbox:${randomUUID()}`
  /** One that was given out by hand. */
  readonly token = randomUUID()
  readonly scope = new Set([SHOP, SECOND_SHOP])
  readonly #tokens = new Map<string, number>([[this.token, Number.POSITIVE_INFINITY]])
  readonly #isShort: boolean

  constructor(isShort: boolean) {
    this.#isShort = isShort
  }

  issue({ method, headers, body }: SandboxRequest): SandboxAnswer {
    if (method !== 'POST') return { status: 405 }
    const isForm = /^application\/x-www-form-urlencoded\b/.test(headers['content-type'] ?? '')
    const basic = `Basic ${Buffer.from(this.client).toString('base64')}`
    if (isElsewhere(headers) || headers.authorization !== basic) return wrongClient
    if (!isForm || new URLSearchParams(body).get('grant_type') !== 'client_credentials')
      return { status: 401, body: { error: 'unsupported_grant_type' } }
    const access_token = randomUUID()
    this.#tokens.set(access_token, this.#isShort ? Date.now() + SHORT_SECONDS * 1000 : Number.POSITIVE_INFINITY)
    const scope = [...this.scope].join(' ')
    return ok({ access_token, token_type: 'bearer', scope, ...(this.#isShort && { expires_in: SHORT_SECONDS }) })
  }

  isGood({ headers }: SandboxRequest): boolean {
    const [scheme, token = ''] = (headers.authorization ?? '').split(' ')
    return !isElsewhere(headers) && scheme === 'Bearer' && (this.#tokens.get(token) ?? 0) > Date.now()
  }
}

const isElsewhere = (headers: SandboxRequest['headers']): boolean => {
  const host = headers['x-forwarded-host']
  return host !== undefined && host !== HOST
}

export const refusedToken = ({ path }: SandboxRequest): SandboxAnswer => (path === TOKEN_PATH ? wrongClient : unauthorized)
