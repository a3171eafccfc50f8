import t from 'tap'
import type { OAuthApp, OAuthApps } from '../../core/oauth/app.ts'
import { type Begun, OAuthClient, type Subject } from '../../core/oauth/client.ts'
import { GrantError } from '../../core/oauth/grant-error.ts'
import type { Tokens } from '../../core/oauth/tokens.ts'
import { createTransport } from '../../core/outbound/transport.ts'
import type { Manifest, OAuth2Auth } from '../../schemas/manifest.ts'
import { providerOf, REDIRECT_URI } from './provider.ts'
import { type Answering, tokenEndpoint } from './token-endpoint.ts'

export const APP: OAuthApp = { clientId: 'vorel-app', clientSecret: 'sesame-7f3a', variants: {} }

/** A sign-in under way, and the tokens of one long past. */
export const BEGUN: Begun = {
  redirectUri: REDIRECT_URI,
  state: 'state-91c2',
  verifier: 'verifier-0d4f-of-this-sign-in-and-no-other-one',
}
export const CODE = 'code-5b1e.of-the-callback'
export const BEFORE: Tokens = {
  access_token: 'old-access-33aa',
  refresh_token: '1000.old.refresh-77bb',
  expires_at: 0,
  issued_at: 0,
}
export const GOOD = { access_token: 'new-access-44cc', refresh_token: 'new-refresh-88dd', token_type: 'bearer', expires_in: 3600 }

export const callbackWith = (params: Record<string, string> = {}): URLSearchParams =>
  new URLSearchParams({ code: CODE, state: BEGUN.state, ...params })

const transport = createTransport({ allowAddresses: ['127.0.0.0/8'] })
t.teardown(() => transport.close())
const endpoint = await tokenEndpoint(t)

export interface Setting {
  auth?: Partial<OAuth2Auth>
  manifest?: Partial<Manifest>
  settings?: Record<string, unknown>
  facts?: Record<string, string>
  app?: OAuthApp | null
  /** Where the provider is, in place of the endpoint here. */
  url?: string
  timeoutMs?: number
}

/** The engine in front of an endpoint that answers as told. */
export const at = (
  answering: Answering,
  { auth, manifest, settings = {}, facts = {}, app = APP, url, timeoutMs = 5_000 }: Setting = {},
) => {
  endpoint.answering = answering
  endpoint.requests.length = 0
  const apps: OAuthApps = app ? { judge: app } : {}
  const client = new OAuthClient({ transport, endpoints: { judge: url ?? endpoint.url }, apps })
  const subject: Subject = { driver: providerOf(auth, manifest), settings, facts }
  const signal = () => AbortSignal.timeout(timeoutMs)
  return {
    client,
    subject,
    requests: endpoint.requests,
    authorizeUrl: (begun: Partial<Begun> = {}) => client.authorizeUrl(subject, { ...BEGUN, ...begun }),
    exchange: (params: Record<string, string> = {}) => client.exchange(subject, BEGUN, callbackWith(params), signal()),
    refresh: (before = BEFORE) => client.refresh(subject, before, signal()),
    clientCredentials: () => client.clientCredentials(subject, signal()),
    revoke: (tokens = BEFORE) => client.revoke(subject, tokens, signal()),
  }
}

/** What a call was refused with; a call that was not is a fault of the test. */
export const refusal = async (asked: Promise<unknown>): Promise<Error> => {
  try {
    await asked
  } catch (error) {
    return error as Error
  }
  throw new Error('It was not refused')
}

/** What each of several calls, all under way, was refused with. */
export const refusals = (...asked: Promise<unknown>[]): Promise<Error[]> => Promise.all(asked.map(refusal))

/** `dead`, `app`, `throttled` or `unreachable`, and the reason. */
export const grantFault = async (asked: Promise<unknown>): Promise<string> => {
  const error = await refusal(asked)
  return error instanceof GrantError ? `${error.fault}: ${error.reason}` : `no GrantError: ${error}`
}
