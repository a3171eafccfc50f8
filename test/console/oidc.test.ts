import { generateKeyPair } from 'jose'
import t, { type Test } from 'tap'
import { createOperator } from '../../core/operators/accounts.ts'
import type { ConsoleConfig, OidcConfig } from '../../core/operators/console-config.ts'
import { browse } from '../oauth/judge.ts'
import { Browser, PASSWORD, type Shown } from '../support/browser.ts'
import { type Service, startService } from '../support/service.ts'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts'

const PUBLIC_URL = 'http://127.0.0.1'
const CALLBACK = `${PUBLIC_URL}/console/sign-in/callback`

interface Trial {
  service: Service
  idp: IdentityProvider
  browser: Browser
  /** As far as the identity provider: where it is asked to sign in. */
  begin(browser?: Browser): Promise<URL>
  /** Through the provider's pages: path and query of the callback. */
  consented(at?: URL): Promise<string>
  signIn(): Promise<Shown>
  audited(): Promise<string[]>
}

const trial = async (
  t: Test,
  {
    oidc,
    allowAddresses = ['127.0.0.0/8'],
    ...console
  }: Partial<Omit<ConsoleConfig, 'oidc'>> & { oidc?: Partial<OidcConfig>; allowAddresses?: string[] } = {},
): Promise<Trial> => {
  const idp = await startIdentityProvider(t, CALLBACK)
  const { issuer, clientId, clientSecret } = idp
  const allow = { emails: ['ada@example.com'], claim: null }
  const service = await startService(t, {
    allowAddresses,
    console: {
      hasPasswords: true,
      oidc: { issuer, clientId, clientSecret, scopes: ['openid', 'email', 'groups'], allow, ...oidc },
      ...console,
    },
  })
  const browser = new Browser(service.url)
  const begin = async (by = browser) => {
    const { html } = await by.get('/console/sign-in?to=/console/audit')
    const [, path = ''] = /href="(\/console\/sign-in\/identity-provider[^"]*)"/.exec(html) ?? []
    const { location } = await by.get(path)
    return new URL(location ?? '')
  }
  const consented = async (at?: URL) => {
    const back = await browse(at ?? (await begin()), CALLBACK)
    return back.pathname + back.search
  }
  return {
    service,
    idp,
    browser,
    begin,
    consented,
    signIn: async () => browser.get(await consented()),
    audited: async () => {
      const { rows } = await service.app.database.pool.query(
        "select action, actor_id, code from audit_log where action like 'operator.sign%' and phase = 'outcome' order by seq",
      )
      return rows.map(({ action, actor_id, code }) => `${action} ${actor_id} ${code}`)
    },
  }
}

const isIn = async (browser: Browser) => (await browser.get('/console/tenants')).status === 200
const failed = (code: string) => `operator.sign_in_failed unknown ${code}`
const changed = (path: string, name: string, value: string): string => {
  const url = new URL(path, PUBLIC_URL)
  url.searchParams.set(name, value)
  return url.pathname + url.search
}

t.test('a sign-in at the identity provider begins a session of its own, under a name that no account has', async (t) => {
  const { service, browser, begin, consented, audited } = await trial(t)
  const { pool } = service.app.database
  const at = await begin()
  t.equal(at.searchParams.get('code_challenge_method'), 'S256')
  const before = browser.cookies.get('vorel_console')
  const shown = await browser.get(await consented(at))
  t.equal(shown.status, 303)
  t.equal(shown.location, '/console/audit', 'where they were going')
  t.not(browser.cookies.get('vorel_console'), before)
  t.match((await browser.get('/console/audit')).html, 'oidc:ada@example.com')
  t.same(await audited(), ['operator.signed_in oidc:ada@example.com ok'])
  const { rows } = await pool.query('select operator, account from operator_session')
  t.same(rows, [{ operator: 'oidc:ada@example.com', account: null }])
  const actor = { actorType: 'system', actorId: 'test' } as const
  const account = { name: 'oidc:ada@example.com', password: PASSWORD }
  await t.rejects(createOperator(service.app.pipeline, pool, actor, account), { code: 'invalid_request' })
})

t.test('nothing of a sign-in under way lies in the database for anybody to finish it with', async (t) => {
  const { service, browser, begin } = await trial(t)
  const at = await begin()
  const { rows } = await service.app.database.pool.query('select to_jsonb(s) as row from operator_sign_in s')
  t.equal(rows.length, 1)
  const text = JSON.stringify(rows)
  for (const name of ['state', 'nonce', 'code_challenge']) t.notMatch(text, at.searchParams.get(name) ?? '?')
  t.notMatch(text, browser.cookies.get('vorel_console') ?? '?')
})

t.test('a callback works once, in the browser that began it, within 10 minutes', async (t) => {
  const { service, idp, browser, begin, consented, audited } = await trial(t)
  const { pool } = service.app.database
  const other = new Browser(service.url)
  await other.get('/console/sign-in')
  const callback = await consented()
  t.equal((await other.get(callback)).status, 403, 'another browser')
  t.equal((await new Browser(service.url).get(callback)).status, 403, 'one without a cookie')
  t.equal((await browser.get(changed(callback, 'state', 'another'))).status, 400)
  t.equal((await browser.get(callback)).status, 303, 'still good for its own')
  t.equal((await browser.get(callback)).status, 409, 'used')
  await browser.post('/console/sign-out')

  idp.person = { sub: 'eve', email: 'eve@example.com', email_verified: true }
  const turnedAway = await consented()
  t.equal((await browser.get(turnedAway)).status, 403)
  t.equal((await browser.get(turnedAway)).status, 409, 'used, though nobody was signed in')

  idp.person = { sub: 'ada', email: 'ada@example.com', email_verified: true }
  const late = await consented(await begin())
  await pool.query("update operator_sign_in set created_at = now() - interval '601 seconds' where used_at is null")
  t.equal((await browser.get(late)).status, 410)
  t.notOk(await isIn(browser))
  t.same(
    (await audited()).filter((row) => row.includes('failed')),
    ['other_browser', 'other_browser', 'unknown_state', 'used_before', 'not_allowed', 'used_before', 'expired'].map(failed),
  )
})

t.test('only whom a rule names comes in, and an e-mail counts where it is verified', async (t) => {
  const allow = { emails: ['ada@example.com'], claim: { name: 'groups', values: ['vorel-operators'] } }
  const { service, idp, consented, audited } = await trial(t, { oidc: { allow } })
  const comes = async (person: Record<string, unknown>): Promise<[status: number, html: string]> => {
    idp.person = person
    const browser = new Browser(service.url)
    await browser.get('/console/sign-in')
    const { location } = await browser.get('/console/sign-in/identity-provider')
    const { status, html } = await browser.get(await consented(new URL(location ?? '')))
    t.equal(await isIn(browser), status === 303)
    return [status, html]
  }
  t.match(await comes({ sub: 'eve', email: 'eve@example.com', email_verified: true }), [403, /no operator here/])
  t.match(await comes({ sub: 'eve', email: 'ada@example.com', email_verified: false }), [403, /is verified/])
  t.match(await comes({ sub: 'eve', email: 'ada@example.com' }), [403, /is verified/])
  t.match(await comes({ sub: 'eve', email: 'ada@example.com', email_verified: 'true' }), [403, /is verified/])
  t.match(await comes({ sub: 'ada@example.com' }), [403, /no operator here/])
  t.match(await comes({ sub: 'eve', groups: ['others', 'vorel-operators-2'] }), [403, /no operator here/])
  t.match(await comes({ sub: 'bob', groups: ['others', 'vorel-operators'] }), [303])
  t.match(await comes({ sub: 'eve', email: 'ada@example.com', groups: ['vorel-operators'] }), [303])
  t.same((await audited()).slice(-2), ['operator.signed_in oidc-sub:bob ok', 'operator.signed_in oidc-sub:eve ok'])
})

t.test(
  'an ID token for another sign-in, client or time, of another issuer or signed by another key lets nobody in',
  async (t) => {
    const { idp, browser, begin, consented, audited } = await trial(t)
    const { privateKey: another } = await generateKeyPair('RS256')
    const now = Math.floor(Date.now() / 1000)
    const forgeries: [string, (nonce: string) => NonNullable<IdentityProvider['forged']>][] = [
      ['nonce', () => ({ claims: { nonce: 'another' } })],
      ['no nonce', () => ({ claims: {} })],
      ['client', (nonce) => ({ claims: { nonce, aud: 'another' } })],
      ['issuer', (nonce) => ({ claims: { nonce, iss: 'https://elsewhere.example' } })],
      ['time', (nonce) => ({ claims: { nonce, exp: now - 60 } })],
      ['key', (nonce) => ({ claims: { nonce }, key: another })],
    ]
    for (const [name, forged] of forgeries) {
      const at = await begin()
      const callback = await consented(at)
      idp.forged = forged(at.searchParams.get('nonce') ?? '')
      const { status, html } = await browser.get(callback)
      t.equal(status, 502, name)
      t.match(html, 'nobody was signed in')
      t.notOk(await isIn(browser), name)
    }
    t.same(
      await audited(),
      forgeries.map(() => failed('answer_invalid')),
    )
    const at = await begin()
    const callback = await consented(at)
    idp.forged = { claims: { nonce: at.searchParams.get('nonce') } }
    t.equal((await browser.get(callback)).status, 303, 'the same token with nothing changed does')
  },
)

t.test("the provider's nonce and verifier are those of the sign-in that was begun", async (t) => {
  const { browser, begin, consented, audited } = await trial(t)
  const at = await begin()
  at.searchParams.set('nonce', 'another')
  t.equal((await browser.get(await consented(at))).status, 502)
  const other = await begin()
  other.searchParams.set('code_challenge', (await begin()).searchParams.get('code_challenge') ?? '')
  t.equal((await browser.get(await consented(other))).status, 400)
  t.same(await audited(), [failed('answer_invalid'), failed('code_refused')])
})

t.test("who is turned away by the provider reads our words and none of the provider's", async (t) => {
  const { idp, browser, consented, audited } = await trial(t)
  idp.person = null
  const callback = await consented()
  t.match(decodeURIComponent(callback), 'Lovelace')
  const { status, html } = await browser.get(callback)
  t.equal(status, 403)
  t.match(html, 'did not let you in')
  t.notMatch(html, /Lovelace|access_denied/)
  t.same(await audited(), [failed('access_denied')])
})

t.test('a provider that is down is told as such, on the way there and back; passwords go on', async (t) => {
  const { service, idp, browser, consented, audited } = await trial(t)
  const callback = await consented()
  idp.close()
  const back = await browser.get(callback)
  t.equal(back.status, 503)
  t.match(back.html, /cannot be reached.*name="password"/s)
  const fresh = await startService(t, {
    console: {
      hasPasswords: true,
      oidc: { issuer: idp.issuer, clientId: 'a', clientSecret: 'b', scopes: ['openid'], allow: { emails: [], claim: null } },
    },
  })
  const other = new Browser(fresh.url)
  await other.get('/console/sign-in')
  t.equal((await other.get('/console/sign-in/identity-provider')).status, 503)
  t.same(await audited(), [failed('provider_unreachable')])
  const actor = { actorType: 'system', actorId: 'test' } as const
  await createOperator(service.app.pipeline, service.app.database.pool, actor, { name: 'ada', password: PASSWORD })
  t.equal((await browser.signIn('ada')).status, 303)
})

t.test('another secret is told as what it is', async (t) => {
  const { signIn, audited } = await trial(t, { oidc: { clientSecret: 'another' } })
  t.match(await signIn(), { status: 502, html: /VOREL_OIDC_CLIENT_SECRET/ })
  t.same(await audited(), [failed('client_refused')])
})

t.test('the issuer may be in a private network; a host there that its documents name is not asked', async (t) => {
  const { idp, signIn, audited } = await trial(t, { allowAddresses: [] })
  idp.discovery = { token_endpoint: `${idp.issuer.replace('127.0.0.1', '127.0.0.2')}/token` }
  t.match(await signIn(), { status: 502, html: /private network/ })
  t.notOk(idp.asked.includes('/token'))
  t.same(await audited(), [failed('host_forbidden')])
})

t.test('what the provider says of itself is asked for once, and its keys as well', async (t) => {
  const { idp, browser, signIn } = await trial(t)
  for (let time = 0; time < 3; time += 1) {
    t.equal((await signIn()).status, 303)
    await browser.get('/console/tenants')
    await browser.post('/console/sign-out')
  }
  t.equal(idp.asked.filter((path) => path.startsWith('/.well-known/')).length, 1)
  t.equal(idp.asked.filter((path) => path === '/jwks').length, 1)
})

t.test('without passwords there is no form for them, and none is heard', async (t) => {
  const { service, browser, signIn } = await trial(t, { hasPasswords: false })
  const actor = { actorType: 'system', actorId: 'test' } as const
  await createOperator(service.app.pipeline, service.app.database.pool, actor, { name: 'ada', password: PASSWORD })
  const { html } = await browser.get('/console/sign-in')
  t.notMatch(html, 'name="password"')
  t.equal((await signIn()).status, 303)
  await browser.get('/console/tenants') // with the session's token
  const refused = await browser.post('/console/sign-in', { name: 'ada', password: PASSWORD })
  t.match(refused, { status: 403, html: /switched off/ })
})
