import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { stopServer } from '../../core/store/cluster.ts'
import { findEmbedded } from '../../core/store/embedded.ts'
import { CommandLine, ended, openFolder } from './command.ts'

const dir = await openFolder(t)
const postgres = join(dir, 'postgres')
const vorel = new CommandLine({ VOREL_DATA_DIR: dir })
t.teardown(() => stopServer(postgres))

// a CRM that answers when the test says so: until then, the command is at work
const waiting: ServerResponse[] = []
const crm = createServer((_, response) => waiting.push(response)).listen(0, '127.0.0.1')
await once(crm, 'listening')
t.teardown(() => crm.close())
t.teardown(() => crm.closeAllConnections())
const url = `http://127.0.0.1:${(crm.address() as AddressInfo).port}`

await vorel.json(['tenants', 'create', 'acme'])

t.test('a command that started the server leaves it to whoever came to use it meanwhile', async (t) => {
  const child = await connecting()
  const other = new pg.Client({ connectionString: (await findEmbedded(postgres)) ?? '' })
  await other.connect()
  waiting.pop()?.end('{"account":"Held"}')
  t.match(await ended(child), { code: 0, stdout: "Tenant 'acme' is connected to memory: Held.\n" })
  t.same((await other.query('select 1 as n')).rows, [{ n: 1 }])
  await other.end()
  t.equal((await vorel.run(['tenants', 'list'])).code, 0)
  t.ok(await findEmbedded(postgres), 'and a command that found it running leaves it running')
  await stopServer(postgres)
})

t.test('a command that is stopped early stops the server that it started', async (t) => {
  const child = await connecting()
  child.kill('SIGTERM')
  t.match(await ended(child), { code: 143, stdout: '' })
  t.equal(await findEmbedded(postgres), null)
})

t.test('a command that loses its database says so in a sentence', async (t) => {
  const child = await connecting()
  await stopServer(postgres)
  waiting.pop()?.end('{"account":"Held"}')
  const { code, stderr } = await ended(child)
  t.equal(code, 1)
  t.notMatch(stderr, /\n {4}at /)
  t.match(stderr, /database/)
})

/** `vorel connect`, once it has its database and waits for the CRM. */
async function connecting(): Promise<ChildProcess> {
  waiting.length = 0
  const child = vorel.spawn(['connect', 'acme', 'memory', '--set', `url=${url}`, '--secret', 'api_key=-'])
  child.stdin?.end('any key')
  while (waiting.length === 0 && child.exitCode === null) await sleep(20)
  return child
}
