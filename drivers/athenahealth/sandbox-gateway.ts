import { AuthorizationServer, type SandboxAnswer, type SandboxRequest } from '../../core/sandbox.ts'

/** The one environment that is played: a preview app's keys are unknown on the production host. */
export const HOST = 'api.preview.platform.athenahealth.com'
export const PRACTICE = '195900'
const SCOPE = 'athena/service/Athenanet.MDP.*'
const LIFETIME_SECONDS = 3600

export const ok = (body: unknown): SandboxAnswer => ({ status: 200, body })
export const refused = (status: number, error: string, more: Record<string, unknown> = {}): SandboxAnswer => ({
  status,
  body: { error, ...more },
})
/** A JSON string, with its quotes. */
export const notServed: SandboxAnswer = {
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: '"Service not registered with API gateway."',
}
export const invalidData = (detailedmessage: string): SandboxAnswer =>
  refused(400, 'The data provided is invalid.', { detailedmessage })
export const missingFields = (missingfields: string[]): SandboxAnswer =>
  refused(400, 'Additional fields are required.', { missingfields })
export const badAuth = refused(401, 'Incorrect permissions.', { detailedmessage: 'Bad auth.' })
const unknownPractice = refused(404, 'Invalid practice.', { detailedmessage: 'The practice ID does not exist.' })
const inactive: SandboxAnswer = {
  status: 401,
  headers: { 'content-type': 'text/xml' },
  body: '<h1>Developer Inactive</h1>',
}

export const isTokenRequest = ({ path }: SandboxRequest): boolean => path === '/oauth2/v1/token'

export const openAuthorization = (): AuthorizationServer =>
  new AuthorizationServer({
    clientAuthentication: 'basic',
    pkce: 'ignored',
    accessTokenSeconds: LIFETIME_SECONDS,
    codeSeconds: 60,
    rotates: false,
    tokenOf: (kind, random) => (kind === 'access' ? `eyJ${random}` : random),
  })

const isElsewhere = ({ headers }: SandboxRequest): boolean => {
  const host = headers['x-forwarded-host']
  return host !== undefined && host !== HOST
}

const token = (server: AuthorizationServer, request: SandboxRequest): SandboxAnswer => {
  const form = new URLSearchParams(request.body)
  if (request.method !== 'POST') return { status: 405 }
  if (isElsewhere(request)) return { status: 401, body: { error: 'invalid_client' } }
  if (form.get('grant_type') !== 'client_credentials') return { status: 400, body: { error: 'unsupported_grant_type' } }
  if (form.get('scope') !== SCOPE) return { status: 400, body: { error: 'invalid_scope' } }
  const issued = server.token(request)
  if ('error' in issued) return { status: issued.error === 'invalid_client' ? 401 : 400, body: { error: issued.error } }
  const { access_token, scope } = issued
  return ok({ token_type: 'Bearer', expires_in: String(LIFETIME_SECONDS), access_token, scope })
}

/** What the gateway answers by itself, or the path behind it. */
export const throughGateway = (server: AuthorizationServer, request: SandboxRequest): SandboxAnswer | { path: string } => {
  if (isTokenRequest(request)) return token(server, request)
  const [, practice, path] = /^\/v1\/([^/]+)(\/.*)$/.exec(request.path) ?? []
  if (!practice || !path) return notServed
  const [scheme, bearer = ''] = (request.headers.authorization ?? '').split(' ')
  if (scheme !== 'Bearer') return inactive
  if (isElsewhere(request) || server.accessState(bearer) !== 'good') return badAuth
  return practice === PRACTICE ? { path } : unknownPractice
}
