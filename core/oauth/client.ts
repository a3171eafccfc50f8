import * as oauth from 'oauth4webapi'
import type { OAuth2Auth } from '../../schemas/manifest.ts'
import type { AnyDriver } from '../driver.ts'
import { VorelError } from '../errors.ts'
import type { Values } from '../fill.ts'
import { destinationOf, type Endpoints, replaced } from '../outbound/endpoint.ts'
import { retryAfter } from '../outbound/explain.ts'
import { type Transport, WireError } from '../outbound/transport.ts'
import { addressOf } from './address.ts'
import { conforming, hasToken, jsonOf, type Parsed, tokenFacts } from './answer.ts'
import { appOf, type OAuthApps } from './app.ts'
import { callbackFacts, checkedCallback } from './callback.ts'
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
    const url = addressOf(subject, auth.authorizeUrl)
    const scope = scopeOf(auth)
    const params = {
      ...auth.authorizeParams,
      response_type: 'code',
      client_id: appOf(this.#options.apps, driver, subject).clientId,
      redirect_uri: redirectUri,
      ...(scope && { scope }),
      state,
      ...(verifier && { code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }),
    }
    for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value)
    const endpoint = this.#options.endpoints[driver.manifest.slug]
    return endpoint ? replaced(url, endpoint) : url
  }

  /** The code of a callback, for tokens. A callback that says no, or is not the one that was begun, is a `VorelError`. */
  async exchange(subject: Subject, begun: Begun, callback: URLSearchParams, signal: AbortSignal): Promise<Granted> {
    const facts = { ...subject.facts, ...callbackFacts(subject.driver, oauthOf(subject.driver), callback) }
    const party = this.#party({ ...subject, facts }, signal)
    const params = checkedCallback({ ...party, state: begun.state }, callback)
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
  async clientCredentials(subject: Subject, signal: AbortSignal): Promise<Granted> {
    return this.#ask(this.#party(subject, signal), subject)
  }

  /** Ends the grant at the provider; false where it has no way to. */
  async revoke(subject: Subject, { refresh_token, access_token }: Tokens, signal: AbortSignal): Promise<boolean> {
    const { revokeUrl } = oauthOf(subject.driver)
    if (!revokeUrl) return false
    const party = this.#party(subject, signal)
    const server = { ...party.server, revocation_endpoint: addressOf(subject, revokeUrl).href }
    await lost(
      oauth.revocationRequest(server, party.client, party.authentication, refresh_token ?? access_token, {
        ...party.options,
        [oauth.customFetch]: party.fetch((answer) => answer.status < 300),
      }),
    )
    return true
  }

  async #ask(party: Party, subject: Subject): Promise<Granted> {
    const scope = scopeOf(party.auth)
    const { server, client, authentication, options } = party
    const response = await lost(
      oauth.clientCredentialsGrantRequest(server, client, authentication, scope ? { scope } : {}, options),
    )
    return granted(party, subject, await lost(oauth.processClientCredentialsResponse(server, client, response)), null)
  }

  #party(subject: Subject, signal: AbortSignal): Party {
    const { driver } = subject
    const auth = oauthOf(driver)
    const { clientId, clientSecret } = appOf(this.#options.apps, driver, subject)
    const tokenUrl = addressOf(subject, auth.tokenUrl)
    const fetch = (isGood: IsGood) => this.#fetch({ driver, auth, clientSecret, signal }, isGood)
    return {
      auth,
      server: {
        issuer: auth.issuer ?? tokenUrl.origin,
        authorization_response_iss_parameter_supported: auth.issuer !== undefined,
        token_endpoint: tokenUrl.href,
      },
      client: { client_id: clientId },
      authentication: auth.clientAuthentication === 'basic' ? basic(clientSecret) : oauth.ClientSecretPost(clientSecret),
      fetch,
      options: {
        [oauth.customFetch]: fetch(hasToken),
        [oauth.allowInsecureRequests]: true, // the manifest's hosts are https; the operator's own endpoint may be a sandbox
        signal,
      },
    }
  }

  /** The library's requests, on our way out; an answer that brings nothing good is told as a `GrantError` here. */
  #fetch({ driver, auth, clientSecret, signal }: Sender, isGood: IsGood): Fetch {
    return async (href, request) => {
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
      if (!isGood(answer)) throw grantErrorOf(auth, answer, [clientSecret, ...secretsIn(request.body)])
      return Response.json(conforming(answer.body, auth))
    }
  }
}

type IsGood = (answer: Parsed) => boolean
type Fetch = (href: string, request: oauth.CustomFetchOptions<'POST', URLSearchParams>) => Promise<Response>

interface Sender {
  driver: AnyDriver
  auth: OAuth2Auth
  clientSecret: string
  signal: AbortSignal
}

interface Party {
  auth: OAuth2Auth
  server: oauth.AuthorizationServer
  client: oauth.Client
  authentication: oauth.ClientAuth
  fetch(isGood: IsGood): Fetch
  options: oauth.TokenEndpointRequestOptions
}

const scopeOf = ({ scopes, scopeSeparator = ' ' }: OAuth2Auth): string => scopes.join(scopeSeparator)

/** Only what must be is percent-encoded, and not `-`, `_` and `.` as the library does: many servers do not decode. */
const basic =
  (secret: string): oauth.ClientAuth =>
  (_server, { client_id }, _body, headers) =>
    headers.set('authorization', `Basic ${btoa([client_id, secret].map(encodeURIComponent).join(':'))}`)

const SECRETS = ['code', 'code_verifier', 'refresh_token', 'token']

const secretsIn = (body: URLSearchParams): string[] => SECRETS.flatMap((name) => body.get(name) || [])

/**
 * What went wrong on the way, or in the library's reading of the answer, as a `GrantError`. The library's own errors are not passed on: they carry the
 * answer, tokens and all.
 */
const lost = async <T>(asked: Promise<T>): Promise<T> => {
  try {
    return await asked
  } catch (error) {
    if (error instanceof GrantError || error instanceof VorelError) throw error
    if (error instanceof WireError) throw new GrantError('unreachable', error.fault, { cause: error })
    throw new GrantError('unreachable', 'unreadable_answer')
  }
}

const granted = (
  { auth }: Party,
  { driver, facts }: Subject,
  answer: oauth.TokenEndpointResponse,
  before: Tokens | null,
): Granted => ({
  tokens: tokensFrom(answer, auth, before),
  facts: { ...facts, ...tokenFacts(driver, auth, answer as Record<string, unknown>, before !== null) },
})
