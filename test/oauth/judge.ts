import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js'
import type { Test } from 'tap'
import { REDIRECT_URI } from './provider.ts'

/** What the judge calls itself in every callback; where it really listens is nobody's business. */
export const ISSUER = 'https://judge.example'

export interface JudgeRules {
  clientAuthentication: 'body' | 'basic'
  accessTokenSeconds?: number
  codeSeconds?: number
}

export interface Judge {
  url: string
  clientId: string
  clientSecret: string
  /** What the person does who is asked to consent. */
  consent: 'allow' | 'deny'
  /** By RFC 7662, asked past the engine. */
  isActive(token: string): Promise<boolean>
}

const { privateKey } = await generateKeyPair('RS256', { extractable: true })
const jwk = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256' }

/** A certified authorization server on loopback: PKCE is a must, refresh tokens work once, used again they end the grant. */
export const startJudge = async (t: Test, { clientAuthentication, accessTokenSeconds = 60, codeSeconds = 60 }: JudgeRules) => {
  const clientId = `vorel ${randomBytes(4).toString('hex')}`
  const clientSecret = `s:e c%r/e+t~${randomBytes(16).toString('hex')}`
  const provider = new Provider(ISSUER, {
    adapter: createMemoryAdapter(0), // the same as without this line, less a warning at each start
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        token_endpoint_auth_method: clientAuthentication === 'body' ? 'client_secret_post' : 'client_secret_basic',
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        redirect_uris: [REDIRECT_URI],
      },
    ],
    cookies: { keys: [randomBytes(16).toString('hex')] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
    },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    jwks: { keys: [jwk] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    scopes: ['openid', 'offline_access', 'contacts'],
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: codeSeconds,
      ClientCredentials: accessTokenSeconds,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      RefreshToken: 600,
      Session: 600,
    },
  })
  provider.use(async ({ path, req, res }, next) => {
    if (!path.startsWith('/interaction/')) return next()
    const { prompt, params, session } = await provider.interactionDetails(req, res)
    await provider.interactionFinished(req, res, await decision(prompt.name, params, session))
  })
  const decision = async (asked: string, params: { client_id: string; scope: string }, session?: { accountId: string }) => {
    if (asked === 'login') return { login: { accountId: 'ada' } }
    if (judge.consent === 'deny') return { error: 'access_denied', error_description: 'Ada Lovelace said no' }
    const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id })
    grant.addOIDCScope(params.scope)
    return { consent: { grantId: await grant.save() } }
  }

  const server = createServer(provider.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const judge: Judge = {
    url,
    clientId,
    clientSecret,
    consent: 'allow',
    isActive: async (token) => {
      const isBody = clientAuthentication === 'body'
      const encoded = [clientId, clientSecret].map((text) => new URLSearchParams({ text }).toString().slice('text='.length))
      const answer = await fetch(`${url}/token/introspection`, {
        method: 'POST',
        headers: isBody ? {} : { authorization: `Basic ${btoa(encoded.join(':'))}` },
        body: new URLSearchParams({ token, ...(isBody && { client_id: clientId, client_secret: clientSecret }) }),
      })
      if (answer.status !== 200) throw new Error(`Introspection answered ${answer.status}: ${await answer.text()}`)
      return ((await answer.json()) as { active: boolean }).active
    },
  }
  return judge
}

const MOST_PAGES = 10

/** A browser as far as consent needs one: it follows redirects and keeps cookies, until it is sent back to us. */
export const browse = async (from: URL, until = REDIRECT_URI): Promise<URL> => {
  const jar = new Map<string, string>()
  let at = from
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie } })
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      jar.set(name, value)
    }
    const location = answer.headers.get('location')
    if (!location) throw new Error(`The consent page answered ${answer.status}: ${await answer.text()}`)
    at = new URL(location, at)
    if (at.href.startsWith(until)) return at
  }
  throw new Error('The consent page sends round in circles')
}
