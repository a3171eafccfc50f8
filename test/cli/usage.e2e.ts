import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import t from 'tap'
import { ROOT } from '../support/sources.ts'
import { CommandLine, openFolder } from './command.ts'

const dir = await openFolder(t)
const vorel = new CommandLine({ VOREL_DATA_DIR: dir })
const SECRET = 'hush-hush-hush'
const token = ['tokens', 'create', '--tenant', 'acme', '--conversation', 'c1']

t.test('every command is in the help and in docs/cli.md, and neither opens a database', async (t) => {
  const docs = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')
  const top = await named([])
  t.ok(top.length >= 10)
  const subs = await Promise.all(top.map(async (name) => (await named([name])).map((sub) => `${name} ${sub}`)))
  const commands = top.flatMap((name, index) => (subs[index]?.length ? subs[index] : [name]))
  t.same(
    commands.filter((command) => !docs.includes(`## vorel ${command}\n`)),
    [],
  )
  const told = [...docs.matchAll(/^##+ vorel ([a-z -]+)$/gm)].map(([, command]) => command)
  t.same(
    told.filter((command) => !commands.includes(command ?? '')),
    [],
    'and docs/cli.md tells of no other',
  )
  t.same(readdirSync(dir), [])
})

t.test('a secret on the command line is refused, and repeated nowhere', async (t) => {
  const open = ['connect', 'acme', 'memory']
  const calls = [
    [...open, '--set', `api_key=${SECRET}`],
    [...open, '--secret', `api_key=${SECRET}`],
    [...open, '--secret', SECRET],
    [...open, '--set', SECRET],
    [...open, '--secret', 'api_key=@/nowhere/at/all'],
    [...open, '--secret', 'api_key=-'],
  ]
  const ended = await Promise.all(calls.map((args) => vorel.run(args)))
  for (const { code, stdout, stderr } of ended) {
    t.same([code, stdout], [1, ''])
    t.notMatch(stderr, SECRET)
    t.notMatch(stderr, /\n {4}at /)
  }
  t.match(ended[0]?.stderr, /--secret api_key=@file/)
  t.match(ended[1]?.stderr, /takes @file or -/)
  t.match(ended[4]?.stderr, /cannot be read \(ENOENT\)/)
  t.match(ended[5]?.stderr, /api_key that was given is empty/)
})

t.test('a wrong call is told as JSON where JSON was asked for', async (t) => {
  const calls = [
    ['frob'],
    ['connect', 'acme'],
    ['map', 'set', 'acme'],
    ['keys', 'create', '--tenant', 'acme'],
    ['start', '--frob'],
  ]
  for (const { code, stdout, stderr } of await Promise.all(calls.map((args) => vorel.run([...args, '--json'])))) {
    t.same([code, stdout], [1, ''])
    t.match(JSON.parse(stderr), { code: 'invalid_usage', message: /\S/ })
  }
})

t.test('a faulty configuration is a sentence for each fault, from every command', async (t) => {
  const faulty = vorel.with({ PORT: 'http', LOG_LEVEL: 'loud' })
  for (const { code, stderr } of await Promise.all([faulty.run(['drivers', 'list']), faulty.run(['start'])])) {
    t.equal(code, 1)
    t.match(stderr, /^The configuration has 2 faults:\n {2}- PORT .*\n {2}- LOG_LEVEL .*\n$/)
  }
})

t.test('a token lives as long as said, and says whom it is for', async (t) => {
  const made = await vorel
    .with({ JWT_ISSUER: 'platform', JWT_AUDIENCE: 'crm' })
    .json<{ token: string; expires_at: string }>([...token, '--turn', '2', '--expires-in', '30m'])
  const { iat = 0, exp = 0, ...claims } = decodeJwt(made.token)
  t.same(claims, { tenant_id: 'acme', conversation_id: 'c1', turn_id: '2', iss: 'platform', aud: 'crm' })
  t.equal(exp - iat, 1800)
  t.equal(made.expires_at, new Date(exp * 1000).toISOString())
})

t.test("an operator's token says who it is for, and is for no tenant", async (t) => {
  const operator = ['tokens', 'create', '--operator', 'Ada Lovelace']
  const made = await vorel.json<{ token: string }>([...operator, '--expires-in', '15m'])
  const { iat = 0, exp = 0, ...claims } = decodeJwt(made.token)
  t.same(claims, { sub: 'Ada Lovelace', role: 'platform_operator' })
  t.equal(exp - iat, 900)
  const [both, neither] = await Promise.all([vorel.run([...operator, '--tenant', 'acme']), vorel.run(['tokens', 'create'])])
  t.match(both, { code: 1, stdout: '', stderr: /Give --operator alone/ })
  t.match(neither, { code: 1, stdout: '', stderr: /--tenant and --conversation; an operator's takes --operator/ })
})

t.test('a token is not made for what no service would take', async (t) => {
  const keySet = vorel.with({ JWT_JWKS_URL: 'https://keys.example.com/set' })
  const [forever, tool, spaced, elsewhere] = await Promise.all([
    vorel.run([...token, '--expires-in', 'forever']),
    vorel.run([...token, '--tool', 'crm_delete_everything']),
    vorel.run([...token.slice(0, -1), 'two words']),
    keySet.run([...token, '--json']),
  ])
  t.match(forever, { code: 1, stderr: /30m, 1h, 7d/ })
  t.match(tool, { code: 1, stderr: /Tools: crm_lookup_customer/ })
  t.match(spaced, { code: 1, stderr: /without spaces/ })
  t.match(JSON.parse(elsewhere.stderr), { code: 'tokens_issued_elsewhere', message: /keys\.example\.com/ })
})

t.test('several secrets on standard input are a line each, and a missing line is told', async (t) => {
  const args = ['connect', 'acme', 'custom_webhook', '--secret', 'secret=-', '--secret', 'previous_secret=-']
  const { code, stderr } = await vorel.run(args, SECRET)
  t.equal(code, 1)
  t.match(stderr, /1 lines? for 2 secrets: secret, previous_secret/)
  t.notMatch(stderr, SECRET)
})

/** The commands under this one, as its help lists them. */
async function named(path: string[]): Promise<string[]> {
  const { stdout } = await vorel.run([...path, '--help'])
  const [, listed = ''] = /Commands:\n([\s\S]*?)(\n\n|$)/.exec(stdout) ?? []
  const names = [...listed.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name)
  return names.filter((name) => name !== 'help')
}
