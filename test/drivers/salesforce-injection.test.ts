import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { isVorelError } from '../../core/errors.ts'
import type { SandboxRequest } from '../../core/sandbox.ts'
import salesforce from '../../drivers/salesforce/driver.ts'
import { type Condition, type Literal, parseSoql, type Select } from '../../drivers/salesforce/sandbox-soql.ts'
import { type Find, parseSosl, type Term } from '../../drivers/salesforce/sandbox-sosl.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import type { ReadFields } from '../../schemas/verbs.ts'
import { bestOf } from '../contract/connect.ts'
import { hostileTexts } from './salesforce/hostile.ts'
import { askedBy, create, open, statementsIn } from './salesforce/open.ts'

const SEED = 20261123
/** `npm run test:injection` takes 5,000. */
const COUNT = Number(process.env.VOREL_HOSTILE_TEXTS ?? 200)
const LONGEST_SEARCH = 500
const LONGEST_EMAIL = 80

/** A statement, taken apart: what it does, and the texts in it. */
interface Apart {
  shape: unknown
  texts: Literal[]
}

const conditionApart = (condition: Condition | null, texts: Literal[]): unknown => {
  if (!condition) return null
  const kept = (literal: Literal) => (literal.kind === 'string' ? `text ${texts.push(literal) && ''}` : literal)
  switch (condition.kind) {
    case 'compare':
      return { ...condition, value: kept(condition.value) }
    case 'in':
      return { ...condition, values: condition.values.map(kept) }
    case 'not':
      return { not: conditionApart(condition.inner, texts) }
    default:
      return { [condition.kind]: condition.parts.map((part) => conditionApart(part, texts)) }
  }
}

const soqlApart = (statement: string): Apart => {
  const texts: Literal[] = []
  const { where, ...select }: Select = parseSoql(statement)
  return { shape: { ...select, where: conditionApart(where, texts) }, texts }
}

/** The phrases of a search where all of them are meant; undefined for any other search. */
const phrasesOf = (term: Term): string[] | undefined => {
  if (term.kind === 'phrase') return [term.text]
  if (term.kind !== 'and') return undefined
  const [left, right] = [phrasesOf(term.left), phrasesOf(term.right)]
  return left && right && [...left, ...right]
}

const soslApart = (statement: string): { shape: unknown; phrases: string[] | undefined } => {
  const { term, returning, ...find }: Find = parseSosl(statement)
  const parts = returning.map(({ where, ...part }) => ({ ...part, where: conditionApart(where, []) }))
  return { shape: { ...find, returning: parts }, phrases: phrasesOf(term) }
}

const exactly = (literal: Literal | undefined): string | null => (literal?.kind === 'string' ? literal.text : null)

/** The text that a LIKE looks for the beginning of; null where it holds a wildcard of its own. */
const begun = (literal: Literal | undefined): string | null => {
  if (literal?.kind !== 'string') return null
  const last = literal.letters.at(-1)
  const rest = literal.letters.slice(0, -1)
  const isWild = ({ char, isLiteral }: { char: string; isLiteral: boolean }) => !isLiteral && (char === '%' || char === '_')
  return last && isWild(last) && !rest.some(isWild) ? rest.map(({ char }) => char).join('') : null
}

const split = (statements: string[]) => ({
  soql: statements.filter((statement) => statement.startsWith('SELECT')).sort(),
  sosl: statements.filter((statement) => statement.startsWith('FIND')),
})

/** Words as an index knows them, by another way than the driver's. */
const words = (text: string): string[] =>
  [...text.matchAll(/\S+/g)].map(([word]) => word).filter((word) => /\p{L}|\p{N}/u.test(word))
const letters = (list: string[]): number => list.join('').replaceAll(/[^\p{L}\p{N}]/gu, '').length

const report = (t: Test, wrong: string[]) => {
  t.strictSame(
    wrong.slice(0, 5).map((text) => JSON.stringify(text).slice(0, 200).replaceAll('\u2028', '\\u2028')),
    [],
  )
}

const texts = hostileTexts(COUNT, SEED)

t.setTimeout(400_000)

t.test('there are that many texts, and they are not all alike', async (t) => {
  t.equal(texts.length, COUNT)
  t.ok(new Set(texts).size > COUNT * 0.8)
})

t.test('whatever an e-mail address says, it is compared with, and nothing else is asked', { timeout: 300_000 }, async (t) => {
  const crm = await open(t)
  await create(crm, 'contact', { FirstName: 'Quirin', LastName: 'Wolkow', Email: 'quirin@wolkow.example', Phone: '+14155550100' })
  await create(crm, 'lead', { LastName: 'Wolkow', Email: 'lead@wolkow.example' })
  const ctx = crm.call({ deadlineMs: 280_000 })
  const usual = split(
    statementsIn(await askedBy(crm, () => salesforce.lookupCustomer(ctx, { email: 'nobody@example.test' }))),
  ).soql
  const shapes = usual.map((statement) => soqlApart(statement).shape)
  t.equal(shapes.length, 2)
  const wrong: string[] = []
  for (const email of texts) {
    let found: unknown
    const asked = statementsIn(await askedBy(crm, async () => (found = await salesforce.lookupCustomer(ctx, { email }))))
    const isAsked = email.trim() !== '' && email.trim().length <= LONGEST_EMAIL
    const apart = split(asked).soql.map(soqlApart)
    const isRight =
      found === null &&
      asked.length === (isAsked ? 2 : 0) &&
      apart.every(
        ({ shape, texts: [first, ...more] }, at) =>
          isDeepStrictEqual(shape, shapes[at]) && more.length === 0 && exactly(first) === email.trim(),
      )
    if (!isRight) wrong.push(email)
  }
  report(t, wrong)
})

t.test(
  'whatever is searched for is words and the beginning of a name, and nothing else is asked',
  { timeout: 300_000 },
  async (t) => {
    const crm = await open(t)
    await create(crm, 'lead', {
      FirstName: 'Quirin',
      LastName: 'Wolkow',
      Company: 'Wolkow & Sons',
      Email: 'quirin@wolkow.example',
    })
    const ctx = crm.call({ deadlineMs: 280_000 })
    const search = (query: string) => salesforce.searchRecords(ctx, { object: 'lead', query, limit: 7 })
    const usual = split(statementsIn(await askedBy(crm, () => search('Usual'))))
    const select = soqlApart(usual.soql[0] ?? '').shape
    const find = soslApart(usual.sosl[0] ?? '').shape
    const wrong: string[] = []
    for (const query of texts) {
      let answer: unknown
      const asked = split(
        statementsIn(await askedBy(crm, async () => (answer = await search(query).catch((error: unknown) => error)))),
      )
      const text = query.trim()
      if (text.length > LONGEST_SEARCH) {
        if (!isVorelError(answer) || answer.code !== 'invalid_request' || asked.soql.length + asked.sosl.length > 0)
          wrong.push(query)
        continue
      }
      const [soql, sosl] = [asked.soql.map(soqlApart), asked.sosl.map(soslApart)]
      const expected = words(text)
      const isRight =
        isDeepStrictEqual(answer, { matches: [] }) &&
        soql.length === (text === '' ? 0 : 1) &&
        soql.every(({ shape, texts: [name, last, company, email, ...more] }) => {
          const names = [name, last, company].map(begun)
          return (
            isDeepStrictEqual(shape, select) &&
            more.length === 0 &&
            names.every((begins) => begins === text) &&
            exactly(email) === text
          )
        }) &&
        sosl.length === (letters(expected) >= 2 ? 1 : 0) &&
        sosl.every(({ shape, phrases }) => isDeepStrictEqual(shape, find) && isDeepStrictEqual(phrases, expected))
      if (!isRight) wrong.push(query)
    }
    report(t, wrong)
  },
)

t.test('a phone number is digits, and an id is an id, whatever stands around them', async (t) => {
  const crm = await open(t)
  const ctx = crm.call({ deadlineMs: 100_000 })
  const wrong: string[] = []
  for (const text of texts.slice(0, 400)) {
    const given = [{ external_id: text }, { phone: `+14155550100${text}` }, { phone: text }]
    const asked = await askedBy(crm, () => Promise.all(given.map((key) => salesforce.lookupCustomer(ctx, key).catch(() => null))))
    const { soql, sosl } = split(statementsIn(asked))
    const isDigits = sosl.every((statement) =>
      /^FIND \{"\d+"(?: OR "\d+")*\} IN PHONE FIELDS RETURNING [\w(), =]+ LIMIT 50$/.test(statement),
    )
    const isNumbers = soql.every((statement) =>
      soqlApart(statement).texts.every((literal) => /^[+\d() .-]+$/.test(exactly(literal) ?? '')),
    )
    if (!isDigits || !isNumbers || asked.some(({ path }) => !/\/(query|search)$/.test(path))) wrong.push(text)
  }
  report(t, wrong)
})

/** A field may be gone from each of these, and is told of one at a time. */
const OBJECTS = 2

/** What is selected of each object in a request, and all the rest of what is asked. */
const selectionsOf = ({ path, query }: SandboxRequest): { selected: string[][]; rest: unknown } => {
  const statement = query.get('q')
  if (statement === null) return { selected: [query.get('fields')?.split(',') ?? []], rest: [path, [...query.keys()]] }
  if (statement.startsWith('SELECT')) {
    const { fields, where, ...rest } = parseSoql(withoutMoments(statement))
    return { selected: [fields], rest: { ...rest, where } }
  }
  const { returning, ...rest } = parseSosl(statement)
  return {
    selected: returning.map(({ fields }) => fields),
    rest: { ...rest, returning: returning.map(({ fields: _, ...more }) => more) },
  }
}

const withoutMoments = (statement: string): string => statement.replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '2026-01-01T00:00:00Z')

t.test(
  'whatever stands for a field to read, it is a name and selected, or it is not asked for',
  { timeout: 300_000 },
  async (t) => {
    const crm = await open(t)
    const key = { email: 'quirin@wolkow.example', phone: '+14155550100' }
    const { external_id } = await create(crm, 'contact', {
      FirstName: 'Quirin',
      LastName: 'Wolkow',
      Email: key.email,
      Phone: key.phone,
    })
    const ctx = crm.call({ deadlineMs: 280_000 })
    const since = new Date(Date.now() - 3_600_000).toISOString()
    const ways: ((read: ReadFields) => Promise<CrmRecord | null | undefined>)[] = [
      async (read) => bestOf(await salesforce.lookupCustomer(ctx, { email: key.email, read })),
      async (read) => bestOf(await salesforce.lookupCustomer(ctx, { phone: key.phone, read })),
      async (read) => bestOf(await salesforce.lookupCustomer(ctx, { external_id, read })),
      async (read) => (await salesforce.searchRecords(ctx, { object: 'contact', query: 'Quirin', limit: 2, read })).matches[0],
      async (read) => (await salesforce.listRecent(ctx, { object: 'contact', since, limit: 2, read })).records[0],
    ]
    const wrong: string[] = []
    for (const way of ways) {
      const usual = (await askedBy(crm, () => way({}))).map(selectionsOf)
      const isUsual = ({ selected, rest }: ReturnType<typeof selectionsOf>, name: string) =>
        usual.some(
          (known) =>
            isDeepStrictEqual(known.rest, rest) &&
            isDeepStrictEqual(
              known.selected,
              selected.map((fields) => (fields.at(-1) === name ? fields.slice(0, -1) : fields)),
            ),
        )
      for (const name of texts) {
        const read = [{ field: name, type: 'string' as const }]
        let found: CrmRecord | null | undefined
        const asked = await askedBy(crm, async () => {
          found = await way({ contact: read, lead: read }).catch(() => undefined)
        })
        const isEmpty = found?.external_id === external_id && isDeepStrictEqual(found.fields, { [name]: null })
        if (
          !isEmpty ||
          asked.length > (1 + OBJECTS) * usual.length ||
          !asked.map(selectionsOf).every((one) => isUsual(one, name))
        )
          wrong.push(name)
      }
    }
    report(t, wrong)
  },
)

t.test(
  'the comparison can tell: without an escape a condition gets in, and one of the quote alone breaks the statement',
  async (t) => {
    const statement = (literal: string) => `SELECT Id FROM Contact WHERE Email = ${literal} LIMIT 1`
    const usual = soqlApart(statement("'nobody@example.test'"))
    const open = soqlApart(statement("'' OR Id != null OR Name = ''"))
    t.notOk(isDeepStrictEqual(open.shape, usual.shape))
    t.match(open.shape, { where: { or: [{ field: 'Email' }, { field: 'Id', operator: '!=' }, { field: 'Name' }] } })
    const quoteOnly = (text: string) => `'${text.replaceAll("'", "\\'")}'`
    t.throws(() => soqlApart(statement(quoteOnly("\\' OR Id != null OR Name='"))), { message: /unexpected token/ })
  },
)
