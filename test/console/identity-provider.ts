import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js'
import type { Test } from 'tap'

export interface IdentityProvider {
  issuer: string
  clientId: string
  clientSecret: string
  /** Whom the sign-in page lets in; null: it says no, in words of its own. */
  person: Record<string, unknown> | null
  /** Given, the token endpoint answers with an ID token of these claims (or what makes one of the right ones), signed by this key. */
  forged: { claims: Record<string, unknown>; key?: CryptoKey } | null
  /** What the discovery document says otherwise. */
  discovery: Record<string, unknown>
  /** Paths asked for, in order. */
  asked: string[]
  close(): void
}

const { privateKey } = await generateKeyPair('RS256', { extractable: true })
const jwk = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'one' }

/** A certified OpenID provider on loopback that has one console as its client. */
export const startIdentityProvider = async (t: Test, redirectUri: string): Promise<IdentityProvider> => {
  let answer: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined
  const server = createServer((request, response) => answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  t.teardown(close)
  const idp: IdentityProvider = {
    issuer,
    clientId: 'console',
    clientSecret: `s:e c%r/e+t~${randomBytes(16).toString('hex')}`,
    person: { sub: 'ada', email: 'Ada@example.com', email_verified: true },
    forged: null,
    discovery: {},
    asked: [],
    close,
  }
  const provider = providerFor(idp, redirectUri)
  const real = provider.callback()
  answer = async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', issuer)
    idp.asked.push(pathname)
    if (pathname === '/token' && idp.forged) return json(response, await forgedAnswer(idp, idp.forged))
    if (pathname.startsWith('/.well-known/') && Object.keys(idp.discovery).length)
      return json(response, { ...METADATA(issuer), ...idp.discovery })
    return real(request, response)
  }
  return idp
}

const METADATA = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  authorization_response_iss_parameter_supported: true,
})

const json = (response: ServerResponse, body: object) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const forgedAnswer = async (
  { issuer, clientId }: IdentityProvider,
  { claims, key = privateKey }: NonNullable<IdentityProvider['forged']>,
) => {
  const now = Math.floor(Date.now() / 1000)
  const token = await new SignJWT({
    iss: issuer,
    aud: clientId,
    sub: 'ada',
    iat: now,
    exp: now + 60,
    email: 'ada@example.com',
    email_verified: true,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .sign(key)
  return { access_token: 'an access token', token_type: 'Bearer', expires_in: 60, id_token: token }
}

const providerFor = (idp: IdentityProvider, redirectUri: string): Provider => {
  const provider = new Provider(idp.issuer, {
    adapter: createMemoryAdapter(0),
    clients: [{ client_id: idp.clientId, client_secret: idp.clientSecret, redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
    scopes: ['openid', 'email', 'groups'],
    conformIdTokenClaims: false,
    cookies: { keys: [randomBytes(16).toString('hex')] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => idp.person }),
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    jwks: { keys: [jwk] },
    pkce: { required: () => true },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
  })
  provider.use(async ({ path, req, res }, next) => {
    if (!path.startsWith('/interaction/')) return next()
    const { prompt, params, session } = await provider.interactionDetails(req, res)
    await provider.interactionFinished(req, res, await decision(prompt.name, params, session))
  })
  const decision = async (asked: string, params: { client_id: string; scope: string }, session?: { accountId: string }) => {
    if (!idp.person) return { error: 'access_denied', error_description: '<b>Ada Lovelace</b> said no' }
    if (asked === 'login') return { login: { accountId: String(idp.person.sub) } }
    const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id })
    grant.addOIDCScope(params.scope)
    return { consent: { grantId: await grant.save() } }
  }
  return provider
}
