import t from 'tap'
import zoho from '../../drivers/zoho/driver.ts'
import { failureIn, refusal } from '../../drivers/zoho/faults.ts'
import startSandbox from '../../drivers/zoho/sandbox.ts'
import { connect, reference } from '../contract/connect.ts'

const zohoSays = (status: number, code: string, message = '', details = {}, headers = {}) => {
  const json = { code, details, message, status: 'error' }
  return refusal({ status, headers, json, body: Buffer.from(JSON.stringify(json)) })
}

const codes: [status: number, code: string, message: string, details: object, expected: object][] = [
  [401, 'INVALID_TOKEN', 'invalid oauth token', {}, { code: 'auth_error', isExpired: true }],
  [401, 'INVALID_OAUTHTOKEN', '', {}, { code: 'auth_error', isExpired: true }],
  [401, 'AUTHENTICATION_FAILURE', 'Authentication failed', {}, { code: 'auth_error', isExpired: false }],
  [401, 'OAUTH_SCOPE_MISMATCH', '', {}, { code: 'auth_error', isExpired: false }],
  [401, 'AUTHORIZATION_FAILED', '', {}, { code: 'auth_error', isExpired: false }],
  [403, 'NO_PERMISSION', '', {}, { code: 'auth_error', isExpired: false }],
  [400, 'DUPLICATE_DATA', '', { api_name: 'Email' }, { code: 'record_conflict', fields: ['Email'] }],
  [400, 'INVALID_DATA', 'invalid data', { api_name: 'Email' }, { code: 'field_invalid', fields: ['Email'] }],
  [400, 'INVALID_DATA', 'record not deleted', { id: '1' }, { code: 'record_not_found' }],
  [400, 'INVALID_DATA', 'the id given seems to be invalid', { api_name: 'Owner' }, { code: 'field_invalid', fields: ['Owner'] }],
  [400, 'MANDATORY_NOT_FOUND', '', { api_name: 'Company' }, { code: 'field_invalid', fields: ['Company'] }],
  [400, 'INVALID_MODULE', '', {}, { code: 'object_unsupported' }],
  [400, 'CONVERTED_RECORD', '', {}, { code: 'field_invalid' }],
  [400, 'RECORD_LOCKED', '', {}, { code: 'provider_unavailable', effect: 'none' }],
  [500, 'INTERNAL_ERROR', '', {}, { code: 'provider_unavailable', effect: 'unknown' }],
  [400, 'SOMETHING_NEW', 'ada@example.test is odd', { value: 'ada@example.test' }, { code: 'field_invalid' }],
]
for (const [status, code, message, details, expected] of codes)
  t.test(`Zoho's ${code} ("${message}") is ${JSON.stringify(expected)}`, async (t) => {
    t.match(zohoSays(status, code, message, details), expected)
    t.match(zohoSays(status, code, message, details)?.message, /^(?!.*@).{10,}$/, 'and holds no value')
  })

t.test('too many requests: as long as Zoho says, at most an hour, and 3 s where it says nothing', async (t) => {
  for (const [header, seconds] of [
    [undefined, 3],
    ['7', 7],
    ['0', 1],
    ['86400', 3600],
    ['soon', 3],
  ] as const) {
    const error = zohoSays(429, 'TOO_MANY_REQUESTS', '', {}, header === undefined ? {} : { 'retry-after': header })
    t.match(error, { code: 'provider_rate_limited', retryAfterSeconds: seconds })
  }
  t.match(refusal({ status: 429, headers: {}, json: undefined, body: Buffer.from('<html>') }), { code: 'provider_rate_limited' })
})

t.test('a conflict names the record in the way, of whichever module', async (t) => {
  const details = { api_name: 'Email', id: '44', duplicate_record: { id: '4440000000123456789', module: { api_name: 'Leads' } } }
  t.match(zohoSays(400, 'DUPLICATE_DATA', 'duplicate data', details)?.message, 'record 4440000000123456789 in Leads')
})

t.test('a failure is seen under any status', async (t) => {
  const failed = { data: [{ code: 'DUPLICATE_DATA', details: {}, message: '', status: 'error' }] }
  t.match(failureIn(failed), { code: 'DUPLICATE_DATA' })
  t.equal(failureIn({ data: [{ code: 'SUCCESS', status: 'success', details: { id: '1' } }] }), undefined)
  const crm = await connect(t, zoho, (options) => startSandbox({ ...options, variant: 'inband' }))
  const input = { object: 'contact', reference: reference(), idempotency_key: 'key' }
  const fields = { Last_Name: 'A', Email: 'no address' }
  const wrong = await zoho.createRecord(crm.call(), { ...input, fields }).catch((error: unknown) => error)
  t.equal(crm.sandbox.exchanges.at(-1)?.answer.status, 200)
  t.match(wrong, { code: 'field_invalid', fields: ['Email'], effect: 'none' })
})
