import t, { type Test } from 'tap'
import { VorelError } from '../../core/driver.ts'
import { OAuthClient } from '../../core/oauth/client.ts'
import { createTransport } from '../../core/outbound/transport.ts'
import type { SandboxAnswer } from '../../core/sandbox.ts'
import athenahealth from '../../drivers/athenahealth/driver.ts'
import { refusal } from '../../drivers/athenahealth/faults.ts'
import startSandbox from '../../drivers/athenahealth/sandbox.ts'
import { asked, open, openThat, refused } from './athenahealth/practice.ts'

const told = (status: number, body: unknown) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {}
  return refusal({ status, headers: {}, body: Buffer.from(text), json })
}

const REFUSALS: [string, number, unknown, Record<string, unknown> | undefined][] = [
  [
    'missing fields',
    400,
    { error: 'Additional fields are required.', missingfields: ['departmentid'] },
    { code: 'field_invalid', fields: ['departmentid'] },
  ],
  [
    'a wrong format',
    400,
    { error: 'The data provided is invalid.', detailedmessage: 'Expecting format date' },
    { code: 'field_invalid' },
  ],
  [
    'no criterion',
    400,
    { fields: ['firstname', 'email'], error: 'Data for one or more of the fields listed above are required.' },
    { code: 'field_invalid', fields: ['firstname', 'email'] },
  ],
  [
    'too broad',
    400,
    { error: 'would produce a total data set larger than 1000 records' },
    { code: 'field_invalid', message: /Narrow/ },
  ],
  ['a bare string', 400, '"Invalid department"', { code: 'field_invalid' }],
  ['a page of something before it', 400, '<html>Bad Request', { code: 'provider_unavailable', effect: 'none' }],
  [
    'a token too old',
    401,
    { error: 'Incorrect permissions.', detailedmessage: 'Bad auth.' },
    { code: 'auth_error', isExpired: true },
  ],
  ['a 401 without a reason', 401, '', { code: 'auth_error', isExpired: true }],
  [
    'another permission',
    401,
    { error: 'Incorrect permissions.', detailedmessage: 'No access to this API.' },
    { code: 'auth_error', isExpired: false },
  ],
  ['an app that is off', 401, '<h1>Developer Inactive</h1>', { code: 'auth_error', isExpired: false, message: /not active/ }],
  [
    'no subscription',
    403,
    { error: 'Changed messages require a subscription' },
    { code: 'auth_error', message: /patient_changes/ },
  ],
  ['no permission', 403, '"Forbidden"', { code: 'auth_error', message: /does not allow/, isExpired: false }],
  [
    'a practice that is none',
    404,
    { error: 'Invalid practice.', detailedmessage: 'The practice ID does not exist.' },
    { code: 'auth_error', message: /practice_id/ },
  ],
  ['a wrong address', 404, '"Service not registered with API gateway."', { code: 'provider_unavailable', effect: 'none' }],
  ['a patient that is none', 404, { error: 'The patient ID provided does not exist.' }, { code: 'record_not_found' }],
  ['a conflict', 409, { error: 'Exists already.' }, { code: 'record_conflict' }],
  ['too many requests', 429, '', undefined],
  ['a page instead of an answer', 502, '<html>', undefined],
]

for (const [name, status, body, expected] of REFUSALS)
  t.test(`${status}, ${name}, is told by our codes`, async (t) => {
    const error = told(status, body)
    if (expected === undefined) return t.equal(error, undefined, 'the status decides')
    t.ok(error instanceof VorelError)
    t.match(error, expected)
  })

t.test('a token that is too old is renewed once; an API that the app lacks is not asked for without end', async (t) => {
  const crm = await open(t)
  crm.sandbox.oauth?.server.expireTokens()
  t.match(await athenahealth.testConnection(crm.call()), { ok: true })
  t.equal(crm.tokens?.renewals, 1)

  let isConnected = false
  const lacking = await openThat(t, () =>
    isConnected ? { status: 401, body: { error: 'Incorrect permissions.', detailedmessage: 'Bad auth.' } } : undefined,
  )
  isConnected = true
  const before = lacking.sandbox.requests.length
  const error = await refused(athenahealth.lookupCustomer(lacking.call(), { external_id: '1' }))
  t.match(error, { code: 'auth_error', message: /lack this API/ })
  t.ok(asked(lacking, before).length <= 3)
})

const clientOf = async (t: Test) => {
  const sandbox = await startSandbox()
  const transport = createTransport({ allowAddresses: ['127.0.0.0/8'] })
  t.teardown(() => Promise.all([transport.close(), sandbox.close()]))
  const { id = '', secret = '' } = sandbox.oauth?.server.client ?? {}
  const apps = {
    athenahealth: {
      variants: { PREVIEW: { clientId: id, clientSecret: secret } },
      clientId: 'production',
      clientSecret: 'other',
    },
  }
  const client = new OAuthClient({ transport, endpoints: { athenahealth: sandbox.url }, apps })
  const ask = (environment: string) =>
    client.clientCredentials(
      { driver: athenahealth, settings: { ...sandbox.settings, environment }, facts: {} },
      AbortSignal.timeout(5_000),
    )
  return { sandbox, ask }
}

t.test('each environment has its host and its app; the lifetime may be a text', async (t) => {
  const { sandbox, ask } = await clientOf(t)
  const { tokens } = await ask('preview')
  t.equal(Math.round(((tokens.expires_at ?? 0) - tokens.issued_at) / 1000), 3600)
  const [request] = sandbox.oauth?.tokenRequests() ?? []
  t.equal(request?.headers['x-forwarded-host'], 'api.preview.platform.athenahealth.com')
  t.strictSame(Object.fromEntries(new URLSearchParams(request?.body)), {
    grant_type: 'client_credentials',
    scope: 'athena/service/Athenanet.MDP.*',
  })
  t.match(request?.headers.authorization, /^Basic /)
  const error = await ask('production').catch((error: unknown) => error)
  t.match(error, { fault: 'app', reason: 'invalid_client' })
  t.equal(sandbox.oauth?.tokenRequests().at(-1)?.headers['x-forwarded-host'], 'api.platform.athenahealth.com')
})

t.test('requests go to the practice on the host of its environment', async (t) => {
  const crm = await open(t)
  t.ok(asked(crm).length > 2)
  for (const { path, headers } of asked(crm)) {
    t.match(path, /^\/v1\/195900\//)
    t.equal(headers['x-forwarded-host'], 'api.preview.platform.athenahealth.com')
  }
})

t.test('the sandbox answers as the gateway does', async (t) => {
  const sandbox = await startSandbox()
  t.teardown(() => sandbox.close())
  const statusOf = async (path: string, headers: Record<string, string> = {}): Promise<[number, string]> => {
    const answer = await fetch(sandbox.url + path, { headers })
    return [answer.status, await answer.text()]
  }
  const expected: SandboxAnswer['body'] = '"Service not registered with API gateway."'
  t.strictSame(await statusOf('/v2/195900/ping'), [404, expected])
  t.match(await statusOf('/v1/195900/ping'), [401, /Developer Inactive/])
  t.match(await statusOf('/v1/195900/ping', { authorization: 'Bearer eyJnone' }), [401, /Bad auth/])
})
