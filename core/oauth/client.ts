import * as oauth from 'oauth4webapi'
import type { OAuth2Auth } from '../../schemas/manifest.ts'
import type { AnyDriver, RawAnswer } from '../driver.ts'
import { VorelError } from '../errors.ts'
import { fill, type Values, valuesOf } from '../fill.ts'
import { destinationOf, type Endpoints, isDeclared, replaced } from '../outbound/endpoint.ts'
import { retryAfter } from '../outbound/explain.ts'
import { type Transport, WireError } from '../outbound/transport.ts'
import { appOf, type OAuthApps } from './app.ts'
import { GrantError, grantErrorOf } from './grant-error.ts'
import { oauthOf } from './provider.ts'
import { type Tokens, tokensFrom } from './tokens.ts'

export interface OAuthClientOptions {
  transport: Transport
  endpoints: Endpoints
  apps: OAuthApps
}

/** What a token call is about: the driver, and what is known of the connection. */
export interface Subject extends Values {
  driver: AnyDriver
}

/** A sign-in as it was begun; the callback is held against it. */
export interface Begun {
  redirectUri: string
  state: string
  /** PKCE's secret; none where the provider knows no PKCE. */
  verifier: string | null
}

export interface Granted {
  tokens: Tokens
  /** Facts so far, with those that the callback and the answer told. */
  facts: Record<string, string>
}

const ANSWER_BYTES = 256 * 1024

/** The protocol, spoken with one provider through our own way out. Rejects with `GrantError`; keeps nothing. */
export class OAuthClient {
  readonly #options: OAuthClientOptions

  constructor(options: OAuthClientOptions) {
    this.#options = options
  }

  /** Where the person goes to consent. */
  async authorizeUrl(subject: Subject, { redirectUri, state, verifier }: Begun): Promise<URL> {
    const { driver } = subject
    const auth = oauthOf(driver)
    if (!auth.authorizeUrl) throw new VorelError('invalid_request', `${driver.manifest.name} needs no consent in a browser.`)
    const url = this.#url(subject, auth.authorizeUrl)
    const params = {
      ...auth.authorizeParams,
      response_type: 'code',
      client_id: appOf(this.#options.apps, driver, subject).clientId,
      redirect_uri: redirectUri,
      scope: auth.scopes.join(auth.scopeSeparator ?? ' '),
      state,
      ...(verifier && { code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }),
    }
    for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value)
    const endpoint = this.#options.endpoints[driver.manifest.slug]
    return endpoint ? replaced(url, endpoint) : url
  }

  /** The code of a callback, for tokens. A callback that says no, or is not the one that was begun, is a `VorelError`. */
  async exchange(subject: Subject, begun: Begun, callback: URLSearchParams, signal: AbortSignal): Promise<Granted> {
    const facts = { ...subject.facts, ...callbackFacts(subject.driver, callback) }
    const party = this.#party({ ...subject, facts }, signal)
    const params = checkedCallback(party, begun.state, callback)
    const response = await lost(
      oauth.authorizationCodeGrantRequest(
        party.server,
        party.client,
        party.authentication,
        params,
        begun.redirectUri,
        begun.verifier ?? oauth.nopkce,
        party.options,
      ),
    )
    const answer = await lost(oauth.processAuthorizationCodeResponse(party.server, party.client, response))
    return granted(party, { ...subject, facts }, answer, null)
  }

  async refresh(subject: Subject, before: Tokens, signal: AbortSignal): Promise<Granted> {
    const party = this.#party(subject, signal)
    if (party.auth.grant === 'client_credentials') return this.#ask(party, subject)
    if (!before.refresh_token) throw new GrantError('dead', 'no_refresh_token')
    const response = await lost(
      oauth.refreshTokenGrantRequest(party.server, party.client, party.authentication, before.refresh_token, party.options),
    )
    return granted(party, subject, await lost(oauth.processRefreshTokenResponse(party.server, party.client, response)), before)
  }

  /** A first token without anybody's consent, where the grant is the app's own. */
  clientCredentials(subject: Subject, signal: AbortSignal): Promise<Granted> {
    return this.#ask(this.#party(subject, signal), subject)
  }

  /** Ends the grant at the provider; false where it has no way to. */
  async revoke(subject: Subject, { refresh_token, access_token }: Tokens, signal: AbortSignal): Promise<boolean> {
    const party = this.#party(subject, signal)
    if (!party.server.revocation_endpoint) return false
    await lost(
      oauth.revocationRequest(party.server, party.client, party.authentication, refresh_token ?? access_token, {
        ...party.options,
        [oauth.customFetch]: this.#fetch(subject.driver, party.auth, signal, (answer) => answer.status < 300),
      }),
    )
    return true
  }

  async #ask(party: Party, subject: Subject): Promise<Granted> {
    const scope = party.auth.scopes.join(party.auth.scopeSeparator ?? ' ')
    const { server, client, authentication, options } = party
    const response = await lost(
      oauth.clientCredentialsGrantRequest(server, client, authentication, scope ? { scope } : {}, options),
    )
    return granted(party, subject, await lost(oauth.processClientCredentialsResponse(server, client, response)), null)
  }

  #url(subject: Subject, template: string): URL {
    const url = URL.parse(fill(template, valuesOf(subject.driver.manifest, subject)))
    if (url) return url
    throw new VorelError('invalid_request', `${subject.driver.manifest.name} is missing a setting that says where to sign in.`)
  }

  #party(subject: Subject, signal: AbortSignal): Party {
    const { driver } = subject
    const auth = oauthOf(driver)
    const { clientId, clientSecret } = appOf(this.#options.apps, driver, subject)
    const tokenUrl = this.#url(subject, auth.tokenUrl)
    return {
      auth,
      server: {
        issuer: auth.issuer ?? tokenUrl.origin,
        token_endpoint: tokenUrl.href,
        ...(auth.revokeUrl && { revocation_endpoint: this.#url(subject, auth.revokeUrl).href }),
      },
      client: { client_id: clientId },
      authentication:
        auth.clientAuthentication === 'basic' ? oauth.ClientSecretBasic(clientSecret) : oauth.ClientSecretPost(clientSecret),
      options: {
        [oauth.customFetch]: this.#fetch(driver, auth, signal, hasToken),
        [oauth.allowInsecureRequests]: true, // the manifest's hosts are https; the operator's own endpoint may be a sandbox
        signal,
      },
    }
  }

  /** The library's requests, on our way out; an answer that brings nothing good is told as a `GrantError` here. */
  #fetch(driver: AnyDriver, auth: OAuth2Auth, signal: AbortSignal, isGood: (answer: Parsed) => boolean) {
    return async (href: string, request: oauth.CustomFetchOptions<'POST', URLSearchParams>): Promise<Response> => {
      const { url, headers } = destinationOf(driver.manifest, new URL(href), this.#options.endpoints)
      const raw = await this.#options.transport.send({
        method: 'POST',
        url,
        headers: { ...request.headers, ...headers, 'user-agent': 'Vorel-CRM/1' },
        body: String(request.body),
        signal,
        maxAnswerBytes: ANSWER_BYTES,
        isGuarded: driver.manifest.hosts === 'tenant',
      })
      const answer = { status: raw.status, body: jsonOf(raw), retryAfterSeconds: retryAfter(raw.headers['retry-after']) }
      if (!isGood(answer)) throw grantErrorOf(auth, answer)
      return Response.json(conforming(answer.body, auth))
    }
  }
}

interface Party {
  auth: OAuth2Auth
  server: oauth.AuthorizationServer
  client: oauth.Client
  authentication: oauth.ClientAuth
  options: oauth.TokenEndpointRequestOptions
}

interface Parsed {
  status: number
  body: unknown
}

const jsonOf = ({ body }: RawAnswer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Some providers tell errors under status 200. */
const hasToken = ({ status, body }: Parsed): boolean =>
  status < 300 && typeof (body as { access_token?: unknown } | undefined)?.access_token === 'string'

/** The answer as the standard has it: seconds under their name, and no parts that this service has no use for. */
const conforming = (body: unknown, { lifetimeMember }: OAuth2Auth): Record<string, unknown> => {
  const { id_token: _, scope, ...answer } = (body ?? {}) as Record<string, unknown>
  const seconds = lifetimeMember === undefined ? undefined : answer[lifetimeMember]
  return {
    token_type: 'bearer',
    ...answer,
    ...(typeof scope === 'string' && { scope }),
    ...(seconds !== undefined && { expires_in: seconds }),
  }
}

/** What went wrong on the way, or in the library's reading of the answer, as a `GrantError`. */
const lost = async <T>(asked: Promise<T>): Promise<T> => {
  try {
    return await asked
  } catch (error) {
    if (error instanceof GrantError || error instanceof VorelError) throw error
    const reason = error instanceof WireError ? error.fault : 'unreadable_answer'
    throw new GrantError('unreachable', reason, { cause: error })
  }
}

const checkedCallback = ({ auth, server, client }: Party, state: string, callback: URLSearchParams): URLSearchParams => {
  const params = new URLSearchParams(callback)
  if (!auth.issuer) params.delete('iss')
  try {
    return oauth.validateAuthResponse(server, client, params, state)
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError)
      throw new VorelError('auth_error', 'Access was not granted at the provider.', { cause: error })
    throw new VorelError('invalid_request', 'The answer of the provider is not the one to this sign-in. Start again.', {
      cause: error,
    })
  }
}

const callbackFacts = ({ manifest }: AnyDriver, callback: URLSearchParams): Record<string, string> => {
  const { callbackFacts: names = {} } = manifest.auth.kind === 'oauth2' ? manifest.auth : {}
  const told = Object.entries(names).map(([parameter, fact]) => [fact, callback.get(parameter)] as const)
  return Object.fromEntries(
    told.filter((entry): entry is readonly [string, string] => {
      const [fact, value] = entry
      const tables = Object.values(manifest.tables ?? {}).filter(({ by }) => by === fact)
      return value !== null && tables.length > 0 && tables.every(({ values }) => Object.hasOwn(values, value))
    }),
  )
}

const granted = (
  { auth }: Party,
  { driver, facts }: Subject,
  answer: oauth.TokenEndpointResponse,
  before: Tokens | null,
): Granted => ({
  tokens: tokensFrom(answer, auth, before),
  facts: { ...facts, ...tokenFacts(driver, auth, answer as Record<string, unknown>) },
})

const tokenFacts = (driver: AnyDriver, auth: OAuth2Auth, answer: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    (auth.tokenFacts ?? []).flatMap((name) => {
      const value = answer[name]
      if (typeof value !== 'string' && typeof value !== 'number') return []
      return [[name, trusted(driver, String(value))]]
    }),
  )

/** An address that a provider hands out is followed only to where the manifest allows. */
const trusted = ({ manifest }: AnyDriver, value: string): string => {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? URL.parse(value) : null
  if (!url || (url.protocol === 'https:' && !url.username && isDeclared(manifest, url))) return value
  throw new GrantError('app', 'undeclared_host')
}
