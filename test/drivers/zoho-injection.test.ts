import t from 'tap'
import type { SandboxRequest } from '../../core/sandbox.ts'
import zoho from '../../drivers/zoho/driver.ts'
import { criteriaText, isPlain } from '../../drivers/zoho/literals.ts'
import startSandbox from '../../drivers/zoho/sandbox.ts'
import { type Condition, parseCoql, type Quoting } from '../../drivers/zoho/sandbox-coql.ts'
import { type Criteria, parseCriteria } from '../../drivers/zoho/sandbox-criteria.ts'
import type { ReadFields } from '../../schemas/verbs.ts'
import { connect, person, reference } from '../contract/connect.ts'

/** Beside those by hand; `npm run test:injection` takes 5,000. */
const MANY = Number(process.env.VOREL_HOSTILE_TEXTS ?? 200)
t.setTimeout(600_000) // of 5,000 texts some thirty thousand requests come
const QUOTINGS: Quoting[] = ['doubled', 'backslash']

/** By hand, a line each, parts apart by bars: what has broken out of statements elsewhere, and what this driver's own escapes could trip over. */
const LINES = String.raw`
'|''|\|\\|\'|'\|\''|"|""|;|--|/*|*/|#|,|,,|:|::|a:b|=|a=b|a#b|a b|  a  |a*|[a]|{a}|^|~|!|-|+|&|%|%%|%25|%27|%29or%28|_|*|?|<script>
' or '1'='1|'' or ''1''=''1|\' or 1=1 or id is not null --|' or Last_Name like '%|') or (id is not null|x' or Email like '%@%
x\' or Email like \'%|a'b''c'''d|' union select id from Leads where '1'='1|' limit 0, 2000|ADA or 1|O'Brien|o\'brien|d'Été
)|(|))|((|()|)(|)or(|)and(|) or (Email:starts_with:a|a)or(Last_Name:starts_with:A|\)or(Last_Name:starts_with:A|\\)or(Last_Name:starts_with:A
Ada),(x|Ada,Grace|a\|a\\|\,|\(|Last_Name:equals:Ada|a&fields=id|a&criteria=(id:equals:1)|../..|..|.|/|//|{{id}}
and|or|not|null|in|like|between|select|is not null|equals|starts_with|true|undefined|NaN|[object Object]|__proto__|constructor
’|＇|ʼ|）or（|名前|名|😀|👩‍👩‍👧|مرحبا|ß|İ`

const CORPUS = [
  ...LINES.trim().split(/[|\n]/),
  ...['a\tb', 'a\nb', 'a\r\nb', '\u00a0a\u00a0', '\u2028', '\u2029', '\u200b', '\u202e', '\u0301', '\ufeff', '`', '|', '||'],
  ...['x'.repeat(254), `'`.repeat(200), '\\'.repeat(201), ')or('.repeat(60), '('.repeat(255), '😀'.repeat(120)],
  ...['a'.repeat(5_000), `')`.repeat(3_000)],
]

const PIECES = [
  ...`'"\\(),:%*?-/!^[]{}&=<>|~+@.;az7ü名😀 \n\t\u2028\u200d\u0301ﬀ`,
  ...[
    `''`,
    '\\\\',
    ')or(',
    ')and(',
    ' or ',
    ' and ',
    'like',
    'is null',
    'in(',
    'Last_Name:equals:',
    `Email='`,
    'limit 1',
    'Ada',
    `'or'`,
  ],
  ...[`\\'`, '%27', '--'],
]

/** The same strings on every run. */
const generated = (count: number): string[] => {
  let state = 0x5eed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const one = () => Array.from({ length: 1 + next(next(12) === 0 ? 40 : 9) }, () => PIECES[next(PIECES.length)]).join('')
  return Array.from({ length: count }, one)
}

const NAMES: Record<string, string[]> = {
  Contacts: ['First_Name', 'Last_Name'],
  Leads: ['First_Name', 'Last_Name', 'Company'],
  Deals: ['Deal_Name'],
}

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right)

/** What is wrong with a request that should ask for `text` and nothing else; undefined: nothing. */
const faultOf = ({ method, path, query, body }: SandboxRequest, text: string): string | undefined => {
  if (path === '/crm/v8/coql') return coqlFault(JSON.parse(body).select_query, text)
  const [module = '', last] = path.slice('/crm/v8/'.length).split('/')
  if (method !== 'GET' || last !== 'search') return `${method} ${path} was not to be asked`
  const selectors = [...query].filter(([name]) => name !== 'fields' && name !== 'per_page')
  const [[name, value] = ['none', '']] = selectors
  if (selectors.length !== 1) return `${selectors.length} selectors`
  if (name === 'criteria') return criteriaFault(value, NAMES[module] ?? [], text)
  return value === text && (name === 'email' || name === 'word') ? undefined : `${name} is not the text`
}

/** Whether who is there is who was searched for: by the beginning of a name, or by nothing but words of it. */
const isMeant = (text: string): boolean => {
  const words = text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
  return ['ada lovelace', 'lovelace'].some((name) => name.startsWith(text.toLowerCase())) || words.every((word) => word === 'ada')
}

/** Under either way to quote, for nobody knows which is Zoho's. */
const coqlFault = (statement: string, text: string): string | undefined => {
  const leaf = (column: string): Condition => ({ column, operator: '=', values: [text] })
  const where: Condition = { connector: 'or', left: leaf('Email'), right: leaf('Secondary_Email') }
  for (const quoting of QUOTINGS) {
    try {
      const query = parseCoql(statement, quoting)
      if (!isSame(query.where, where)) return `COQL means something else where quotes are ${quoting}`
      if (query.limit !== 200 || query.offset !== 0 || query.order.length > 0) return 'COQL has another tail'
    } catch {
      return `COQL cannot be read where quotes are ${quoting}`
    }
  }
  return undefined
}

const criteriaFault = (criteria: string, fields: string[], text: string): string | undefined => {
  const leaves = fields.map((field): Criteria => ({ field, operator: 'starts_with', values: [text] }))
  const [only] = leaves
  const meant = leaves.length === 1 && only ? only : { connector: 'or', parts: leaves }
  try {
    return isSame(parseCriteria(criteria), meant) ? undefined : 'criteria mean something else'
  } catch {
    return 'criteria cannot be read'
  }
}

for (const [half, quoting] of QUOTINGS.entries())
  t.test(`no text changes the meaning of a statement, quotes being ${quoting}`, async (t) => {
    const crm = await connect(t, zoho, (options) => startSandbox({ ...options, variant: quoting === 'backslash' ? quoting : '' }))
    for (const object of ['contact', 'lead', 'deal']) {
      const ref = reference()
      await zoho.createRecord(crm.call(), {
        object,
        fields: person(zoho, object, { email: 'bait@example.test' }),
        reference: ref,
        idempotency_key: ref,
      })
    }
    const texts = [...CORPUS, ...generated(MANY).slice((half * MANY) / 2, ((half + 1) * MANY) / 2)]
    const asked = { coql: 0, criteria: 0, search: 0 }
    const wrong: string[] = []
    const { requests } = crm.sandbox
    const hold = async (ask: () => Promise<unknown>, text: string, what: string) => {
      const from = requests.length
      const answer = await ask().catch((error: unknown) => error)
      if (answer instanceof Error) wrong.push(`${what} of ${JSON.stringify(text)}: ${answer.message}`)
      for (const request of requests.slice(from)) {
        const kind = request.path.endsWith('/coql') ? 'coql' : request.query.has('criteria') ? 'criteria' : 'search'
        asked[kind] += 1
        const fault = faultOf(request, text)
        if (fault) wrong.push(`${what} of ${JSON.stringify(text)}: ${fault}`)
      }
      return answer
    }
    for (const [index, text] of texts.entries()) {
      const ctx = crm.call()
      const email = index % 2 ? text.trim() : `${text}@example.test`.trim()
      const found = await hold(() => zoho.lookupCustomer(ctx, { email }), email, 'lookup by e-mail')
      if (found !== null) wrong.push(`somebody was found by ${JSON.stringify(email)}`)
      const object = ['contact', 'lead', 'deal'][index % 3] ?? 'contact'
      const answer = await hold(() => zoho.searchRecords(ctx, { object, query: text, limit: 5 }), text.trim(), 'search')
      const { matches = [] } = answer as { matches?: { name: string | null }[] }
      if (matches.length && !isMeant(text.trim())) wrong.push(`a search for ${JSON.stringify(text)} found ${matches.length}`)
    }
    t.comment(`${texts.length} texts in ${asked.coql} queries, ${asked.criteria} criteria and ${asked.search} plain searches`)
    t.strictSame(wrong.slice(0, 10), [])
    t.ok(Math.min(asked.coql, asked.criteria, asked.search) > MANY / 10, 'each kind was asked')
  })

/** What is wrong with a request that should ask for who is asked for, whatever the names of fields; undefined: nothing. */
const faultOfNames = ({ path, query, body }: SandboxRequest, wheres: Set<string>): string | undefined => {
  const isSafe = (name: string) => /^[A-Za-z]\w*$/.test(name)
  if (!path.endsWith('/coql')) {
    const odd = [...query.keys()].filter(
      (name) => !/^(fields|ids|per_page|converted|email|phone|word|criteria|module)$/.test(name),
    )
    if (odd.length) return `parameters ${odd}`
    return query.get('fields')?.split(',').every(isSafe) === false ? `fields=${query.get('fields')}` : undefined
  }
  const statement: string = JSON.parse(body).select_query
  const [, columns = '', where = ''] = /^select (.*?) from (\w+ where .*)$/s.exec(statement) ?? []
  if (!columns.split(', ').every(isSafe)) return `the columns are ${columns}`
  return wheres.has(where) ? undefined : `the conditions are ${where}`
}

t.test(
  'no name of a wanted field changes the meaning of a request, and the record comes with nothing under that name',
  async (t) => {
    const crm = await connect(t, zoho, startSandbox)
    const ref = reference()
    await zoho.createRecord(crm.call(), {
      object: 'contact',
      fields: person(zoho, 'contact'),
      reference: ref,
      idempotency_key: ref,
    })
    const since = new Date(Date.now() - 3_600_000).toISOString()
    const asks = [
      async (read?: ReadFields) =>
        (await zoho.lookupCustomer(crm.call(), { email: 'ada@example.test', ...(read && { read }) }))?.customers,
      async (read?: ReadFields) =>
        (await zoho.lookupCustomer(crm.call(), { phone: '+14155550100', ...(read && { read }) }))?.customers,
      async (read?: ReadFields) =>
        (await zoho.searchRecords(crm.call(), { object: 'contact', query: 'Lovelace', limit: 5, ...(read && { read }) })).matches,
      async (read?: ReadFields) =>
        (await zoho.listRecent(crm.call(), { object: 'contact', since, limit: 5, ...(read && { read }) })).records,
    ]
    for (const ask of asks) await ask()
    const { requests } = crm.sandbox
    const wheres = new Set(
      requests.flatMap(({ path, body }) =>
        path.endsWith('/coql') ? [String(/ from (.*)$/s.exec(JSON.parse(body).select_query)?.[1])] : [],
      ),
    )
    const names = [
      ...CORPUS,
      ...generated(MANY),
      'Email, (select id from Leads) x',
      'Account_Name.Account_Name',
      'count(id)',
      'id as Email',
      '*',
    ]
    const wrong: string[] = []
    for (const [index, name] of names.entries()) {
      const from = requests.length
      const field = index % 3 ? name : `Email,${name}`
      const found = await asks[index % asks.length]?.({ contact: [{ field, type: 'string' }], lead: [{ field, type: 'string' }] })
      const [record] = found ?? []
      if (!record?.fields || !Object.hasOwn(record.fields, field) || record.fields[field] !== null)
        wrong.push(`${JSON.stringify(field)} gave ${JSON.stringify(record)}`)
      for (const request of requests.slice(from)) {
        const fault = faultOfNames(request, wheres)
        if (fault) wrong.push(`${JSON.stringify(field)}: ${fault}`)
      }
    }
    t.strictSame(wrong.slice(0, 10), [])
    t.ok(
      faultOfNames(
        {
          ...requests[0],
          path: '/coql',
          body: JSON.stringify({ select_query: 'select id, Email or 1 from Leads where x' }),
        } as SandboxRequest,
        wheres,
      ),
      'the reader can tell',
    )
  },
)

t.test('a lookup by a phone that is none asks nothing', async (t) => {
  const crm = await connect(t, zoho, startSandbox)
  const from = crm.sandbox.requests.length
  for (const phone of CORPUS) t.equal(await zoho.lookupCustomer(crm.call(), { phone }), null)
  t.equal(crm.sandbox.requests.length, from)
})

t.test('the readers can tell: a text put in as it stands is seen', async (t) => {
  const naive = `select id from Contacts where (Email = 'x' or Email like '%' or Secondary_Email = 'x') limit 200`
  t.ok(coqlFault(naive, `x' or Email like '%`))
  t.ok(coqlFault(`select id from Leads where (Email = 'a' or Secondary_Email = 'b') limit 200`, 'a'))
  t.ok(criteriaFault('((First_Name:starts_with:a)or(Last_Name:starts_with:A))', ['First_Name'], 'a)or(Last_Name:starts_with:A'))
  t.ok(criteriaFault('(Deal_Name:starts_with:a,b)', ['Deal_Name'], 'a,b'), 'two values')
  t.equal(criteriaFault(`(Deal_Name:starts_with:${criteriaText('a,b')})`, ['Deal_Name'], 'a,b'), undefined)
})

t.test('a text is plain where no way to quote gives a part of it a meaning', async (t) => {
  for (const text of [`o'brien@example.test`, 'a\\b', 'a"b', 'a\nb', 'a\u2028b', 'a\u0000b'])
    t.notOk(isPlain(text), JSON.stringify(text).replace('\u2028', '\\u2028')) // which TAP takes for a line's end
  for (const text of ['ada@example.test', '+14155550100', '(415) 555-0100', 'ü名', 'a%b_c']) t.ok(isPlain(text), text)
})
