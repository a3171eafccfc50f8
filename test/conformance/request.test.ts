import t from 'tap'
import { FORM_BODY, JSON_BODY, wrongIn } from './lantern.ts'

const posted = (body: unknown) => wrongIn('POST /crm/people', { headers: JSON_BODY, body: JSON.stringify(body) })
const PRACTICE = { 'x-practice': '7' }

t.test('what documents declare passes', async (t) => {
  const list = '/crm/people?limit=5&archived=true&ids=1&ids=2&tags=3,4&since=2026-01-01T00:00:00Z'
  t.strictSame(wrongIn(`GET ${list}`), [])
  t.strictSame(wrongIn('GET /crm/people/576460752303423488', { headers: PRACTICE }), [])
  t.strictSame(wrongIn('DELETE /crm/people/5'), [])
  t.strictSame(wrongIn('GET /crm/people/search?q='), [])
  t.strictSame(posted({ first: 'Ada', last: 'L', age: null, extra: { any: 'x' }, free: { any: [1] }, sort: { by: 'x' } }), [])
  t.strictSame(posted({ last: 'L', sort: 'x', parents: [{ last: 'M', parents: [] }] }), [])
  t.strictSame(wrongIn('POST /oauth/token', { headers: FORM_BODY, body: 'grant_type=refresh_token&ids=1,2&days=3' }), [])
})

t.test('an address that is not declared is told, without what may be a value in it', async (t) => {
  t.strictSame(wrongIn('GET /crm/v3/animals/ada@example.test/2026-09/77'), [
    'GET /crm/v3/animals/…/2026-09/…: the path is not declared',
  ])
  t.strictSame(wrongIn('GET /crm/people/5/notes'), ['GET /crm/people/…/notes: the path is not declared'])
  t.strictSame(wrongIn('GET /people'), ['GET /people: the path is not declared'], 'the path of the server belongs to it')
  t.strictSame(wrongIn('PUT /crm/people/5'), ['PUT /crm/people/…: the method is not declared, GET, DELETE is'])
})

t.test('a word that is spelled at a place is no parameter there', async (t) => {
  t.strictSame(wrongIn('DELETE /crm/people/search'), ['DELETE /crm/people/search: the method is not declared, GET is'])
})

t.test('a request goes to a host that the document names', async (t) => {
  const told = 'POST /oauth/token: host api.lantern.example is not declared, id.lantern.example, id.lantern.eu is'
  const token = { ...FORM_BODY, 'x-forwarded-host': 'api.lantern.example' }
  t.strictSame(wrongIn('POST /oauth/token', { headers: token, body: 'grant_type=refresh_token' }), [told])
  const eu = { ...FORM_BODY, 'x-forwarded-host': 'id.lantern.eu' }
  t.strictSame(wrongIn('POST /oauth/token', { headers: eu, body: 'grant_type=refresh_token' }), [])
  t.match(wrongIn('DELETE /crm/people/5', { headers: { 'x-forwarded-host': '' } }), [/host {2}is not declared/])
})

t.test('query parameters are declared, well typed, given once, and there where required', async (t) => {
  const query = (text: string) =>
    wrongIn(`GET /crm/people?${text}`).map((line) => line.replace('GET /crm/people: query parameter ', ''))
  t.strictSame(query('colour=red'), ["'colour' is not declared"])
  t.strictSame(query('limit=ten'), ["'limit': must be integer"])
  t.strictSame(query('limit=1.5'), ["'limit': must be integer"])
  t.strictSame(query('limit='), ["'limit': must be integer"])
  t.strictSame(query('limit=101'), ["'limit': must be <= 100"])
  t.strictSame(query('limit=1&limit=2'), ["'limit': must be integer"])
  t.strictSame(query('archived=1'), ["'archived': must be boolean"])
  t.strictSame(query('ids=1,2'), ["'ids': /*: must be integer"], 'a list that is said to be repeated')
  t.strictSame(query('tags=1,b'), ["'tags': /*: must be integer"])
  t.strictSame(query('since=yesterday'), ['\'since\': must match format "date-time"'])
  t.strictSame(wrongIn('GET /crm/people/search'), ["GET /crm/people/search: query parameter 'q' is missing"])
})

t.test('parameters of the path and required headers are held to their types', async (t) => {
  t.strictSame(wrongIn('DELETE /crm/people/ada'), ["DELETE /crm/people/{id}: path parameter 'id': must be integer"])
  t.strictSame(wrongIn('DELETE /crm/people/'), ["DELETE /crm/people/{id}: path parameter 'id' is empty"])
  t.strictSame(wrongIn('GET /crm/people/5'), ["GET /crm/people/{id}: header parameter 'X-Practice' is missing"])
  t.strictSame(wrongIn('GET /crm/people/5', { headers: { 'x-practice': 'x' } }), [
    "GET /crm/people/{id}: header parameter 'X-Practice': must be integer",
  ])
})

t.test('members of a body that are not described are refused, however deep', async (t) => {
  t.strictSame(posted({ last: 'L', colour: 'red' }), ["POST /crm/people: body 'colour' is not described"])
  t.strictSame(posted({ last: 'L', parents: [{ last: 'M' }, { last: 'N', colour: 'red' }] }), [
    "POST /crm/people: body /parents/*: 'colour' is not described",
  ])
  t.strictSame(posted({ last: 'L', sort: { by: 'x', colour: 'red' } }), [
    "POST /crm/people: body /sort: 'colour' is not described",
  ])
})

t.test('members of a body have their types, and the required ones are there', async (t) => {
  t.match(posted({ first: 'Ada' }), ["POST /crm/people: body must have required property 'last'"])
  t.strictSame(posted({ last: null }), ['POST /crm/people: body /last: must be string'])
  t.strictSame(posted({ last: 'L', age: '36' }), ['POST /crm/people: body /age: must be integer'])
  t.strictSame(posted({ last: 'L', extra: { any: 1 } }), ['POST /crm/people: body /extra/any: must be string'])
})

t.test('a body is of a declared type, readable, there where required, and nowhere else', async (t) => {
  const wrong = (headers: Record<string, string>, body: string, line = 'POST /crm/people') => wrongIn(line, { headers, body })
  t.strictSame(wrong(FORM_BODY, 'last=L'), [
    "POST /crm/people: content type 'application/x-www-form-urlencoded' is not declared, application/json is",
  ])
  t.strictSame(wrong({}, '{}'), ["POST /crm/people: content type '' is not declared, application/json is"])
  t.strictSame(wrong(JSON_BODY, '{'), ['POST /crm/people: body is not JSON'])
  t.strictSame(wrong(JSON_BODY, ''), ['POST /crm/people: body is missing'])
  t.strictSame(wrong(FORM_BODY, '', 'DELETE /crm/people/5'), [])
  t.strictSame(wrong(JSON_BODY, '{}', 'DELETE /crm/people/5'), ['DELETE /crm/people/{id}: no body is declared'])
})

t.test('fields of a form are held to the schema as what their texts mean', async (t) => {
  const form = (body: string) =>
    wrongIn('POST /oauth/token', { headers: FORM_BODY, body }).map((line) => line.split(': body ')[1])
  t.strictSame(form('grant_type=refresh_token&colour=red'), ["'colour' is not described"])
  t.strictSame(form('grant_type=password'), ['/grant_type: must be equal to one of the allowed values'])
  t.strictSame(form('days=1'), ["must have required property 'grant_type'"])
  t.strictSame(form(''), ["must have required property 'grant_type'"], 'a form without fields')
  t.strictSame(form('grant_type=refresh_token&days=soon'), ['/days: must be integer'])
  t.strictSame(form('grant_type=refresh_token&ids=1&ids=x'), ['/ids/*: must be integer'])
})
