import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Document, documentsOf } from './documents.ts'
import { described, exchange, lantern } from './lantern.ts'
import { Description, isServed } from './match.ts'
import { summary, verdictOn } from './verdict.ts'

t.test('what is checked is counted, and what no document describes is counted apart', async (t) => {
  const verdict = verdictOn(described(lantern), [
    exchange('GET /crm/people', { answer: { status: 200, body: { people: [] } } }),
    exchange('GET /crm/people/5', { headers: { 'x-practice': '7' }, answer: { status: 503, body: 'down' } }),
    exchange('GET /oauth/authorize?any=thing', { answer: { status: 302 } }),
  ])
  t.strictSame(verdict, { requests: 2, answers: 1, undescribed: 1, namedOnly: 1, uncovered: 0, violations: [] })
  t.equal(
    summary(verdict, 3),
    '2 requests and 1 answers checked against 3 documents, 1 answers of a status that none describes, 1 requests to addresses of the sign-in that none describes',
  )
})

t.test('an address of the sign-in that is described is checked like any other', async (t) => {
  t.match(verdictOn(described(lantern), [exchange('GET /oauth/token')]), { requests: 1, namedOnly: 0, violations: [/method/] })
})

t.test('what is known to be in no document is counted apart, by its method and path and no other', async (t) => {
  const known = new Description([new Document('a', lantern)], ['PUT /crm/people/{id}/friends/{id}'])
  const asked = exchange('GET /crm/people', { answer: { status: 200, body: { people: [] } } })
  const verdict = verdictOn(known, [asked, exchange('PUT /crm/people/5/friends/6')])
  t.match(verdict, { requests: 1, uncovered: 1, violations: [] })
  t.match(summary(verdict, 1), /, 1 requests known to be in none of them$/)
  for (const other of [
    'GET /crm/people/5/friends/6',
    'PUT /crm/people/5/friends',
    'PUT /crm/people/5/friends/',
    'PUT /crm/people/5/foes/6',
  ])
    t.match(verdictOn(known, [exchange(other)]), { uncovered: 0, violations: [/not declared/] }, other)
})

t.test('what is said to be in no document and is in one is judged, and the saying is a violation', async (t) => {
  const stale = new Description([new Document('a', lantern)], ['DELETE /crm/people/{id}'])
  const { violations, uncovered } = verdictOn(stale, [exchange('DELETE /crm/people/a')])
  t.equal(uncovered, 0)
  t.match(violations, [/listed as uncovered, and a document describes it/, /must be integer/])
})

t.test('a check of nothing is a violation', async (t) => {
  t.match(verdictOn(described(lantern), []).violations, [/nothing was checked/])
  t.match(verdictOn(described(lantern), [exchange('GET /oauth/authorize')]).violations, [/nothing was checked/])
})

t.test('the same violation is told once, with its number', async (t) => {
  const wrong = [exchange('DELETE /crm/people/a'), exchange('DELETE /crm/people/b')]
  t.strictSame(verdictOn(described(lantern), wrong).violations, [
    "DELETE /crm/people/{id}: path parameter 'id': must be integer (2 times)",
  ])
})

t.test('no value of a request or an answer is in what is told', async (t) => {
  const secret = 'adaloveless'
  const { violations } = verdictOn(described(lantern), [
    exchange(`GET /crm/people?limit=${secret}&since=${secret}`, { answer: { status: 200, body: { people: [{ id: secret }] } } }),
    exchange(`DELETE /crm/people/${secret}`),
    exchange('POST /crm/people', { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ last: [secret] }) }),
  ])
  t.equal(violations.length, 5)
  t.notMatch(violations.join(), secret)
})

t.test('where several documents describe the same, it is enough to keep to one', async (t) => {
  const other = { ...lantern, paths: { '/people/{name}': { delete: { responses: {} } } } }
  const both = new Description([new Document('a', lantern), new Document('b', other)])
  t.strictSame(verdictOn(both, [exchange('DELETE /crm/people/ada')]).violations, [])
})

t.test('a bare domain stands for the hosts of every data centre, any other name for itself', async (t) => {
  for (const host of ['lantern.com', 'www.lantern.com', 'www.lantern.eu', 'sandbox.lantern.com.au'])
    t.ok(isServed('lantern.com', host), host)
  for (const host of ['accounts.lantern-id.com', 'notlantern.com', 'lantern.com.evil.example', 'www.other.com'])
    t.notOk(isServed('lantern.com', host), host)
  t.notOk(isServed('api.lantern.com', 'api.lantern.eu'))
  t.notOk(isServed('api.lantern.com', 'www.api.eu'))
})

t.test('documents are a provider’s by the name of their file', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'documents-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const file of ['lantern-people.json', 'lantern-oauth.json', 'lanterns-people.json', 'lantern-notes.md'])
    writeFileSync(join(folder, file), JSON.stringify(lantern))
  t.strictSame(
    documentsOf(folder, 'lantern').map(({ name }) => name),
    ['lantern-oauth.json', 'lantern-people.json'],
  )
})
