import t from 'tap'
import type { SandboxAnswer } from '../../core/sandbox.ts'
import type { Envelope, OpenApi } from './documents.ts'
import { described, exchange, JSON_BODY, wrongIn } from './lantern.ts'
import { verdictOn } from './verdict.ts'

const answered = (line: string, answer: SandboxAnswer): string[] =>
  wrongIn(line, {
    headers: line.startsWith('POST') ? JSON_BODY : { 'x-practice': '7' },
    body: line.startsWith('POST') ? '{"last":"L"}' : '',
    answer,
  })
const batch = (body: unknown) =>
  wrongIn('POST /crm/batch', { headers: JSON_BODY, body: '{}', answer: { status: 200, body } }).map((line) =>
    line.split(': ').slice(1).join(': '),
  )

t.test('what the provider adds is welcome, and null where nothing is said of nulls', async (t) => {
  t.strictSame(
    answered('GET /crm/people', { status: 200, body: { people: [{ id: 1, colour: 'red' }], next: null, more: 1 } }),
    [],
  )
  t.strictSame(answered('GET /crm/people/5', { status: 200, body: { id: 1, age: null } }), [])
  t.strictSame(
    answered('GET /crm/people/5', { status: 200, body: { id: 1, last: null } }),
    ['GET /crm/people/{id}, answered 200: body /last: must be string'],
    'a schema that knows of nulls names them all',
  )
  t.match(answered('GET /crm/people/5', { status: 200, body: { id: null } }), [/\/id: must be integer$/])
})

t.test('an answer has the types and the required members of its status', async (t) => {
  const list = 'GET /crm/people'
  t.strictSame(answered(list, { status: 200, body: { people: [{ id: '1' }] } }), [
    'GET /crm/people, answered 200: body /people/*/id: must be integer',
  ])
  t.strictSame(answered(list, { status: 200, body: {} }), [
    "GET /crm/people, answered 200: body must have required property 'people'",
  ])
  t.strictSame(answered(list, { status: 429, body: { message: 'x' } }), [])
  t.strictSame(answered(list, { status: 429, body: { error: 'x' } }), [
    "GET /crm/people, answered 429: body must have required property 'message'",
  ])
  t.strictSame(answered(list, { status: 429 }), [], 'a refusal may come without its body')
  t.match(answered(list, { status: 200 }), [/body is not JSON$/], 'and a success may not')
  t.match(answered(list, { status: 200, body: 'people', headers: { 'Content-Type': 'application/json' } }), [/body is not JSON$/])
  t.match(answered(list, { status: 200, body: '<p>', headers: { 'content-type': 'text/html' } }), [
    /content type 'text\/html' is not declared/,
  ])
  t.match(answered('DELETE /crm/people/5', { status: 204, body: {} }), [/body is there/])
})

t.test('another success has the body of the declared one', async (t) => {
  t.strictSame(answered('POST /crm/people', { status: 201, body: { id: 1 } }), [])
  t.match(answered('POST /crm/people', { status: 201, body: {} }), [/answered 201: body must have required property 'id'$/])
})

t.test('of branches without required members the one is meant that knows the answer', async (t) => {
  t.strictSame(batch({ data: [{ code: 'OK', more: 1 }] }), [])
  t.strictSame(batch({ code: 'BUSY' }), [])
  t.strictSame(batch({ data: [{ code: 'BUSY' }] }), ['body /data/*/code: must be equal to one of the allowed values'])
  t.strictSame(batch({ code: 'OK' }), ['body /code: must be equal to one of the allowed values'])
  t.strictSame(batch({ colour: 'red' }), ['body has no member that is described'])
})

const ofItems = (envelope: Envelope): OpenApi => ({
  paths: {
    '/visits': {
      get: {
        'x-vorel-envelope': envelope,
        responses: {
          '200': {
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    id: { type: 'integer' },
                    isNew: { type: 'boolean' },
                    phones: { type: 'array', items: { type: 'object', properties: { no: { type: 'integer' } } } },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
})
const inEnvelope = (envelope: Envelope, body: unknown): string[] =>
  verdictOn(described(ofItems(envelope)), [exchange('GET /visits', { answer: { status: 200, body } })]).violations.map(
    (line) => line.split(': body ')[1] ?? line,
  )

t.test('an item comes in its envelope', async (t) => {
  t.strictSame(inEnvelope({ kind: 'object' }, { id: 1 }), [])
  t.strictSame(inEnvelope({ kind: 'object' }, [{ id: 1 }]), ['must be object'])
  t.strictSame(inEnvelope({ kind: 'array' }, [{ id: 1 }]), [])
  t.strictSame(inEnvelope({ kind: 'array' }, { id: 1 }), ['must be array'])
  t.strictSame(inEnvelope({ kind: 'page', key: 'visits' }, { totalcount: 1, visits: [{ id: 1 }], next: '/visits?offset=1' }), [])
  t.strictSame(inEnvelope({ kind: 'page', key: 'visits' }, { totalcount: 1, items: [] }), [
    "must have required property 'visits'",
  ])
  t.strictSame(inEnvelope({ kind: 'page', key: 'visits' }, { visits: [], next: 'https://a.example' }), [
    '/next: must match pattern "^/"',
  ])
  t.strictSame(inEnvelope({ kind: 'integer-or-string' }, 1), [])
  t.not(inEnvelope({ kind: 'integer-or-string' }, { id: 1 }).length, 0)
})

t.test('where items alone are described, a number may come as text or alone in a list', async (t) => {
  t.strictSame(
    inEnvelope({ kind: 'array' }, [
      { id: '1', isNew: 'true' },
      { id: null, isNew: false },
    ]),
    [],
  )
  t.strictSame(inEnvelope({ kind: 'array' }, [{ id: ['1'] }]), [])
  for (const phones of [[], [{ no: 1 }], [{ no: '1' }, { no: 2 }], null])
    t.strictSame(inEnvelope({ kind: 'array' }, [{ phones }]), [], `a list of ${phones?.length}`)
  t.strictSame(inEnvelope({ kind: 'array' }, [{ id: { of: 1 } }]), ['/*/id: must be integer'])
  t.strictSame(inEnvelope({ kind: 'array' }, [{ id: 'one' }]), ['/*/id: must be integer'])
  t.strictSame(inEnvelope({ kind: 'array' }, [{ isNew: 'perhaps' }]), ['/*/isNew: must be boolean'])
})
