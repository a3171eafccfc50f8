import t from 'tap'
import type { VorelError } from '../../core/errors.ts'
import salesforce from '../../drivers/salesforce/driver.ts'
import { create, open, refused, stored, update } from './salesforce/open.ts'

const told = (status: number, json: unknown): VorelError | undefined =>
  salesforce.refusal?.({ status, headers: {}, body: Buffer.from(JSON.stringify(json) ?? ''), json })
const fault = (
  status: number,
  errorCode: string,
  message = 'It did not work for Ada King, ada@example.test',
  fields?: string[],
) => told(status, [{ errorCode, message, ...(fields && { fields }) }])

const EXPECTED: [number, string, string][] = [
  [400, 'REQUIRED_FIELD_MISSING', 'field_invalid'],
  [400, 'STRING_TOO_LONG', 'field_invalid'],
  [400, 'FIELD_CUSTOM_VALIDATION_EXCEPTION', 'field_invalid'],
  [400, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', 'field_invalid'],
  [400, 'JSON_PARSER_ERROR', 'field_invalid'],
  [400, 'SOMETHING_NEW', 'field_invalid'],
  [400, 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'field_invalid'],
  [403, 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'field_invalid'],
  [400, 'INVALID_TYPE', 'object_unsupported'],
  [400, 'DUPLICATE_VALUE', 'record_conflict'],
  [400, 'DUPLICATES_DETECTED', 'record_conflict'],
  [400, 'CANNOT_UPDATE_CONVERTED_LEAD', 'record_conflict'],
  [400, 'ENTITY_IS_LOCKED', 'record_conflict'],
  [400, 'UNABLE_TO_LOCK_ROW', 'provider_unavailable'],
  [400, 'QUERY_TIMEOUT', 'provider_timeout'],
  [400, 'MALFORMED_SEARCH', 'invalid_request'],
  [400, 'MALFORMED_QUERY', 'internal'],
  [400, 'MALFORMED_ID', 'record_not_found'],
  [400, 'INVALID_CROSS_REFERENCE_KEY', 'record_not_found'],
  [400, 'DELETE_FAILED', 'delete_unsupported'],
  [400, 'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY', 'auth_error'],
  [403, 'INSUFFICIENT_ACCESS_OR_READONLY', 'auth_error'],
  [403, 'INSUFFICIENT_ACCESS', 'auth_error'],
  [403, 'API_DISABLED_FOR_ORG', 'auth_error'],
  [403, 'API_CURRENTLY_DISABLED', 'auth_error'],
  [403, 'REQUEST_LIMIT_EXCEEDED', 'provider_rate_limited'],
  [404, 'NOT_FOUND', 'record_not_found'],
  [404, 'ENTITY_IS_DELETED', 'record_not_found'],
  [410, 'UNSUPPORTED_API_VERSION', 'provider_unavailable'],
]

t.test('each error has its code, has done nothing, and repeats nobody’s data', async (t) => {
  for (const [status, errorCode, code] of EXPECTED) {
    const error = fault(status, errorCode)
    t.match(error, { code, effect: 'none', isExpired: false }, `${status} ${errorCode}`)
    t.notMatch(error?.message, /Ada|King|example/, `${errorCode} says nothing of the person`)
  }
})

t.test(
  'what Salesforce says with a status of 500 and over is left to the status, which knows nothing of the outcome',
  async (t) => {
    for (const [status, errorCode] of [
      [500, 'UNKNOWN_EXCEPTION'],
      [503, 'SERVER_UNAVAILABLE'],
      [500, 'UNABLE_TO_LOCK_ROW'],
    ] as const)
      t.equal(fault(status, errorCode), undefined, errorCode)
  },
)

t.test('an error may come without its list, and what is no error of theirs is left to the status', async (t) => {
  t.match(told(404, { errorCode: 'NOT_FOUND', message: 'x' }), { code: 'record_not_found' })
  for (const odd of [
    undefined,
    null,
    'text',
    [],
    [null],
    {},
    [{ message: 'x' }],
    [{ errorCode: 5 }],
    [{ errorCode: 'toString' }],
  ])
    t.equal(told(403, odd), undefined, JSON.stringify(odd))
})

t.test('fields are named, and only fields', async (t) => {
  t.strictSame(fault(400, 'STRING_TOO_LONG', 'First Name: data value too large: Ada (max length=40)', ['FirstName'])?.fields, [
    'FirstName',
  ])
  t.strictSame(fault(400, 'REQUIRED_FIELD_MISSING', 'Required fields are missing: [LastName, Company]')?.fields, [
    'LastName',
    'Company',
  ])
  t.strictSame(
    fault(
      400,
      'INVALID_FIELD',
      "\nSELECT Foo__c FROM Lead\n^\nERROR at Row:1:Column:8\nNo such column 'Foo__c' on entity 'Lead'.",
    )?.fields,
    ['Foo__c'],
  )
  t.strictSame(fault(400, 'MALFORMED_ID', 'Owner ID: id value of incorrect type: x', ['OwnerId'])?.fields, ['OwnerId'])
  t.strictSame(fault(400, 'STRING_TOO_LONG', 'x', ["Ada's <b>", 'Email'])?.fields, ['Email'])
})

t.test('the daily allowance is a long wait, too many at once a short one', async (t) => {
  t.match(fault(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'), { retryAfterSeconds: 900, retryable: true })
  t.match(fault(403, 'REQUEST_LIMIT_EXCEEDED', 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.'), {
    retryAfterSeconds: 5,
  })
  t.match(fault(403, 'REQUEST_LIMIT_EXCEEDED', 'Something else'), { retryAfterSeconds: 60 })
})

t.test('an org whose allowance is used up is not asked again for a while, at connect neither', async (t) => {
  const crm = await open(t, 'native+spent')
  crm.sandbox.play('rate_limited', { times: 100 })
  const before = crm.sandbox.requests.length
  const error = await refused(salesforce.testConnection(crm.call()))
  t.match(error, { code: 'provider_rate_limited', retryAfterSeconds: 900 })
  t.equal(crm.sandbox.requests.length - before, 1)
})

t.test('a session that expired is renewed; one that the API is closed to is not, whatever its code', async (t) => {
  const session = (message: string) => fault(401, 'INVALID_SESSION_ID', message)
  t.match(session('Session expired or invalid'), { code: 'auth_error', isExpired: true })
  for (const message of ['This session is not valid for use with the REST API', 'Connected app is not attached to Agent'])
    t.match(session(message), { code: 'auth_error', isExpired: false }, message)
  t.match(fault(401, 'INVALID_AUTH_HEADER'), { code: 'auth_error', isExpired: false })
})

t.test('duplicate rules are a conflict in either spelling, and the object that matched is named', async (t) => {
  for (const variant of ['duplicates', 'duplicates-fixed']) {
    const crm = await open(t, `native+${variant}`)
    await create(crm, 'lead', { LastName: 'King', Email: 'ada@example.test' })
    const error = await refused(create(crm, 'contact', { LastName: 'King', Email: 'ada@example.test' }))
    t.match(
      error,
      {
        code: 'record_conflict',
        effect: 'none',
        message: /a Lead like this one already \(00Q\w{15}\).*Standard_Contact_Duplicate_Rule/,
      },
      variant,
    )
    t.notMatch(error.message, /King|example/)
    t.equal(crm.sandbox.records('contact').length, 0)
  }
})

t.test('a rule or object whose name could be anything is not repeated', async (t) => {
  const found = { duplicateRule: 'Rule of Ada King', matchResults: [{ entityType: '<b>' }] }
  for (const json of [
    [{ errorCode: 'DUPLICATES_DETECTED', duplicateResut: found }],
    [{ errorCode: 'DUPLICATES_DETECTED', duplicateResult: { matchResults: 'x' } }],
  ])
    t.match(told(400, json), { message: /^Salesforce has a record like this one already\. / })
  const match = { matchRecords: [{ record: { Id: 'ada@example.test' } }] }
  t.notMatch(told(400, [{ errorCode: 'DUPLICATES_DETECTED', duplicateResut: { matchResults: [match] } }])?.message, /example/)
})

t.test('what the org refuses in practice: too long, not an address, not an option, not a number', async (t) => {
  const crm = await open(t)
  const { external_id } = await create(crm, 'contact', { LastName: 'King' })
  for (const [field, value] of [
    ['FirstName', 'A'.repeat(41)],
    ['Email', 'not an address'],
    ['Tier__c', 'Platinum'],
    ['Birthdate', '31 January'],
    ['CreatedDate', '2026-01-01T00:00:00Z'],
    ['Nothing__c', 'x'],
    ['OwnerId', 'Ada'],
  ] as const) {
    const error = await refused(update(crm, 'contact', external_id, { [field]: value }))
    t.match(error, { code: 'field_invalid', effect: 'none' }, field)
    t.notOk(error.message.includes(value), `the value of ${field} is not repeated`)
    if (field !== 'Birthdate') t.strictSame(error.fields, [field])
  }
  t.match(stored(crm), { FirstName: null, Email: null, Tier__c: null })
})
