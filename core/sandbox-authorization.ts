/** The authorization server of a provider's sandbox: the checks are real, the person who consents always says what was asked of them. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SandboxRequest } from './sandbox.ts'

export interface AuthorizationRules {
  clientAuthentication: 'body' | 'basic'
  /** `required`: no code without a challenge; `optional`: checked where one was sent; `ignored`: as if it did not exist. */
  pkce: 'required' | 'optional' | 'ignored'
  accessTokenSeconds: number
  codeSeconds: number
  /** Each refresh token works once; using one again ends the whole grant. */
  rotates: boolean
  /** The provider's own look of its tokens; random hex unless given. */
  tokenOf?(kind: 'access' | 'refresh' | 'code', random: string): string
}

/** What a token endpoint gives, before the provider's own shape. */
export interface Issued {
  access_token: string
  /** Null: none is given (again). */
  refresh_token: string | null
  scope: string
  /** The same for all tokens of one consent. */
  grantId: string
}

/** By the words of RFC 6749, section 5.2. */
export interface NotIssued {
  error: 'invalid_request' | 'invalid_client' | 'invalid_grant' | 'unsupported_grant_type'
  description: string
}

interface Grant {
  id: string
  scope: string
  isRevoked: boolean
  isConsented: boolean
}

interface Code {
  grant: Grant
  redirectUri: string
  challenge: string | null
  expiresAt: number
  isUsed: boolean
}

interface AccessToken {
  grant: Grant
  expiresAt: number
}

interface RefreshToken {
  grant: Grant
  isUsed: boolean
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
const isSame = (left: string, right: string): boolean => timingSafeEqual(sha256(left), sha256(right))

export class AuthorizationServer {
  readonly client = {
    id: `sandbox-client-${randomBytes(4).toString('hex')}`,
    secret: `sandbox-secret-${randomBytes(12).toString('hex')}`,
  }
  /** What the person at the consent page does. */
  consent: 'allow' | 'deny' = 'allow'
  readonly #rules: AuthorizationRules
  readonly #codes = new Map<string, Code>()
  readonly #access = new Map<string, AccessToken>()
  readonly #refresh = new Map<string, RefreshToken>()
  readonly #grants: Grant[] = []

  constructor(rules: AuthorizationRules) {
    this.#rules = rules
  }

  /** The authorize page, consent given or denied: where the browser goes back to, or why it cannot. */
  authorize(query: URLSearchParams): { location: string } | NotIssued {
    const redirectUri = query.get('redirect_uri') ?? ''
    if (query.get('client_id') !== this.client.id) return { error: 'invalid_client', description: 'unknown client' }
    if (!URL.canParse(redirectUri)) return { error: 'invalid_request', description: 'redirect_uri is missing' }
    const back = new URL(redirectUri)
    const state = query.get('state')
    if (state !== null) back.searchParams.set('state', state)
    const say = (name: string, value: string) => {
      back.searchParams.set(name, value)
      return { location: back.href }
    }
    if (this.consent === 'deny') return say('error', 'access_denied')
    if (query.get('response_type') !== 'code') return say('error', 'unsupported_response_type')
    const challenge = this.#rules.pkce === 'ignored' ? null : query.get('code_challenge')
    if (challenge !== null && query.get('code_challenge_method') !== 'S256') return say('error', 'invalid_request')
    if (challenge === null && this.#rules.pkce === 'required') return say('error', 'invalid_request')
    const code = this.#token('code')
    this.#codes.set(code, {
      grant: this.#grant(query.get('scope') ?? '', true),
      redirectUri,
      challenge,
      expiresAt: Date.now() + this.#rules.codeSeconds * 1000,
      isUsed: false,
    })
    return say('code', code)
  }

  /** The token endpoint, all grant types; a body that is no form is refused. */
  token(request: SandboxRequest): Issued | NotIssued {
    if (!/^application\/x-www-form-urlencoded\b/.test(request.headers['content-type'] ?? ''))
      return { error: 'invalid_request', description: 'the body is not a form' }
    const form = new URLSearchParams(request.body)
    const refused = this.clientRefusal(request)
    if (refused) return refused
    switch (form.get('grant_type')) {
      case 'authorization_code':
        return this.#byCode(form)
      case 'refresh_token':
        return this.#byRefreshToken(form.get('refresh_token') ?? '')
      case 'client_credentials':
        return { ...this.#issue(this.#grant(form.get('scope') ?? '', false)), refresh_token: null }
      default:
        return { error: 'unsupported_grant_type', description: 'unknown grant_type' }
    }
  }

  /** Whether the app is who it says it is: for the token endpoint, and for introspection and revocation where they ask. */
  clientRefusal({ headers, body }: SandboxRequest): NotIssued | null {
    const form = new URLSearchParams(body)
    const [id, secret] =
      this.#rules.clientAuthentication === 'body'
        ? [form.get('client_id'), form.get('client_secret')]
        : basicOf(headers.authorization)
    const isKnown = isSame(id ?? '', this.client.id) && isSame(secret ?? '', this.client.secret)
    return isKnown ? null : { error: 'invalid_client', description: 'client authentication failed' }
  }

  /** Ends the grant that a token of either kind belongs to; false for one never issued. */
  revoke(token: string): boolean {
    const grant = this.#refresh.get(token)?.grant ?? this.#access.get(token)?.grant
    if (grant) grant.isRevoked = true
    return grant !== undefined
  }

  accessState(token: string): 'good' | 'expired' | 'unknown' {
    const known = this.#access.get(token)
    if (!known || known.grant.isRevoked) return 'unknown'
    return known.expiresAt > Date.now() ? 'good' : 'expired'
  }

  /** What introspection says of a token that is active, else null. */
  introspect(token: string): { kind: 'access' | 'refresh'; scope: string; expiresInSeconds: number | null } | null {
    const refresh = this.#refresh.get(token)
    if (refresh && !refresh.isUsed && !refresh.grant.isRevoked)
      return { kind: 'refresh', scope: refresh.grant.scope, expiresInSeconds: null }
    const access = this.#access.get(token)
    if (!access || this.accessState(token) !== 'good') return null
    return { kind: 'access', scope: access.grant.scope, expiresInSeconds: Math.round((access.expiresAt - Date.now()) / 1000) }
  }

  /** Of now, all access tokens are too old. */
  expireTokens(): void {
    for (const token of this.#access.values()) token.expiresAt = 0
  }

  /** What a tenant's admin does who uninstalls the app. */
  revokeGrants(): void {
    for (const grant of this.#grants) grant.isRevoked = true
  }

  /** Whether a consented grant is alive. */
  get hasLiveGrant(): boolean {
    return this.#grants.some(({ isRevoked, isConsented }) => isConsented && !isRevoked)
  }

  #byCode(form: URLSearchParams): Issued | NotIssued {
    const code = this.#codes.get(form.get('code') ?? '')
    const dead = (description: string): NotIssued => ({ error: 'invalid_grant', description })
    if (!code) return dead('unknown code')
    if (code.isUsed) {
      code.grant.isRevoked = true
      return dead('the code was used before')
    }
    code.isUsed = true
    if (code.grant.isRevoked) return dead('the grant was revoked')
    if (code.expiresAt < Date.now()) return dead('the code has expired')
    if (form.get('redirect_uri') !== code.redirectUri) return dead('redirect_uri is another')
    const verifier = form.get('code_verifier')
    if (code.challenge !== null && (!verifier || sha256(verifier).toString('base64url') !== code.challenge))
      return dead('code_verifier is wrong')
    return this.#issue(code.grant)
  }

  #byRefreshToken(token: string): Issued | NotIssued {
    const known = this.#refresh.get(token)
    if (!known || known.grant.isRevoked) return { error: 'invalid_grant', description: 'expired access/refresh token' }
    if (!this.#rules.rotates) return { ...this.#issue(known.grant), refresh_token: null }
    if (known.isUsed) {
      known.grant.isRevoked = true
      return { error: 'invalid_grant', description: 'expired access/refresh token' }
    }
    known.isUsed = true
    return this.#issue(known.grant)
  }

  #grant(scope: string, isConsented: boolean): Grant {
    const grant = { id: randomBytes(6).toString('hex'), scope, isRevoked: false, isConsented }
    this.#grants.push(grant)
    return grant
  }

  #issue(grant: Grant): Issued {
    const access_token = this.#token('access')
    this.#access.set(access_token, { grant, expiresAt: Date.now() + this.#rules.accessTokenSeconds * 1000 })
    const refresh_token = this.#token('refresh')
    this.#refresh.set(refresh_token, { grant, isUsed: false })
    return { access_token, refresh_token, scope: grant.scope, grantId: grant.id }
  }

  #token(kind: 'access' | 'refresh' | 'code'): string {
    const random = randomBytes(24).toString('hex')
    return this.#rules.tokenOf?.(kind, random) ?? random
  }
}

const basicOf = (header = ''): [string | null, string | null] => {
  const [scheme, encoded = ''] = header.split(' ')
  const [id = '', secret] = Buffer.from(encoded, 'base64').toString().split(':')
  if (scheme?.toLowerCase() !== 'basic' || secret === undefined) return [null, null]
  return [formDecoded(id), formDecoded(secret)]
}

/** As RFC 6749, section 2.3.1, has both parts encoded; null where it is no such text. */
const formDecoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}
