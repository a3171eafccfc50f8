import t from 'tap'
import { CommandLine, keepDatabase, openFolder } from './command.ts'

const dir = await openFolder(t)
await keepDatabase(t, dir)
const vorel = new CommandLine({ VOREL_DATA_DIR: dir })
const { ready: sandbox } = await vorel.serve<{ url: string; credentials: { api_key: string } }>(t, ['sandbox', 'memory'])
const column = (method: string, path: string, body?: object) =>
  fetch(`${sandbox.url}/leads/columns${path}`, {
    method,
    headers: { authorization: `Bearer ${sandbox.credentials.api_key}` },
    ...(body && { body: JSON.stringify(body) }),
  })
const rows = async () => {
  const answer = await fetch(`${sandbox.url}/leads`, { headers: { authorization: `Bearer ${sandbox.credentials.api_key}` } })
  return ((await answer.json()) as { rows: object[] }).rows
}

await vorel.json(['tenants', 'create', 'acme'])
const connect = ['connect', 'acme', 'memory', '--set', `url=${sandbox.url}`, '--secret', 'api_key=-']
await vorel.json(connect, sandbox.credentials.api_key)
const CHOICES = ['North', 'South', 'East', 'West', 'Centre'].map((title) => ({ value: title[0], title }))
await column('POST', '', { name: 'x_area', title: 'Area', type: 'option', choices: CHOICES })
await column('POST', '', { name: 'rank', title: 'Rank', type: 'number', read_only: true, custom: false })

t.test('fields are a table for people, with how old it is on the side', async (t) => {
  const { code, stdout, stderr } = await vorel.run(['fields', 'acme', 'lead'])
  t.equal(code, 0, stderr)
  t.match(stdout, /^FIELD +LABEL +TYPE +REQUIRED +WRITABLE +CUSTOM +OPTIONS$/m)
  t.match(stdout, /^lead\.x_area +Area +option +no +yes +yes +North, South, East, West, and 1 more$/m)
  t.match(stdout, /^lead\.rank +Rank +number +no +no +no +-$/m)
  t.match(stderr, /said so just now/)
  await column('PATCH', '/x_area', { title: 'District' })
  t.match(await vorel.json(['fields', 'acme', 'lead']), { provider: 'memory', object: 'lead', is_open: false })
  t.match((await vorel.run(['fields', 'acme', 'lead', '--refresh'])).stdout, /^lead\.x_area +District/m)
})

t.test('a mapping is set with its direction, and listed with what the CRM calls the field', async (t) => {
  const { code, stderr } = await vorel.run(['map', 'set', 'acme', 'lead.rank', 'lead.rank'])
  t.equal(code, 1)
  t.match(stderr, /--direction read/)
  const set = await vorel.run(['map', 'set', 'acme', 'lead.rank', 'lead.rank', '--direction', 'read'])
  t.equal(set.stdout, "lead.rank of 'acme' is read from lead.rank (number).\n")
  t.equal((await vorel.run(['map', 'set', 'acme', 'lead.name', 'lead.budget'])).code, 1)
  t.equal((await vorel.run(['map', 'set', 'acme', 'lead.name', 'lead.budget', '--type', 'number'])).code, 0)
  t.equal((await vorel.run(['map', 'set', 'acme', 'lead.x', 'lead.name', '--type', 'colour'])).code, 1)
  t.match((await vorel.run(['map', 'list', 'acme'])).stdout, /^lead\.rank +lead\.rank +Rank +number +read$/m)
  t.equal((await vorel.run(['map', 'unset', 'acme', 'opportunity.name'])).code, 0)
})

t.test('suggestions are shown, and applied only where they are accepted', async (t) => {
  const shown = await vorel.run(['map', 'suggest', 'acme', '--object', 'lead'])
  t.match(shown.stdout, /^lead\.district +lead\.x_area +District +option +A field that this account added/m)
  t.match(shown.stderr, /--accept lead\./)
  t.notMatch((await vorel.run(['map', 'list', 'acme'])).stdout, /x_area/)
  t.match(await vorel.run(['map', 'suggest', 'acme', '--accept', 'lead.nothing']), {
    code: 1,
    stderr: /Nothing is suggested for lead.nothing/,
  })
  t.match(await vorel.json(['map', 'suggest', 'acme', '--object', 'lead', '--accept', 'lead.district']), {
    version: 4,
    mappings: [{ slot: 'lead.district', path: 'lead.x_area' }, { slot: 'lead.rank' }],
  })
})

t.test('a test prints conversions and the request, and exits with 1 where a create would be refused', async (t) => {
  const asked = ['map', 'test', 'acme', '--object', 'lead', '--set', 'name=Ada', '--set', 'budget_max=500000']
  const good = await vorel.run([...asked, '--set', 'district=north'])
  t.equal(good.code, 0, good.stderr)
  t.match(good.stdout, /^lead\.budget_max +"500000" +lead\.budget +number +500000$/m)
  t.match(good.stdout, /^lead\.district +"north" +lead\.x_area +option +"N"$/m)
  t.match(good.stdout, /^PUT \/leads\/by-reference\/v[a-z2-7]{26} {3}\(the lead\)\ncontent-type: application\/json\n\{/m)
  t.match(good.stderr, /Nothing was written/)
  const bad = await vorel.run([...asked, '--set', 'district=Mars'])
  t.equal(bad.code, 1)
  t.match(bad.stdout, /! needs one of: North/)
  t.match(bad.stdout, /A create would be refused \(field_invalid\)/)
  t.match(await vorel.json(asked), { tenant: 'acme', would_be_refused: null, requests: [{ method: 'PUT' }] })
  t.match(await vorel.run(['map', 'test', 'acme', '--object', 'lead', '--set', 'name']), {
    code: 1,
    stderr: /--set takes a slot/,
  })
  t.same(await rows(), [])
})

t.test('versions are listed, compared and restored', async (t) => {
  const { stdout } = await vorel.run(['map', 'versions', 'acme'])
  t.match(stdout, /^4 +\S+ +cli:\S+ +accept suggestions: lead\.district$/m)
  t.match(stdout, /^3 .*unset lead\.name$/m)
  t.match((await vorel.run(['map', 'versions', 'acme', '2'])).stdout, /^lead\.name +lead\.budget/m)
  const last = await vorel.run(['map', 'diff', 'acme'])
  t.equal(last.stdout, '+ lead.district -> lead.x_area (option)\n')
  t.match(last.stderr, /Version 3 to 4/)
  t.match((await vorel.run(['map', 'diff', 'acme', '2', '3'])).stdout, /^- lead\.name -> lead\.budget \(number\)$/m)
  t.match(await vorel.json(['map', 'restore', 'acme', '1']), { version: 5, restored: 1, mappings: [{ slot: 'lead.rank' }] })
  t.match(await vorel.run(['map', 'restore', 'acme', 'first']), { code: 1, stderr: /is no version/ })
  t.match(await vorel.run(['map', 'versions', 'nobody']), { code: 1, stderr: /no tenant 'nobody'/ })
})
