import { createHash } from 'node:crypto'
import { AuthorizationServer, type Issued, type NotIssued, type SandboxRequest } from '../../core/sandbox.ts'
import type { AuthorizationRules } from '../../core/sandbox-authorization.ts'

const RULES: AuthorizationRules = {
  clientAuthentication: 'body',
  pkce: 'required',
  accessTokenSeconds: 600,
  codeSeconds: 60,
  rotates: true,
}
export const BACK = 'https://vorel.example/oauth/callback/lantern'
export const VERIFIER = 'a-verifier-of-forty-three-characters-or-more'
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

type Params = Record<string, string | null>
const given = (params: Params) => Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== null)

/** One app, one person, one server: each step with all that is right, but for what a test makes otherwise. */
export const serverWith = (rules: Partial<AuthorizationRules> = {}) => {
  const server = new AuthorizationServer({ ...RULES, ...rules })
  const { id, secret } = server.client
  const authorize = (other: Params = {}) => {
    const right = { response_type: 'code', client_id: id, redirect_uri: BACK, state: 's1', scope: 'read write' }
    const challenge = { code_challenge: CHALLENGE, code_challenge_method: 'S256' }
    return server.authorize(new URLSearchParams(given({ ...right, ...challenge, ...other })))
  }
  const back = (other: Params = {}): URLSearchParams => {
    const sent = authorize(other)
    if (!('location' in sent)) throw new Error(`Not sent back: ${sent.description}`)
    return new URL(sent.location).searchParams
  }
  const request = (form: Params, headers: SandboxRequest['headers'] = {}): SandboxRequest => ({
    method: 'POST',
    path: '/token',
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(given({ client_id: id, client_secret: secret, ...form })).toString(),
  })
  const token = (form: Params, headers: SandboxRequest['headers'] = {}) => server.token(request(form, headers))
  const byCode = (code: string | null, other: Params = {}) =>
    token({ grant_type: 'authorization_code', code, redirect_uri: BACK, code_verifier: VERIFIER, ...other })
  const byRefresh = (refresh_token: string | null) => token({ grant_type: 'refresh_token', refresh_token })
  const signedIn = () => issued(byCode(back().get('code')))
  return { server, authorize, back, request, token, byCode, byRefresh, signedIn }
}

export const issued = (answer: Issued | NotIssued): Issued => {
  if ('error' in answer) throw new Error(`Not issued: ${answer.error}, ${answer.description}`)
  return answer
}

/** The error, or `issued`. */
export const endOf = (answer: Issued | NotIssued): string => ('error' in answer ? answer.error : 'issued')
