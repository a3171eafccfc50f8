import { randomBytes } from 'node:crypto'
import t from 'tap'
import { revokeKey } from '../../core/admin/keys.ts'
import { type Answer, startSandbox, startService, token } from '../support/service.ts'

const lead = { object: 'lead', fields: { name: 'Ada Lovelace' }, idempotency_key: 'key-1' }
const PATH = '/v1/crm/create-record'

t.test('bad input is a problem of the right code, and nothing is written', async (t) => {
  const sandbox = await startSandbox(t)
  const service = await startService(t)
  const key = await service.tenant('acme', { sandbox })
  const lonely = await service.tenant('lonely')
  const reader = await service.tenant('reader', { sandbox, scopes: ['crm:read'] })
  const revoked = await service.tenant('gone', { sandbox })
  const { rows } = await service.app.database.pool.query("select id from api_key where tenant_id = 'gone'")
  await revokeKey(service.app.pipeline, service.app.database, {
    actorType: 'platform_operator',
    actorId: 'test',
    tenantId: 'gone',
    id: rows[0].id,
  })
  const claims = { tenant_id: 'acme', conversation_id: 'c1' }
  const valid = await token(claims)

  const cases: [string, () => Promise<Answer>, number, string][] = [
    ['malformed JSON', () => service.post(PATH, key, '{"object":'), 400, 'invalid_request'],
    ['no body', () => service.post(PATH, key, ''), 400, 'invalid_request'],
    ['a list as body', () => service.post(PATH, key, []), 400, 'invalid_request'],
    ['prototype poisoning', () => service.post(PATH, key, '{"__proto__":{"x":1}}'), 400, 'invalid_request'],
    ['XML', () => service.post(PATH, key, '<a/>', { 'content-type': 'text/xml' }), 415, 'unsupported_media_type'],
    ['a wrong type', () => service.post(PATH, key, { ...lead, object: 7 }), 400, 'invalid_request'],
    [
      'an object as value',
      () => service.post(PATH, key, { ...lead, fields: { name: { first: 'Ada' } } }),
      400,
      'invalid_request',
    ],
    [
      'a number beyond JSON',
      () => service.post(PATH, key, '{"object":"lead","idempotency_key":"k","fields":{"budget_max":1e999}}'),
      400,
      'invalid_request',
    ],
    ['an unknown property', () => service.post(PATH, key, { ...lead, colour: 'red' }), 400, 'invalid_request'],
    ['no fields', () => service.post(PATH, key, { ...lead, fields: {} }), 400, 'invalid_request'],
    ['no idempotency key', () => service.post(PATH, key, { ...lead, idempotency_key: undefined }), 400, 'invalid_request'],
    [
      'a blank in the idempotency key',
      () => service.post(PATH, key, { ...lead, idempotency_key: 'a b' }),
      400,
      'invalid_request',
    ],
    [
      'an idempotency key too long',
      () => service.post(PATH, key, { ...lead, idempotency_key: 'k'.repeat(256) }),
      400,
      'invalid_request',
    ],
    ['a slot that is no name', () => service.post(PATH, key, { ...lead, fields: { 'na me': 'x' } }), 400, 'invalid_request'],
    ['NUL in a value', () => service.post(PATH, key, { ...lead, fields: { name: 'Ada\u0000' } }), 400, 'invalid_request'],
    [
      'a control character in a value',
      () => service.post(PATH, key, { ...lead, fields: { name: 'Ada\u0007' } }),
      400,
      'invalid_request',
    ],
    [
      'half a surrogate pair',
      () => service.post(PATH, key, '{"object":"lead","idempotency_key":"k","fields":{"name":"\\ud800"}}'),
      400,
      'invalid_request',
    ],
    [
      'NUL in a query',
      () => service.post('/v1/crm/search-records', key, { object: 'lead', query: 'a\u0000b' }),
      400,
      'invalid_request',
    ],
    [
      'a limit of 101',
      () => service.post('/v1/crm/search-records', key, { object: 'lead', query: 'a', limit: 101 }),
      400,
      'invalid_request',
    ],
    [
      'a limit as text',
      () => service.post('/v1/crm/search-records', key, { object: 'lead', query: 'a', limit: '5' }),
      400,
      'invalid_request',
    ],
    ['a lookup by nothing', () => service.post('/v1/crm/lookup-customer', key, {}), 400, 'invalid_request'],
    ['a phone that is none', () => service.post('/v1/crm/lookup-customer', key, { phone: '12' + 'x' }), 400, 'invalid_request'],
    [
      'a time without zone',
      () => service.post('/v1/crm/list-recent', key, { object: 'lead', since: '2026-01-01T00:00:00' }),
      400,
      'invalid_request',
    ],
    ['a deadline of zero', () => service.post(PATH, key, lead, { 'x-deadline-ms': '0' }), 400, 'invalid_request'],
    ['2 MB', () => service.post(PATH, key, { ...lead, fields: { name: 'x'.repeat(2 * 1024 * 1024) } }), 413, 'payload_too_large'],
    ['an unknown object', () => service.post(PATH, key, { ...lead, object: 'spaceship' }), 422, 'object_unsupported'],
    [
      'an object named like a method',
      () => service.post(PATH, key, { ...lead, object: 'constructor' }),
      422,
      'object_unsupported',
    ],
    [
      'an unmapped slot',
      () => service.post(PATH, key, { ...lead, fields: { name: 'Ada', shoe_size: 38 } }),
      422,
      'field_unmapped',
    ],
    [
      'a slot named like a method',
      () => service.post(PATH, key, { ...lead, fields: { constructor: 'x' } }),
      422,
      'field_unmapped',
    ],
    [
      'a value that cannot be converted',
      () => service.post(PATH, key, { ...lead, fields: { move_in: '2026-02-30' } }),
      422,
      'field_invalid',
    ],
    ['no key', () => service.post(PATH, '', lead), 401, 'unauthenticated'],
    ['an unknown key', () => service.post(PATH, `vk_${randomBytes(24).toString('base64url')}`, lead), 401, 'unauthenticated'],
    ['a revoked key', () => service.post(PATH, revoked, lead), 401, 'unauthenticated'],
    ['a token where a key belongs', () => service.post(PATH, valid, lead), 401, 'unauthenticated'],
    ['a wrong scope', () => service.post(PATH, reader, lead), 403, 'forbidden'],
    ['a tenant without connection', () => service.post(PATH, lonely, lead), 409, 'not_connected'],
    ['an address without anything', () => service.post('/v1/crm/nothing', key, {}), 404, 'not_found'],
    ['no such operation', () => service.get('/v1/crm/operations/nope', key), 404, 'operation_not_found'],
    ['a key where a token belongs', () => service.post('/api/tools/crm_create_record', key, lead), 401, 'unauthenticated'],
    [
      'an expired token',
      async () =>
        service.post(
          '/api/tools/crm_create_record',
          await token(claims, { expiresIn: Math.floor(Date.now() / 1000) - 60 }),
          lead,
        ),
      401,
      'unauthenticated',
    ],
    [
      'a foreign token',
      async () => service.post('/api/tools/crm_create_record', await token(claims, { secret: 'x'.repeat(40) }), lead),
      401,
      'unauthenticated',
    ],
    [
      'an unsigned token',
      () =>
        service.post(
          '/api/tools/crm_create_record',
          `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ ...claims, exp: 4e9 }))}.`,
          lead,
        ),
      401,
      'unauthenticated',
    ],
    [
      'a token without tenant',
      async () => service.post('/api/tools/crm_create_record', await token({ conversation_id: 'c' }), lead),
      401,
      'unauthenticated',
    ],
    [
      'a token with a number as tenant',
      async () => service.post('/api/tools/crm_create_record', await token({ tenant_id: 7, conversation_id: 'c' }), lead),
      401,
      'unauthenticated',
    ],
    [
      'a token of an unknown tenant',
      async () => service.post('/api/tools/crm_create_record', await token({ ...claims, tenant_id: 'nobody' }), lead),
      403,
      'forbidden',
    ],
    [
      'a token for other tools',
      async () => service.post('/api/tools/crm_create_record', await token({ ...claims, tools: ['crm_list_recent'] }), lead),
      403,
      'forbidden',
    ],
    [
      'a create by tool without key and turn',
      () => service.post('/api/tools/crm_create_record', valid, { ...lead, idempotency_key: undefined }),
      400,
      'invalid_request',
    ],
  ]
  for (const [name, ask, status, code] of cases) {
    const { status: got, headers, body } = await ask()
    t.match({ status: got, code: body.code }, { status, code }, `${name}: ${body.detail}`)
    t.match(headers.get('content-type'), /^application\/problem\+json/, `${name} is a problem`)
    t.match(body, {
      type: String,
      title: String,
      status,
      detail: String,
      retryable: Boolean,
      request_id: headers.get('x-request-id'),
    })
    t.notMatch(JSON.stringify(body), /Ada|x{40}|stack|node_modules/, `${name} repeats nothing of the request`)
  }
  t.equal(sandbox.writes().length, 0, 'nothing was sent')
  const written = await service.app.database.pool.query('select count(*)::int as n from crm_operation')
  t.equal(written.rows[0].n, 0, 'nothing was stored')
})
