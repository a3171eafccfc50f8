import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import * as oauth from 'oauth4webapi'
import t, { type Test } from 'tap'
import { isVorelError } from '../../core/errors.ts'
import { type Begun, type Granted, OAuthClient, type Subject } from '../../core/oauth/client.ts'
import { GrantError } from '../../core/oauth/grant-error.ts'
import { createTransport } from '../../core/outbound/transport.ts'
import type { OAuth2Auth } from '../../schemas/manifest.ts'
import { browse, ISSUER, type Judge, type JudgeRules, startJudge } from './judge.ts'
import { providerOf, REDIRECT_URI } from './provider.ts'

interface Trial {
  judge: Judge
  client: OAuthClient
  subject: Subject
  begun: Begun
  /** Through the consent page and back: the parameters of the callback. */
  consented(): Promise<URLSearchParams>
  /** The whole sign-in. */
  signedIn(): Promise<Granted>
  exchange(callback: URLSearchParams, begun?: Partial<Begun>): Promise<Granted>
  refresh(granted: Granted): Promise<Granted>
}

const transport = createTransport({ allowAddresses: ['127.0.0.0/8'] })
t.teardown(() => transport.close())

const signal = () => AbortSignal.timeout(10_000)

const trial = async (t: Test, rules: JudgeRules, auth: Partial<OAuth2Auth> = {}, secret?: string): Promise<Trial> => {
  const judge = await startJudge(t, rules)
  const app = { clientId: judge.clientId, clientSecret: secret ?? judge.clientSecret, variants: {} }
  const client = new OAuthClient({ transport, endpoints: { judge: judge.url }, apps: { judge: app } })
  const { clientAuthentication } = rules
  const subject = { driver: providerOf({ issuer: ISSUER, clientAuthentication, ...auth }), settings: {}, facts: {} }
  const begun = {
    redirectUri: REDIRECT_URI,
    state: randomBytes(16).toString('hex'),
    verifier: oauth.generateRandomCodeVerifier(),
  }
  const consented = async () => (await browse(await client.authorizeUrl(subject, begun))).searchParams
  const exchange = (callback: URLSearchParams, other: Partial<Begun> = {}) =>
    client.exchange(subject, { ...begun, ...other }, callback, signal())
  return {
    judge,
    client,
    subject,
    begun,
    consented,
    exchange,
    signedIn: async () => exchange(await consented()),
    refresh: (granted) => client.refresh(subject, granted.tokens, signal()),
  }
}

/** How a call ended, in one word and the reason; `good` where it did not fail. */
const endOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked
    return 'good'
  } catch (error) {
    if (error instanceof GrantError) return `${error.fault} ${error.reason.split(':')[0]}`
    return isVorelError(error) ? error.code : String(error)
  }
}

const changed = (callback: URLSearchParams, name: string, value: string | null): URLSearchParams => {
  const params = new URLSearchParams(callback)
  if (value === null) params.delete(name)
  else params.set(name, value)
  return params
}

for (const clientAuthentication of ['body', 'basic'] as const) {
  const test = (
    name: string,
    run: (t: Test, trial: Trial) => Promise<unknown>,
    { rules = {}, auth = {}, secret }: { rules?: Partial<JudgeRules>; auth?: Partial<OAuth2Auth>; secret?: string } = {},
  ) =>
    t.test(`by ${clientAuthentication}: ${name}`, async (t) => {
      await run(t, await trial(t, { clientAuthentication, ...rules }, auth, secret))
    })

  test('a sign-in brings tokens that the server calls active, and says how long they live', async (t, { judge, signedIn }) => {
    const { tokens } = await signedIn()
    t.ok(await judge.isActive(tokens.access_token))
    t.ok(await judge.isActive(tokens.refresh_token ?? ''))
    t.equal((tokens.expires_at ?? 0) - tokens.issued_at, 60_000)
  })

  test('a refresh replaces both tokens, and the new ones are the active ones', async (t, { judge, signedIn, refresh }) => {
    const first = await signedIn()
    const second = await refresh(first)
    t.not(second.tokens.access_token, first.tokens.access_token)
    t.not(second.tokens.refresh_token, first.tokens.refresh_token)
    t.ok(await judge.isActive(second.tokens.access_token))
    t.ok(await judge.isActive(second.tokens.refresh_token ?? ''))
    t.notOk(await judge.isActive(first.tokens.refresh_token ?? ''))
    t.equal(await endOf(refresh(second)), 'good')
  })

  test('a refresh token used again is dead, and takes the newest with it', async (t, { judge, signedIn, refresh }) => {
    const first = await signedIn()
    const second = await refresh(first)
    t.equal(await endOf(refresh(first)), 'dead invalid_grant')
    t.equal(await endOf(refresh(second)), 'dead invalid_grant')
    t.notOk(await judge.isActive(second.tokens.access_token))
  })

  test('what is revoked is inactive, refresh and access token alike', async (t, {
    judge,
    client,
    subject,
    signedIn,
    refresh,
  }) => {
    const granted = await signedIn()
    t.equal(await client.revoke(subject, granted.tokens, signal()), true)
    t.notOk(await judge.isActive(granted.tokens.refresh_token ?? ''))
    t.notOk(await judge.isActive(granted.tokens.access_token))
    t.equal(await endOf(refresh(granted)), 'dead invalid_grant')
    t.equal(await client.revoke(subject, granted.tokens, signal()), true, 'to revoke again is no error')
  })

  test(
    'an access token ends when it was said to, and a refresh goes on',
    async (t, { judge, signedIn, refresh }) => {
      const granted = await signedIn()
      await sleep((granted.tokens.expires_at ?? 0) - Date.now() + 100)
      t.notOk(await judge.isActive(granted.tokens.access_token))
      t.equal(await endOf(refresh(granted)), 'good')
    },
    { rules: { accessTokenSeconds: 1 } },
  )

  test('another PKCE verifier is refused', async (t, { consented, exchange }) => {
    const verifier = oauth.generateRandomCodeVerifier()
    t.equal(await endOf(exchange(await consented(), { verifier })), 'dead invalid_grant')
  })

  test('a sign-in without PKCE does not get as far as a code', async (t, { client, subject, begun, exchange }) => {
    const back = await browse(await client.authorizeUrl(subject, { ...begun, verifier: null }))
    t.equal(back.searchParams.get('code'), null)
    t.equal(await endOf(exchange(back.searchParams)), 'auth_error')
  })

  test('a callback that is not the one begun is refused, and its code stays unused', async (t, { consented, exchange }) => {
    const callback = await consented()
    t.equal(callback.get('iss'), ISSUER)
    const others: [string, string | null][] = [
      ['state', 'another'],
      ['state', null],
      ['iss', 'https://elsewhere.example'],
      ['iss', null],
      ['code', null],
    ]
    for (const [name, value] of others)
      t.equal(await endOf(exchange(changed(callback, name, value))), 'invalid_request', `${name} ${value}`)
    const twice = new URLSearchParams([...callback, ['code', 'another']])
    t.equal(await endOf(exchange(twice)), 'invalid_request', 'two codes')
    t.equal(await endOf(exchange(callback)), 'good')
  })

  test('a code works once; used again it ends the grant', async (t, { judge, consented, exchange, refresh }) => {
    const callback = await consented()
    const granted = await exchange(callback)
    t.equal(await endOf(exchange(callback)), 'dead invalid_grant')
    t.notOk(await judge.isActive(granted.tokens.access_token))
    t.equal(await endOf(refresh(granted)), 'dead invalid_grant')
  })

  test(
    'a code that comes too late is refused',
    async (t, { consented, exchange }) => {
      const callback = await consented()
      await sleep(1_100)
      t.equal(await endOf(exchange(callback)), 'dead invalid_grant')
    },
    { rules: { codeSeconds: 1 } },
  )

  test('a code for another address is refused', async (t, { consented, exchange }) => {
    t.equal(await endOf(exchange(await consented(), { redirectUri: `${REDIRECT_URI}/` })), 'dead invalid_grant')
  })

  test('who says no at the consent page is told so, without their words', async (t, { judge, consented, exchange }) => {
    judge.consent = 'deny'
    const callback = await consented()
    t.match(callback.get('error_description'), /Ada/)
    await t.rejects(exchange(callback), { code: 'auth_error', message: /access_denied/ })
    await t.rejects(exchange(changed(callback, 'state', 'another')), { code: 'invalid_request' })
  })

  test(
    'with another secret it is the app that is refused, and not the grant',
    async (t, { client, subject, consented, exchange }) => {
      t.equal(await endOf(exchange(await consented())), 'app invalid_client')
      const tokens = { access_token: 'a', refresh_token: 'r', expires_at: null, issued_at: 0 }
      t.equal(await endOf(client.refresh(subject, tokens, signal())), 'app invalid_client')
      t.equal(await endOf(client.revoke(subject, tokens, signal())), 'app invalid_client')
    },
    { secret: 'another' },
  )

  test(
    'client credentials bring an access token, and bring another when asked again',
    async (t, { judge, client, subject, refresh }) => {
      const granted = await client.clientCredentials(subject, signal())
      t.ok(await judge.isActive(granted.tokens.access_token))
      t.equal(granted.tokens.refresh_token, null)
      const again = await refresh(granted)
      t.not(again.tokens.access_token, granted.tokens.access_token)
      t.ok(await judge.isActive(again.tokens.access_token))
      t.equal(await client.revoke(subject, again.tokens, signal()), true)
      t.notOk(await judge.isActive(again.tokens.access_token))
    },
    { auth: { grant: 'client_credentials', scopes: ['contacts'] } },
  )
}
