import { AuthorizationServer, type NotIssued, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { hostsOf, type Traits } from './sandbox-variant.ts'

const WINDOW_MS = 600_000
const TOKENS_IN_WINDOW = 10
const REFRESH_TOKENS = 20

const ERRORS: Record<NotIssued['error'], string> = {
  invalid_client: 'invalid_client',
  invalid_grant: 'invalid_code', // of a refresh token too
  invalid_request: 'invalid_request',
  unsupported_grant_type: 'unsupported_grant_type',
}

const say = (body: unknown): SandboxAnswer => ({ status: 200, body })
const failed = (error: string): SandboxAnswer => say({ error })
const page = (status: number, text: string): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/html;charset=UTF-8' },
  body: `<!doctype html><title>Zoho Accounts</title><p>${text}`,
})
const throttled = (): SandboxAnswer =>
  say({
    error_description: 'You have made too many requests continuously. Please try again after some time.',
    error: 'Access Denied',
    status: 'failure',
  })

/** Parameters in the body, or in the query as Zoho's pages show them. */
const formOf = ({ body, query }: SandboxRequest): URLSearchParams => new URLSearchParams([...query, ...new URLSearchParams(body)])

/** The accounts server: errors come under 200, and each data centre knows the app by a secret of its own. */
export class Accounts {
  readonly server = new AuthorizationServer({
    clientAuthentication: 'body',
    pkce: 'ignored',
    accessTokenSeconds: 3600,
    codeSeconds: 120,
    rotates: false,
    tokenOf: (_, random) => `1000.${random.slice(0, 24)}.${random.slice(24)}`,
  })
  readonly #traits: Traits
  /** By code: whether a refresh token was asked for, and will be given. */
  readonly #isOffline = new Map<string, boolean>()
  #hasConsented = false
  #refreshTokens: string[] = []
  readonly #issuedAt = new Map<string, number[]>()

  constructor(traits: Traits) {
    this.#traits = traits
  }

  handle(request: SandboxRequest, host: string | undefined): SandboxAnswer {
    const { method, path } = request
    if (path === '/oauth/v2/auth' && method === 'GET') return this.#authorize(request.query, host)
    if (method !== 'POST') return page(405, 'Method not allowed.')
    if (host !== undefined && host !== hostsOf(this.#traits).accounts) return failed('invalid_client')
    if (path === '/oauth/v2/token') return this.#token(request)
    return path === '/oauth/v2/token/revoke' ? this.#revoke(formOf(request).get('token') ?? '') : page(404, 'No such page.')
  }

  /** The browser is led to the user's own centre from any other, but for China. */
  #authorize(query: URLSearchParams, host: string | undefined): SandboxAnswer {
    const { accounts } = hostsOf(this.#traits)
    if (host !== undefined && host !== accounts && (this.#traits.home === 'cn' || host.endsWith('.cn')))
      return page(400, 'This account does not exist here.')
    const answer = this.server.authorize(query)
    if ('error' in answer) return page(400, `ERROR: ${answer.error}`)
    const back = new URL(answer.location)
    const code = back.searchParams.get('code')
    if (code === null) return { status: 302, headers: { location: back.href } }
    const isFirst = !this.#hasConsented || query.get('prompt') === 'consent'
    this.#isOffline.set(code, query.get('access_type') === 'offline' && isFirst)
    this.#hasConsented = true
    back.searchParams.set('location', this.#traits.home)
    back.searchParams.set('accounts-server', `https://${accounts}`)
    return { status: 302, headers: { location: back.href } }
  }

  #token(request: SandboxRequest): SandboxAnswer {
    const form = formOf(request)
    const refreshToken = form.get('grant_type') === 'refresh_token' ? (form.get('refresh_token') ?? '') : null
    if (refreshToken !== null && this.#isThrottled(refreshToken)) return throttled()
    const headers = { ...request.headers, 'content-type': 'application/x-www-form-urlencoded' }
    const issued = this.server.token({ ...request, headers, body: String(form) })
    if ('error' in issued) return failed(ERRORS[issued.error])
    if (refreshToken !== null) this.#issuedAt.get(refreshToken)?.push(Date.now())
    const isOffline = this.#isOffline.get(form.get('code') ?? '') ?? false
    const { api } = hostsOf(this.#traits)
    const seconds = 3600
    return say({
      access_token: issued.access_token,
      ...(isOffline && issued.refresh_token && { refresh_token: this.#given(issued.refresh_token) }),
      scope: issued.scope.replaceAll(',', ' '),
      api_domain: api,
      token_type: 'Bearer',
      ...(this.#traits.hasLegacyLifetime ? { expires_in_sec: seconds, expires_in: seconds * 1000 } : { expires_in: seconds }),
    })
  }

  /** Ten access tokens of one refresh token in ten minutes, then none for the rest of them. */
  #isThrottled(refreshToken: string): boolean {
    const recent = (this.#issuedAt.get(refreshToken) ?? []).filter((at) => at > Date.now() - WINDOW_MS)
    this.#issuedAt.set(refreshToken, recent)
    return recent.length >= TOKENS_IN_WINDOW
  }

  /** The twenty-first of a user silently ends the first. */
  #given(refreshToken: string): string {
    this.#refreshTokens.push(refreshToken)
    const [oldest] = this.#refreshTokens
    if (this.#refreshTokens.length > REFRESH_TOKENS && oldest) {
      this.#refreshTokens = this.#refreshTokens.slice(1)
      this.server.revoke(oldest)
    }
    return refreshToken
  }

  #revoke(token: string): SandboxAnswer {
    return this.server.revoke(token) ? say({ status: 'success' }) : page(400, 'Invalid token.')
  }
}
