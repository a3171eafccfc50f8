import t from 'tap'
import type { VorelError } from '../../core/errors.ts'
import hubspot from '../../drivers/hubspot/driver.ts'
import { refusal } from '../../drivers/hubspot/refusal.ts'
import startSandbox from '../../drivers/hubspot/sandbox.ts'
import { connect } from '../contract/connect.ts'

const told = (status: number, json: unknown, headers: Record<string, string> = {}): Partial<VorelError> =>
  refusal({ status, headers, json, body: Buffer.from(JSON.stringify(json) ?? '') }) ?? {}

const body = (category: string, message: string, more = {}) => ({
  status: 'error',
  message,
  correlationId: 'c',
  category,
  ...more,
})

t.test('what is over a limit is asked again when its window has passed', async (t) => {
  const limit = (policyName: string | undefined, message = '', headers = {}) =>
    told(429, body('RATE_LIMITS', message, { policyName }), headers).retryAfterSeconds
  t.equal(limit('TEN_SECONDLY_ROLLING', 'You have reached your ten_secondly_rolling limit.'), 10)
  t.equal(limit('SECONDLY', 'You have reached your secondly limit.'), 1)
  t.equal(limit(undefined, 'You have reached your secondly limit.'), 1)
  t.equal(limit('DAILY', 'You have reached your daily limit.'), 3600)
  t.equal(limit(undefined), 10)
  t.equal(limit('TEN_SECONDLY_ROLLING', '', { 'retry-after': '4' }), 4)
  t.equal(limit('TEN_SECONDLY_ROLLING', '', { 'retry-after': '0' }), 1)
  t.equal(limit('TEN_SECONDLY_ROLLING', '', { 'retry-after': '999999' }), 3600)
  t.match(told(429, undefined), { code: 'provider_rate_limited', effect: 'none', retryAfterSeconds: 10 })
})

t.test('a locked record and a moving account are told with the time to wait, and nothing has happened', async (t) => {
  t.match(told(423, {}), { code: 'provider_rate_limited', retryAfterSeconds: 2, effect: 'none' })
  t.match(told(477, {}, { 'retry-after': '7200' }), { code: 'provider_unavailable', retryAfterSeconds: 7200, effect: 'none' })
  t.match(told(477, {}, { 'retry-after': '999999' }), { retryAfterSeconds: 86_400 })
  t.match(told(477, {}), { retryAfterSeconds: 60 })
})

t.test('missing scopes are named, and are no reason to renew a token', async (t) => {
  const scopes = { requiredGranularScopes: ['crm.schemas.contacts.write'] }
  const error = told(403, body('MISSING_SCOPES', 'This app…', { errors: [{ message: 'One or more…', context: scopes }] }))
  t.match(error, { code: 'auth_error', isExpired: false, message: /lacks crm\.schemas\.contacts\.write\./ })
  t.match(told(403, body('MISSING_SCOPES', '', { context: { missingScopes: ['tickets'] } })), { message: /lacks tickets\./ })
  t.match(told(403, body('FORBIDDEN', '')), { code: 'auth_error', isExpired: false })
})

t.test('a 401 and the failures of a server are left to the core', async (t) => {
  for (const status of [401, 302, 500, 502, 503, 504, 521, 523, 524])
    t.equal(refusal({ status, headers: {}, json: {}, body: Buffer.from('{}') }), undefined, String(status))
})

t.test('properties are named from every place where HubSpot names them', async (t) => {
  const within = JSON.stringify([{ isValid: false, message: 'ada@x was not valid', error: 'INVALID_EMAIL', name: 'email' }])
  for (const [json, fields] of [
    [body('VALIDATION_ERROR', `Property values were not valid: ${within}`), ['email']],
    [body('VALIDATION_ERROR', 'x', { errors: [{ message: 'x', in: 'email' }] }), ['email']],
    [body('VALIDATION_ERROR', 'x', { errors: [{ message: 'x', context: { propertyName: ['discount'] } }] }), ['discount']],
    [body('VALIDATION_ERROR', 'x', { context: { propertyNames: ['a', 'b'] } }), ['a', 'b']],
  ] as const)
    t.match(told(400, json), { code: 'field_invalid', fields })
  t.match(told(400, body('VALIDATION_ERROR', 'The request is wrong')), { code: 'field_invalid', fields: undefined })
})

t.test('a value that is taken is a conflict, however it is told', async (t) => {
  const within = JSON.stringify([{ error: 'CONFLICTING_UNIQUE_VALUE', name: 'vat_id', message: '551 already has that value.' }])
  t.match(told(400, body('VALIDATION_ERROR', `Property values were not valid: ${within}`)), {
    code: 'record_conflict',
    fields: ['vat_id'],
  })
  t.match(told(409, body('CONFLICT', 'Contact already exists. Existing ID: 551')), {
    code: 'record_conflict',
    message: /id 551\./,
  })
  t.match(told(409, body('OBJECT_ALREADY_EXISTS', '', { identityProfile: { identity: [{ value: 'ada@x.test' }] } })), {
    code: 'record_conflict',
    message: /^(?!.*ada)/,
  })
})

t.test('no sentence and no field name carries what a record holds', async (t) => {
  const secret = 'ada.lovelace@example.test'
  const everywhere = body(secret, `${secret} [{"name":"${secret}","error":"${secret}"}]`, {
    policyName: secret,
    errors: [{ message: secret, code: secret, in: secret, context: { propertyName: [secret], missingScopes: [secret] } }],
    context: { scopes: [secret] },
  })
  for (const status of [400, 403, 404, 409, 423, 429, 477]) {
    const error = told(status, everywhere)
    t.notMatch(`${error.message} ${error.fields}`, /ada|lovelace/i, String(status))
  }
})

t.test('bodies of any shape are borne', async (t) => {
  for (const json of [
    undefined,
    null,
    5,
    'x',
    [],
    { message: 5, errors: 5 },
    { errors: [null, 5, { context: 5 }] },
    { message: '[' },
  ])
    for (const [status, code] of [
      [400, 'field_invalid'],
      [403, 'auth_error'],
      [404, 'record_not_found'],
      [409, 'record_conflict'],
      [429, 'provider_rate_limited'],
    ] as const)
      t.equal(told(status, json).code, code, `${status} ${JSON.stringify(json)}`)
})

t.test('searches beyond five a second wait and go on', async (t) => {
  const crm = await connect(t, hubspot, (options) => startSandbox({ ...options, variant: 'limits' }))
  const asked = await Promise.all(
    Array.from({ length: 7 }, () => hubspot.searchRecords(crm.call(), { object: 'contact', query: 'Ada', limit: 1 })),
  )
  t.equal(asked.length, 7)
  const refusedOnes = crm.sandbox.exchanges.filter(({ answer }) => answer.status === 429)
  t.ok(refusedOnes.length >= 2)
  t.notOk(
    refusedOnes.some(({ answer }) => answer.headers?.['x-hubspot-ratelimit-max']),
    'and no header told of the limit',
  )
})
