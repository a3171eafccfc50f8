import { AuthorizationServer, type NotIssued, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'
import { missingScopes } from './sandbox-errors.ts'
import type { Variant } from './sandbox-variant.ts'

const BASE = '/oauth/2026-03/token'
const ACCESS_SECONDS = 1800
const APP_ID = 90210

/** What this account has, whatever is asked for. */
const grantable = (variant: Variant) => (scope: string) =>
  !(variant.has('no-schema') && scope.startsWith('crm.schemas.')) && !(variant.has('no-tickets') && scope === 'tickets')

const words = (text: string | null): string[] => (text ?? '').split(' ').filter(Boolean)

const ERROR_STATUS: Record<string, string> = {
  invalid_client: 'BAD_CLIENT_SECRET',
  invalid_request: 'BAD_REQUEST',
  unsupported_grant_type: 'BAD_GRANT_TYPE',
}

/** HubSpot's sign-in: PKCE where the app sends it, one refresh token for as long as the app is installed. */
export const createOAuth = (variant: Variant, portalId: number) => {
  const server = new AuthorizationServer({
    clientAuthentication: 'body',
    pkce: 'optional',
    accessTokenSeconds: ACCESS_SECONDS,
    codeSeconds: 60,
    rotates: false,
    tokenOf: (kind, random) =>
      kind === 'access' ? `C${random.repeat(7)}` : kind === 'refresh' ? `na1-${random}` : `na1-code-${random}`,
  })
  const who = { hub_id: portalId, user_id: 4411 }

  const authorize = ({ query }: SandboxRequest): SandboxAnswer => {
    const asked = new URLSearchParams(query)
    const scopes = [...words(query.get('scope')), ...words(query.get('optional_scope'))].filter(grantable(variant))
    asked.set('scope', scopes.join(' '))
    const answer = server.authorize(asked)
    if ('location' in answer) return { status: 302, headers: { location: answer.location } }
    return { status: 400, headers: { 'content-type': 'text/html' }, body: `<!doctype html><p>${answer.description}` }
  }

  const refuse = ({ error, description }: NotIssued, isRefresh = false): SandboxAnswer => {
    const status = error === 'invalid_grant' ? (isRefresh ? 'BAD_REFRESH_TOKEN' : 'BAD_AUTH_CODE') : ERROR_STATUS[error]
    const error_description =
      isRefresh && error === 'invalid_grant' ? 'refresh token is invalid, expired or revoked' : description
    return { status: 400, body: { error, error_description, status, message: error_description } }
  }

  const token = (request: SandboxRequest): SandboxAnswer => {
    const form = new URLSearchParams(request.body)
    const issued = server.token(request)
    if ('error' in issued) return refuse(issued, form.get('grant_type') === 'refresh_token')
    return {
      status: 200,
      body: {
        token_type: 'bearer',
        token_use: 'access_token',
        access_token: issued.access_token,
        refresh_token: issued.refresh_token ?? form.get('refresh_token'),
        expires_in: ACCESS_SECONDS,
        ...who,
        scopes: words(issued.scope),
      },
    }
  }

  const revoke = (request: SandboxRequest): SandboxAnswer => {
    const refused = server.clientRefusal(request)
    if (refused) return refuse(refused)
    server.revoke(new URLSearchParams(request.body).get('token') ?? '')
    return { status: 204 }
  }

  const introspect = (request: SandboxRequest): SandboxAnswer => {
    const refused = server.clientRefusal(request)
    if (refused) return refuse(refused)
    const asked = new URLSearchParams(request.body).get('token') ?? ''
    const known = server.introspect(asked)
    if (!known) return { status: 200, body: { active: false } }
    const { kind, scope, expiresInSeconds } = known
    return {
      status: 200,
      body: {
        active: true,
        token: asked,
        token_use: `${kind}_token`,
        token_type: 'bearer',
        client_id: server.client.id,
        app_id: APP_ID,
        ...who,
        scopes: words(scope),
        ...(expiresInSeconds !== null && { expires_in: expiresInSeconds }),
        is_private_distribution: false,
      },
    }
  }

  const endpoints: Record<string, (request: SandboxRequest) => SandboxAnswer> = {
    [BASE]: token,
    [`${BASE}/revoke`]: revoke,
    [`${BASE}/introspect`]: introspect,
  }

  return {
    server,
    isTokenRequest: ({ path }: SandboxRequest) => path === BASE,
    isOAuth: ({ path }: SandboxRequest) => path.startsWith('/oauth/'),
    /** Undefined: no such address at that host. */
    handle: (request: SandboxRequest, host: string | undefined): SandboxAnswer | undefined => {
      if (request.path === '/oauth/authorize') return host === 'api.hubapi.com' ? undefined : authorize(request)
      if (request.method !== 'POST' || host === 'app.hubspot.com') return undefined
      return endpoints[request.path]?.(request)
    },
    /** One of the scopes must have been granted. */
    demand: (accessToken: string, ...scopes: string[]): void => {
      const granted = words(server.introspect(accessToken)?.scope ?? null)
      if (!scopes.some((scope) => granted.includes(scope))) throw missingScopes(scopes)
    },
  }
}
