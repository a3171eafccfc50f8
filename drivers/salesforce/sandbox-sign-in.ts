import { AuthorizationServer, type NotIssued, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import type { Org } from './sandbox-org.ts'

const OAUTH = '/services/oauth2/'

/** A session is as long as the org's settings say; the answer does not tell. */
const SESSION_SECONDS = 7_200

export const isTokenRequest = ({ method, path }: SandboxRequest): boolean => method === 'POST' && path === `${OAUTH}token`

const form = (values: Record<string, string>, status: number): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(values).toString(),
})

/** The sign-in of one org: PKCE asked for, refresh tokens that work once, and no word on how long a session is. */
export class SignIn {
  readonly server: AuthorizationServer
  readonly #org: Org
  readonly #loginHost: string

  constructor(org: Org) {
    this.#org = org
    this.#loginHost = org.options.isSandbox ? 'test.salesforce.com' : 'login.salesforce.com'
    this.server = new AuthorizationServer({
      clientAuthentication: 'body',
      pkce: 'required',
      accessTokenSeconds: SESSION_SECONDS,
      codeSeconds: 900,
      rotates: true,
      tokenOf: (kind, random) =>
        kind === 'access'
          ? `${org.organizationId.slice(0, 15)}!AQ${random}`
          : kind === 'refresh'
            ? `5Aep861${random}`
            : `aPrx${random}`,
    })
  }

  /** Hosts where people of this org sign in. */
  isLoginHost(host: string): boolean {
    return host === this.#loginHost || host === this.#org.domain
  }

  handles({ path }: SandboxRequest): boolean {
    return path.startsWith(OAUTH)
  }

  handle(request: SandboxRequest): SandboxAnswer {
    const { method, path } = request
    const what = `${method} ${path.slice(OAUTH.length)}`
    if (what === 'GET authorize') return this.#authorize(request)
    if (what === 'POST token') return this.#token(request)
    if (what === 'POST revoke') return this.#revoke(request)
    if (what === 'POST introspect') return this.#introspect(request)
    if (what === 'GET userinfo') return this.#userInfo(request)
    return {
      status: 404,
      headers: { 'content-type': 'text/html' },
      body: '<html><head><title>URL No Longer Exists</title></head></html>',
    }
  }

  #authorize({ query }: SandboxRequest): SandboxAnswer {
    const answer = this.server.authorize(query)
    if ('location' in answer) return { status: 302, headers: { location: answer.location } }
    const error = answer.error === 'invalid_client' ? 'invalid_client_id' : answer.error
    return {
      status: 400,
      headers: { 'content-type': 'text/html' },
      body: `<html><body>error=${error}&amp;error_description=${answer.description}</body></html>`,
    }
  }

  #token(request: SandboxRequest): SandboxAnswer {
    const answer = this.server.token(request)
    if ('error' in answer) return { status: 400, body: this.#refused(request, answer) }
    const { access_token, refresh_token, scope } = answer
    return {
      status: 200,
      headers: { 'cache-control': 'no-cache, no-store' },
      body: {
        access_token,
        ...(refresh_token &&
          scope.split(' ').some((word) => /^(refresh_token|offline_access|full)$/.test(word)) && { refresh_token }),
        signature: 'c2FuZGJveCBzaWduYXR1cmU=',
        scope,
        instance_url: `https://${this.#org.domain}`,
        id: `https://${this.#loginHost}/id/${this.#org.organizationId}/${this.#org.userId}`,
        token_type: 'Bearer',
        issued_at: String(Date.now()),
      },
    }
  }

  #refused({ body }: SandboxRequest, { error, description }: NotIssued): object {
    const id = new URLSearchParams(body).get('client_id')
    if (error === 'invalid_client' && id !== this.server.client.id)
      return { error: 'invalid_client_id', error_description: 'client identifier invalid' }
    if (error === 'invalid_client') return { error: 'invalid_client', error_description: 'invalid client credentials' }
    return { error, error_description: description }
  }

  /** Success has no body; an error is no JSON. */
  #revoke({ body }: SandboxRequest): SandboxAnswer {
    const isKnown = this.server.revoke(new URLSearchParams(body).get('token') ?? '')
    return isKnown ? { status: 200 } : form({ error: 'invalid_token', error_description: 'invalid token' }, 400)
  }

  #introspect(request: SandboxRequest): SandboxAnswer {
    if (this.server.clientRefusal(request))
      return { status: 401, body: { error: 'invalid_client', error_description: 'invalid client credentials' } }
    const told = this.server.introspect(new URLSearchParams(request.body).get('token') ?? '')
    if (!told) return { status: 200, body: { active: false } }
    const now = Math.floor(Date.now() / 1000)
    const sub = `https://${this.#loginHost}/id/${this.#org.organizationId}/${this.#org.userId}`
    const expires = told.expiresInSeconds === null ? {} : { exp: now + told.expiresInSeconds }
    return {
      status: 200,
      body: {
        active: true,
        scope: told.scope,
        client_id: this.server.client.id,
        username: 'vorel@acme.example',
        sub,
        token_type: `${told.kind}_token`,
        iat: now,
        nbf: now,
        ...expires,
      },
    }
  }

  #userInfo({ headers }: SandboxRequest): SandboxAnswer {
    const told = this.server.introspect(String(headers.authorization ?? '').replace(/^Bearer /i, ''))
    const isAllowed = told?.kind === 'access' && told.scope.split(' ').some((word) => /^(id|openid|full)$/.test(word))
    if (!isAllowed) return { status: 403, headers: { 'content-type': 'text/plain' }, body: 'Bad_OAuth_Token' }
    const { organizationId, userId } = this.#org
    return { status: 200, body: { organization_id: organizationId, user_id: userId, preferred_username: 'vorel@acme.example' } }
  }
}
