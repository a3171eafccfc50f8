import * as oauth from 'oauth4webapi'
import { type Transport, WireError } from '../outbound/transport.ts'
import type { Claims } from './admission.ts'
import type { OidcConfig } from './console-config.ts'
import type { SignInFlow } from './sign-in-flows.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

export interface IdentityProviderOptions {
  transport: Transport
  config: OidcConfig
  redirectUri: string
}

const ANSWER_BYTES = 256 * 1024
const PATIENCE_MS = 10_000
const DISCOVERY_MS = 600_000

/** OpenID Connect with the operators' identity provider, through our own way out. Rejects with `SignInRefusal`. */
export class IdentityProvider {
  readonly #options: IdentityProviderOptions
  readonly #issuer: URL
  readonly #client: oauth.Client
  #known: { server: oauth.AuthorizationServer; untilMs: number } | null = null

  constructor(options: IdentityProviderOptions) {
    this.#options = options
    this.#issuer = new URL(options.config.issuer)
    this.#client = { client_id: options.config.clientId }
  }

  /** Where the browser goes to sign in. */
  async authorizeUrl({ state, nonce, verifier }: SignInFlow): Promise<URL> {
    const { config, redirectUri } = this.#options
    const { authorization_endpoint: endpoint } = await understood(this.#server())
    const url = URL.parse(endpoint ?? '')
    if (!url || !/^https?:$/.test(url.protocol)) throw new SignInRefusal('answer_invalid', 'no_authorization_endpoint')
    const params = {
      response_type: 'code',
      client_id: config.clientId,
      redirect_uri: redirectUri,
      scope: config.scopes.join(' '),
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }
    for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value)
    return url
  }

  /** Whom the callback is about, by an ID token that was issued to us, for this sign-in, and is signed by the provider's keys. */
  claimsOf(callback: URLSearchParams, flow: SignInFlow): Promise<Claims> {
    return understood(this.#claims(callback, flow))
  }

  async #claims(callback: URLSearchParams, { state, nonce, verifier }: SignInFlow): Promise<Claims> {
    const server = await this.#server()
    const options = this.#requestOptions()
    const params = oauth.validateAuthResponse(server, this.#client, callback, state)
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      this.#client,
      this.#authentication(server),
      params,
      this.#options.redirectUri,
      verifier,
      options,
    )
    const answer = await oauth.processAuthorizationCodeResponse(server, this.#client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    })
    await oauth.validateApplicationLevelSignature(server, response, options)
    return oauth.getValidatedIdTokenClaims(answer) as oauth.IDToken
  }

  /** What the provider says of itself, kept a while; its keys are kept by the library, with this very object. */
  async #server(): Promise<oauth.AuthorizationServer> {
    if (this.#known && this.#known.untilMs > Date.now()) return this.#known.server
    const response = await oauth.discoveryRequest(this.#issuer, this.#requestOptions())
    const server = await oauth.processDiscoveryResponse(this.#issuer, response)
    this.#known = { server, untilMs: Date.now() + DISCOVERY_MS }
    return server
  }

  #authentication({ token_endpoint_auth_methods_supported: methods }: oauth.AuthorizationServer): oauth.ClientAuth {
    const { clientSecret } = this.#options.config
    return methods?.includes('client_secret_post') ? oauth.ClientSecretPost(clientSecret) : oauth.ClientSecretBasic(clientSecret)
  }

  #requestOptions() {
    return {
      [oauth.customFetch]: this.#fetch,
      [oauth.allowInsecureRequests]: this.#issuer.protocol === 'http:',
      signal: AbortSignal.timeout(PATIENCE_MS),
    }
  }

  /** The operator named the issuer, so it may be in a private network; hosts that its documents name beyond are judged. */
  readonly #fetch = async (href: string, request: Sent): Promise<Response> => {
    const url = new URL(href)
    const answer = await this.#options.transport.send({
      method: request.method,
      url,
      headers: { ...request.headers, 'user-agent': 'Vorel-CRM/1' },
      ...(request.body !== undefined && { body: String(request.body) }),
      signal: request.signal ?? AbortSignal.timeout(PATIENCE_MS),
      maxAnswerBytes: ANSWER_BYTES,
      isGuarded: url.origin !== this.#issuer.origin,
    })
    if (answer.status >= 500) throw new SignInRefusal('provider_unreachable', `status_${answer.status}`)
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answer.headers })
  }
}

type Sent = oauth.CustomFetchOptions<'GET' | 'POST', URLSearchParams | undefined>

/** What went wrong, by codes alone: the library's errors carry the answer, tokens and all, and the provider's words. */
const understood = async <T>(asked: Promise<T>): Promise<T> => {
  try {
    return await asked
  } catch (error) {
    throw refusalOf(error)
  }
}

const refusalOf = (error: unknown): SignInRefusal => {
  if (error instanceof SignInRefusal) return error
  if (error instanceof WireError)
    return new SignInRefusal(error.fault === 'address_forbidden' ? 'host_forbidden' : 'provider_unreachable', error.fault)
  if (error instanceof oauth.AuthorizationResponseError)
    return new SignInRefusal(error.error === 'access_denied' ? 'access_denied' : 'provider_failed')
  if (error instanceof oauth.WWWAuthenticateChallengeError) return new SignInRefusal('client_refused')
  if (error instanceof oauth.ResponseBodyError)
    return new SignInRefusal(error.error === 'invalid_grant' ? 'code_refused' : 'client_refused')
  return new SignInRefusal('answer_invalid', codeOf(error))
}

const codeOf = (error: unknown): string | undefined => {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
