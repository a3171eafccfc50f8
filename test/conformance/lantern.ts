import type { Exchange, SandboxAnswer } from '../../core/sandbox.ts'
import { Document, type OpenApi } from './documents.ts'
import { Description } from './match.ts'
import { verdictOn } from './verdict.ts'

/** A made-up provider with one of each thing that documents say. */
export const lantern: OpenApi = {
  servers: [{ url: 'https://api.lantern.example/crm' }],
  paths: {
    '/people': {
      get: {
        parameters: [
          { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 100 } },
          { name: 'archived', in: 'query', schema: { type: 'boolean' } },
          { name: 'ids', in: 'query', explode: true, schema: { type: 'array', items: { type: 'integer' } } },
          { name: 'tags', in: 'query', schema: { type: 'array', items: { type: 'integer' } } },
          { $ref: '#/components/parameters/since' },
        ],
        responses: { '200': { $ref: '#/components/responses/People' }, default: { $ref: '#/components/responses/Refused' } },
      },
      post: {
        requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/NewPerson' } } } },
        responses: { '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } } } },
      },
    },
    '/people/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer', format: 'int64' } }],
      get: {
        parameters: [{ name: 'X-Practice', in: 'header', required: true, schema: { type: 'integer' } }],
        responses: { '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } } } },
      },
      delete: { responses: { '204': {} } },
    },
    '/people/search': {
      get: { parameters: [{ name: 'q', in: 'query', required: true, schema: { type: 'string' } }], responses: {} },
    },
    '/token': {
      servers: [
        {
          url: 'https://{place}/oauth',
          variables: { place: { default: 'id.lantern.example', enum: ['id.lantern.example', 'id.lantern.eu'] } },
        },
      ],
      post: {
        requestBody: {
          content: {
            'application/x-www-form-urlencoded': {
              schema: {
                type: 'object',
                required: ['grant_type'],
                properties: {
                  grant_type: { type: 'string', enum: ['refresh_token'] },
                  ids: { type: 'array', items: { type: 'integer' } },
                  days: { type: 'integer' },
                },
              },
            },
          },
        },
        responses: { '200': {} },
      },
    },
    '/batch': {
      post: {
        requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
        responses: {
          '200': {
            content: {
              'application/json': {
                schema: { oneOf: [{ $ref: '#/components/schemas/Done' }, { $ref: '#/components/schemas/NotDone' }] },
              },
            },
          },
        },
      },
    },
  },
  components: {
    securitySchemes: {
      oauth: {
        flows: {
          authorizationCode: {
            authorizationUrl: 'https://id.lantern.example/oauth/authorize',
            tokenUrl: 'https://id.lantern.example/oauth/token',
          },
        },
      },
    },
    parameters: { since: { name: 'since', in: 'query', schema: { type: 'string', format: 'date-time' } } },
    responses: {
      People: {
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['people'],
              properties: { people: { type: 'array', items: { $ref: '#/components/schemas/Person' } }, next: { type: 'string' } },
            },
          },
        },
      },
      Refused: {
        content: {
          'application/json': { schema: { type: 'object', required: ['message'], properties: { message: { type: 'string' } } } },
        },
      },
    },
    schemas: {
      Named: { type: 'object', properties: { first: { type: 'string' }, last: { type: 'string' } } },
      NewPerson: {
        allOf: [
          { $ref: '#/components/schemas/Named' },
          {
            type: 'object',
            required: ['last'],
            properties: {
              age: { type: 'integer', nullable: true },
              extra: { type: 'object', additionalProperties: { type: 'string' } },
              free: { type: 'object' },
              sort: { oneOf: [{ type: 'string' }, { type: 'object', properties: { by: { type: 'string' } } }] },
              parents: { type: 'array', items: { $ref: '#/components/schemas/NewPerson' } },
            },
          },
        ],
      },
      Person: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'integer', format: 'int64' },
          last: { type: 'string' },
          age: { type: 'integer', nullable: true },
        },
      },
      Done: {
        type: 'object',
        properties: { data: { type: 'array', items: { type: 'object', properties: { code: { enum: ['OK'] } } } } },
      },
      NotDone: { type: 'object', properties: { code: { enum: ['BUSY'] } } },
    },
  },
}

export const described = (json: OpenApi): Description => new Description([new Document('lantern-people.json', json)])

interface Asked {
  body?: string
  headers?: Record<string, string>
  answer?: SandboxAnswer
}

export const JSON_BODY = { 'content-type': 'application/json; charset=utf-8' }
export const FORM_BODY = { 'content-type': 'application/x-www-form-urlencoded' }

/** One exchange, for `GET /crm/people?limit=1` and what goes with it. */
export const exchange = (line: string, { body = '', headers = {}, answer = { status: 204 } }: Asked = {}): Exchange => {
  const [method = '', target = ''] = line.split(' ')
  const { pathname, searchParams } = new URL(target, 'http://sandbox')
  const host = pathname.startsWith('/oauth') ? 'id.lantern.example' : 'api.lantern.example'
  return {
    request: { method, path: pathname, query: searchParams, headers: { 'x-forwarded-host': host, ...headers }, body },
    answer,
  }
}

/** What is wrong with one exchange, by the documents of lantern. */
export const wrongIn = (line: string, asked?: Asked): string[] =>
  verdictOn(described(lantern), [exchange(line, asked)]).violations
