import { inspect } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { GrantError } from '../../core/oauth/grant-error.ts'
import { explainGrantError } from '../../core/oauth/renewal-error.ts'
import type { OAuth2Auth } from '../../schemas/manifest.ts'
import { APP, at, BEFORE, BEGUN, CODE, callbackWith, GOOD, grantFault, refusal } from './desk.ts'
import { providerOf } from './provider.ts'
import type { Answering } from './token-endpoint.ts'

const AUTH: Partial<OAuth2Auth> = {
  deadGrantErrors: ['invalid_code', 'BAD_REFRESH_TOKEN'],
  throttledErrors: ['Access Denied', 'login rate exceeded'],
  throttledSeconds: 600,
}
const HTML = { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Sorry</title>' }
const json = (status: number, body: unknown, headers = {}) => ({ status, body, headers })

/** What is answered, and how it is told. */
const FAILURES: Record<string, [answering: Answering, fault: string]> = {
  'a dead grant': [json(400, { error: 'invalid_grant' }), 'dead: invalid_grant'],
  'a dead grant under status 200': [json(200, { error: 'invalid_grant' }), 'dead: invalid_grant'],
  'a dead grant under status 500': [json(500, { error: 'invalid_grant' }), 'dead: invalid_grant'],
  'an error of its own for a dead grant': [json(200, { error: 'invalid_code' }), 'dead: invalid_code'],
  'a code in `status` for a dead grant': [json(400, { status: 'BAD_REFRESH_TOKEN' }), 'dead: BAD_REFRESH_TOKEN'],
  'a reason in plain words': [
    json(400, { error: 'invalid_grant', error_description: 'expired access/refresh token' }),
    'dead: invalid_grant: expired access/refresh token',
  ],
  'a reason that may name somebody': [
    json(400, { error: 'invalid_grant', error_description: 'the user Ada Lovelace is inactive' }),
    'dead: invalid_grant',
  ],
  'a reason that may hold a token': [
    json(400, { error: 'invalid_grant', error_description: 'unknown: 1000.8cb9.9f8e-77aa-0c1d' }),
    'dead: invalid_grant',
  ],
  'a refused app': [json(401, { error: 'invalid_client' }), 'app: invalid_client'],
  'a refused app under status 200': [json(200, { error: 'invalid_client' }), 'app: invalid_client'],
  'a request that it does not take': [json(400, { error: 'unsupported_grant_type' }), 'app: unsupported_grant_type'],
  'a throttle with a code of its own': [json(200, { error: 'Access Denied' }), 'throttled: Access Denied'],
  'a throttle that is told in the description alone': [
    json(400, { error: 'invalid_grant', error_description: 'login rate exceeded' }),
    'throttled: invalid_grant: login rate exceeded',
  ],
  'status 429': [json(429, { error: 'invalid_grant' }), 'throttled: invalid_grant'],
  'status 429 as HTML': [{ status: 429, ...HTML }, 'throttled: http_429'],
  'a trouble that passes': [json(400, { error: 'temporarily_unavailable' }), 'unreachable: temporarily_unavailable'],
  'a refused app under status 500': [json(500, { error: 'invalid_client' }), 'unreachable: invalid_client'],
  'status 500': [json(500, {}), 'unreachable: http_500'],
  'status 503 as HTML': [{ status: 503, ...HTML }, 'unreachable: http_503'],
  'status 200 as HTML': [{ status: 200, ...HTML }, 'unreachable: http_200'],
  'status 404 as HTML': [{ status: 404, ...HTML }, 'unreachable: http_404'],
  'status 401 without a word': [{ status: 401, body: '' }, 'unreachable: http_401'],
  'a redirect': [{ status: 302, headers: { location: 'http://127.0.0.1:9/' } }, 'unreachable: http_302'],
  'a redirect with tokens': [json(307, GOOD, { location: '/elsewhere' }), 'unreachable: http_307'],
  'no token': [json(200, { refresh_token: 'new-refresh-88dd' }), 'unreachable: http_200'],
  'an empty token': [json(200, { ...GOOD, access_token: '' }), 'unreachable: http_200'],
  'a token that is no text': [json(200, { ...GOOD, access_token: { value: 'new-access-44cc' } }), 'unreachable: http_200'],
  'a list in place of an object': [json(200, [GOOD]), 'unreachable: http_200'],
  'null in place of an object': [json(200, 'null'), 'unreachable: http_200'],
  'a number in place of an object': [json(200, '5'), 'unreachable: http_200'],
  'half an answer': [json(200, JSON.stringify(GOOD).slice(0, 60)), 'unreachable: http_200'],
  'a kind of token that nobody here can use': [json(200, { ...GOOD, token_type: 'mac' }), 'unreachable: unreadable_answer'],
  'a refresh token that is no text': [json(200, { ...GOOD, refresh_token: 5 }), 'unreachable: unreadable_answer'],
  'codes that are no texts': [json(400, { error: { code: 'invalid_grant' }, status: 400 }), 'unreachable: http_400'],
  'a code that is no code': [json(400, { error: '<b>Ada & Co</b>' }), 'app: unreadable_error'],
  'a line dropped before the answer': [(response) => response.destroy(), 'unreachable: reset'],
  'a line dropped within the answer': [
    (response) => {
      response.writeHead(200, { 'content-length': 500 }).write(JSON.stringify(GOOD))
      setTimeout(() => response.destroy(), 20)
    },
    'unreachable: reset',
  ],
  'a huge answer': [json(200, { ...GOOD, padding: 'x'.repeat(300_000) }), 'unreachable: answer_too_large'],
}

const driver = providerOf()

/** All that one may come to see of an error, the things it is made of included. */
const shown = (error: Error): string =>
  [
    String(error),
    error.stack,
    JSON.stringify(error),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true, maxStringLength: null }),
    error instanceof GrantError ? inspect(explainGrantError(driver, error), { depth: Number.POSITIVE_INFINITY }) : '',
  ].join('\n')

const SECRETS = [APP.clientSecret, BEGUN.state, BEGUN.verifier, CODE, BEFORE.access_token, BEFORE.refresh_token]
const NEW_SECRETS = [GOOD.access_token, GOOD.refresh_token]
const leaked = (error: Error, secrets = [...SECRETS, ...NEW_SECRETS]) =>
  secrets.filter((secret) => secret && shown(error).includes(secret))

t.test('every failing answer is told for what it is, at the first exchange and at a refresh, and holds no secret', async (t) => {
  for (const clientAuthentication of ['body', 'basic'] as const)
    for (const [name, [answering, fault]] of Object.entries(FAILURES)) {
      const { exchange, refresh } = at(answering, { auth: { ...AUTH, clientAuthentication } })
      for (const asked of [exchange, refresh]) {
        t.equal(await grantFault(asked()), fault, `${name} (${clientAuthentication})`)
        t.strictSame(leaked(await refusal(asked())), [], `${name} gives nothing away`)
      }
    }
})

t.test('how long to wait is what the answer says, else what the manifest says, else a minute', async (t) => {
  const seconds = async (answering: Answering, auth = AUTH) =>
    ((await refusal(at(answering, { auth }).refresh())) as GrantError).retryAfterSeconds
  const inHalfAMinute = new Date(Date.now() + 30_000).toUTCString()
  t.equal(await seconds(json(429, {}, { 'retry-after': '7' })), 7)
  const byDate = await seconds(json(429, {}, { 'retry-after': inHalfAMinute }))
  t.ok(byDate && byDate > 20 && byDate <= 31, `${byDate} s`)
  t.equal(await seconds(json(200, { error: 'Access Denied' })), 600)
  t.equal(await seconds(json(429, {}), {}), 60)
  t.equal(await seconds(json(503, {}, { 'retry-after': '9' })), 9)
  t.equal(await seconds(json(503, {})), undefined)
})

t.test('an answer that does not end is given up at the deadline', async (t) => {
  const silent: Answering = () => undefined
  const dripping: Answering = (response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  }
  for (const answering of [silent, dripping]) {
    const began = performance.now()
    const { refresh, exchange } = at(answering, { timeoutMs: 150 })
    t.strictSame(await Promise.all([refresh(), exchange()].map(grantFault)), Array(2).fill('unreachable: timeout'))
    t.ok(performance.now() - began < 3_000)
  }
})

t.test('nobody at the address is told as nobody there', async (t) => {
  t.equal(await grantFault(at({}, { url: 'http://127.0.0.1:9' }).refresh()), 'unreachable: unreachable')
})

t.test('a token endpoint that is not among the hosts is never called', async (t) => {
  const { refresh, requests } = at({ body: GOOD }, { manifest: { hosts: ['elsewhere.example'] } })
  t.match(await refusal(refresh()), { code: 'internal' })
  t.equal(requests.length, 0)
})

t.test('a callback that is refused gives nothing of itself away', async (t) => {
  const { client, subject } = at({ body: GOOD }, { auth: { issuer: 'https://judge.example' } })
  const iss = { iss: 'https://judge.example' }
  const callbacks: [callback: URLSearchParams, code: string][] = [
    [callbackWith(), 'invalid_request'],
    [callbackWith({ iss: 'https://evil.example' }), 'invalid_request'],
    [callbackWith({ ...iss, state: 'another' }), 'invalid_request'],
    [new URLSearchParams([...callbackWith(iss), ['state', BEGUN.state]]), 'invalid_request'],
    [new URLSearchParams([...callbackWith(iss), ['code', 'second']]), 'invalid_request'],
    [callbackWith({ ...iss, code: '' }), 'invalid_request'],
    [callbackWith({ ...iss, response: 'e30.e30.e30' }), 'invalid_request'],
    [callbackWith({ ...iss, token: 'implicit' }), 'invalid_request'],
    [callbackWith({ ...iss, error: 'access_denied', error_description: `Ada said no to ${CODE}` }), 'auth_error'],
    [callbackWith({ ...iss, error: `<b>${CODE}</b>` }), 'auth_error'],
  ]
  for (const [callback, code] of callbacks) {
    const error = await refusal(client.exchange(subject, BEGUN, callback, AbortSignal.timeout(5_000)))
    t.match(error, { code }, String(callback))
    t.strictSame(leaked(error), [])
    t.notMatch(shown(error), /Ada/)
  }
})

/** What the provider gets to know by each call, and might repeat. */
const SENT = {
  exchange: [APP.clientSecret, BEGUN.verifier, CODE],
  refresh: [APP.clientSecret, BEFORE.refresh_token],
  clientCredentials: [APP.clientSecret],
  revoke: [APP.clientSecret, BEFORE.refresh_token],
} as const
const GRANTS = Object.keys(SENT) as (keyof typeof SENT)[]

const wordsWith = (secrets: readonly (string | null | undefined)[]) => {
  const secret = fc.constantFrom(...secrets.map(String))
  const said = fc.tuple(fc.constantFrom('', '(', 'bad token: ', "it's ", 'a.'), secret, fc.constantFrom('', ')', ' is bad', '.b'))
  const plain = fc.constantFrom('invalid_grant', 'invalid_client', 'Access Denied', 'inactive user', 'Ada Lovelace is inactive')
  return fc.oneof(
    said.map((parts) => parts.join('')),
    plain,
    fc.string(),
  )
}

const answerTo = (grant: keyof typeof SENT) => {
  const oddities = fc.constantFrom(null, true, -1, 0, 3600, 1e300, [GOOD], { deep: GOOD })
  const said = fc.oneof(wordsWith(SENT[grant]), oddities)
  const given = fc.oneof(wordsWith(NEW_SECRETS), oddities)
  const members = { error: said, error_description: said, status: said, access_token: given, refresh_token: given }
  const more = { token_type: given, expires_in: given, scope: given, id_token: given, api: given }
  const body = fc.oneof(fc.record({ ...members, ...more }, { requiredKeys: [] }), fc.array(given, { maxLength: 2 }), given)
  return fc.record({ status: fc.constantFrom(200, 201, 302, 400, 401, 403, 429, 500, 503), body })
}

t.test('whatever a token endpoint answers, it is a GrantError that repeats nothing of what was sent or given', async (t) => {
  for (const grant of GRANTS) {
    let refused = 0
    const property = fc.asyncProperty(answerTo(grant), async (answer) => {
      const error = await at(answer, { auth: { ...AUTH, tokenFacts: ['api'] } })
        [grant]()
        .then(
          () => null,
          (error: Error) => error,
        )
      if (!error) return
      refused += 1
      if (!(error instanceof GrantError)) throw new Error(`no GrantError: ${shown(error)}`)
      const left = leaked(error)
      if (left.length > 0) throw new Error(`${left} in ${shown(error)}`)
    })
    await fc.assert(property, { numRuns: 150 })
    t.ok(refused > 50, `${grant}: ${refused} were refused`)
  }
})
