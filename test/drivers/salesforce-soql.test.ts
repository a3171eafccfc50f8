import t from 'tap'
import { likePattern } from '../../drivers/salesforce/sandbox-query.ts'
import { parseSoql } from '../../drivers/salesforce/sandbox-soql.ts'
import { parseSosl } from '../../drivers/salesforce/sandbox-sosl.ts'
import { anyOf, beginning, find, names, nothing, part, soql, sosl, wordsOf } from '../../drivers/salesforce/soql.ts'

t.test('a backslash is doubled before a quote gets its own', async (t) => {
  t.equal(soql`WHERE Name = ${"O'Brien"}`, "WHERE Name = 'O\\'Brien'")
  t.equal(soql`${'\\'}`, "'\\\\'")
  t.equal(soql`${"\\'"}`, "'\\\\\\''")
  t.equal(soql`${'a\nb\r\tc'}`, "'a\\nb\\r\\tc'")
})

t.test('each value is written by its type', async (t) => {
  t.equal(soql`x IN ${["a'b", 'c']}`, "x IN ('a\\'b', 'c')")
  t.equal(
    soql`x >= ${new Date('2026-11-22T10:00:00.999Z')}`,
    'x >= 2026-11-22T10:00:00Z',
    'rounded down, so that the moment is in',
  )
  t.equal(soql`LIMIT ${5}`, 'LIMIT 5')
  t.equal(soql`${part`A = ${'x'}`}${nothing}`, "A = 'x'")
  t.throws(() => soql`LIMIT ${1.5}`)
})

t.test('names are identifiers, and nothing else gets in as one', async (t) => {
  t.equal(soql`SELECT ${names(['Id', 'Vorel_Key__c'])}`, 'SELECT Id, Vorel_Key__c')
  for (const odd of ['Id FROM User', "Name'", '', 'Na-me', '1st', 'Id,Name', '(SELECT Id FROM Contacts)'])
    t.throws(() => names([odd]), { message: /identifier/ }, JSON.stringify(odd))
  t.throws(() => names([]))
  t.throws(() => anyOf([]))
})

t.test('in LIKE a percent sign and an underscore are themselves', async (t) => {
  t.equal(soql`LIKE ${beginning("50%_'\\")}`, "LIKE '50\\%\\_\\'\\\\%'")
  const { where } = parseSoql(soql`SELECT Id FROM Lead WHERE Name LIKE ${beginning('a%b_c\\')}`)
  if (where?.kind !== 'compare' || where.value.kind !== 'string') return t.fail('it is no comparison with a text')
  const pattern = likePattern(where.value)
  t.ok(pattern.test('A%b_c\\ and more'))
  t.notOk(pattern.test('axxb_c\\'))
  t.notOk(pattern.test('a%bxc\\'))
})

t.test('every reserved character of a search has a backslash, and words are in quotes', async (t) => {
  const reserved = '?&|!{}[]()^~*:\\"\'+-'
  t.equal(sosl`FIND ${find([`a${reserved}`], 'AND')}`, `FIND {"a${[...reserved].map((char) => `\\${char}`).join('')}"}`)
  t.equal(sosl`FIND ${find(['AND', 'NOT'], 'OR')}`, 'FIND {"AND" OR "NOT"}')
  const { term } = parseSosl(sosl`FIND ${find([`a${reserved}`, 'OR'], 'AND')} RETURNING Contact`)
  t.match(term, { kind: 'and', left: { kind: 'phrase', text: `a${reserved}` }, right: { kind: 'phrase', text: 'OR' } })
  t.throws(() => find([], 'AND'))
})

t.test('marks alone are no words', async (t) => {
  t.strictSame(wordsOf('  Ada  -  "Lovelace" % 你 😀 1'), ['Ada', '"Lovelace"', '你', '1'])
})

t.test('the sandbox reads SOQL as Salesforce does', async (t) => {
  const bad = (statement: string) =>
    t.throws(() => parseSoql(statement), { name: 'Error', message: /token|sequence|alternative/ }, statement)
  bad("SELECT Id FROM Lead WHERE Name = '\\x'")
  bad("SELECT Id FROM Lead WHERE Name = '\\%'")
  bad("SELECT Id FROM Lead WHERE A = 'x' AND B = 'y' OR C = 'z'")
  bad("SELECT Id FROM Lead WHERE A = 'x")
  bad('SELECT Id FROM Lead LIMIT many')
  bad("SELECT Id FROM Lead; DELETE FROM Lead WHERE Id = ''")
  t.match(parseSoql("SELECT Id FROM Lead WHERE Name = '\\u0041\\n'"), { where: { value: { text: 'A\n' } } })
})
