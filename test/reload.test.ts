import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Sandbox } from '../core/sandbox.ts'
import memorySandbox from '../drivers/memory/sandbox.ts'
import { CommandLine, openFolder } from './cli/command.ts'
import { driverFolders } from './support/driver-folders.ts'

const PATIENCE_MS = 15_000

/** Asks until the answer is as wanted: a reload takes what it takes. */
const until = async <T>(ask: () => Promise<T> | T, isWanted: (answer: T) => boolean): Promise<T> => {
  for (const giveUpAt = Date.now() + PATIENCE_MS; ; await sleep(50)) {
    const answer = await ask()
    if (isWanted(answer) || Date.now() > giveUpAt) return answer
  }
}

const dir = await openFolder(t)
const { base, root, add, edit } = await driverFolders(t)
const file = join(base, 'vorel.config.ts')
const configure = (providers: Record<string, boolean>, folders = ['./drivers']) =>
  writeFile(file, `export default ${JSON.stringify({ providers, drivers: { folders }, demo: { provider: 'memory' } })}`)
const sandbox: Sandbox = await memorySandbox()
t.teardown(() => sandbox.close())

await add('memory')
await configure({})
const vorel = new CommandLine({ VOREL_DATA_DIR: dir, VOREL_CONFIG: file, LOG_LEVEL: 'info' })
const service = vorel.spawn(['start', '--json'])
const exited = new Promise((resolve) => service.once('exit', resolve))
t.teardown(async () => {
  service.kill('SIGTERM')
  await exited
})
const log: string[] = []
const url = await new Promise<string>((resolve, reject) => {
  const take = (line: string) => {
    log.push(line)
    const ready = /^\{"url":"([^"]+)"/.exec(line)?.[1]
    if (ready) resolve(ready)
  }
  for (const stream of [service.stdout, service.stderr]) if (stream) createInterface(stream).on('line', take)
  exited.then(() => reject(new Error(`It ended: ${log.join('\n')}`)))
})

const reloads = () => log.filter((line) => line.includes('drivers reloaded')).length
const logged = (text: string) =>
  until(
    () => log.findLast((line) => line.includes(text)),
    (line) => line !== undefined,
  )
/** SIGHUP, and the reload it causes. */
const hangUp = async () => {
  const before = reloads()
  service.kill('SIGHUP')
  await until(reloads, (now) => now > before)
}
const post = async (path: string, key: string, body: object) => {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const response = await fetch(`${url}/v1/crm/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const lookup = (key: string) => post('lookup-customer', key, { email: 'ada@example.test' })
/** A tenant at that provider, and its key. */
const connect = async (tenant: string, provider: string): Promise<string> => {
  await vorel.json(['tenants', 'create', tenant, '--name', tenant, '--region', 'US'])
  await vorel.json(
    ['connect', tenant, provider, '--set', `url=${sandbox.url}`, '--secret', 'api_key=-'],
    String(sandbox.credentials.api_key),
  )
  const { key } = await vorel.json<{ key: string }>([
    'keys',
    'create',
    '--tenant',
    tenant,
    '--scope',
    'crm:read',
    '--scope',
    'crm:write',
  ])
  return key
}

let lantern = ''

t.test('a folder dropped in is callable after SIGHUP, without a restart', async (t) => {
  await add('lantern')
  await hangUp()
  t.match(await logged('"on":["lantern","memory"]'), /drivers reloaded/)
  lantern = await connect('acme', 'lantern')
  t.match(await lookup(lantern), { status: 200, body: { customer: null } })
  t.match(await post('create-record', lantern, { object: 'lead', fields: { name: 'Ada' }, idempotency_key: 'k1' }), {
    status: 201,
  })
  t.equal(sandbox.records('lead').length, 1)
})

t.test('a folder dropped in is noticed by itself, file by file', async (t) => {
  await add('beacon')
  t.ok(await logged('"on":["beacon","lantern","memory"]'))
  await edit('beacon', ['manifest.ts', 'contractVersion: 1', 'contractVersion: 7'])
  t.ok(await logged('beacon: contractVersion is 7'), 'an edit in the new folder is noticed too')
})

t.test('a broken manifest is refused with folder, field, reason and remedy, and everything else serves on', async (t) => {
  await add('broken', ['manifest.ts', "hosts: 'tenant'", "hosts: ['not a host']"])
  await hangUp()
  t.match(await logged(`${join(root, 'broken')}: hosts 'not a host' is no host pattern. Write a host name`), /"level":50/)
  t.equal((await lookup(lantern)).status, 200)
  await rm(join(root, 'broken'), { recursive: true })
})

t.test('an edited driver counts from the next call on, each time, also where an editor replaces the file', async (t) => {
  const nameOf = async () => ((await lookup(lantern)).body.customer as { name?: string } | null)?.name
  const answer = (name: string) =>
    `const one = { object: 'contact', external_id: '1', name: '${name}', email: null, phone: null, record_url: null, created_at: null, updated_at: null }\n    return { matched_by: 'external_id', customers: [one] }\n    firstMatch({`
  await edit('lantern', ['driver.ts', 'return firstMatch({', answer('first')])
  t.equal(await until(nameOf, (name) => name === 'first'), 'first')
  for (const [before, after] of [
    ['first', 'second'],
    ['second', 'third'],
  ] as const) {
    const text = await readFile(join(root, 'lantern/driver.ts'), 'utf8')
    await writeFile(join(base, 'draft.ts'), text.replace(`'${before}'`, `'${after}'`))
    await rename(join(base, 'draft.ts'), join(root, 'lantern/driver.ts'))
    t.equal(await until(nameOf, (name) => name === after), after)
  }
})

t.test('switched off, a provider answers provider_disabled; on again, it works with the stored credentials', async (t) => {
  await configure({ lantern: false })
  t.match(
    await until(
      () => lookup(lantern),
      ({ status }) => status === 409,
    ),
    { status: 409, body: { code: 'provider_disabled' } },
  )
  await writeFile(`${file}.new`, 'export default { providers: { lantern: true }, demo: { provider: "memory" } }')
  await rename(`${file}.new`, file)
  t.match(
    await until(
      () => lookup(lantern),
      ({ status }) => status === 200,
    ),
    { status: 200 },
  )
})

t.test('a call under way during a reload finishes on the driver it began with', async (t) => {
  const asked = sandbox.requests.length
  await edit(
    'lantern',
    ['driver.ts', 'async lookupCustomer({ http,', 'async lookupCustomer({ deadline, http,'],
    [
      'driver.ts',
      'const find = async',
      "await http.get('/account', Type.Object({}))\n    await new Promise((resolve) => setTimeout(resolve, 1500))\n    const find = async",
    ],
  )
  const before = reloads()
  await until(reloads, (now) => now > before)
  const slow = lookup(lantern)
  await until(
    () => sandbox.requests.length,
    (now) => now > asked,
  )
  await edit(
    'lantern',
    ['driver.ts', "'third'", "'fourth'"],
    ['driver.ts', 'setTimeout(resolve, 1500)', 'setTimeout(resolve, 1)'],
  )
  await hangUp()
  t.match(await lookup(lantern), { status: 200, body: { customer: { name: 'fourth' } } })
  t.match(await slow, { status: 200, body: { customer: { name: 'third' } } })
})

t.test('a faulty config is told and changes nothing; a folder it names is watched from then on', async (t) => {
  await writeFile(file, 'export default { providrs: {} }')
  t.match(await logged('providrs is not known here'), /The configuration before goes on/)
  t.equal((await lookup(lantern)).status, 200)
  await mkdir(join(base, 'more'))
  await configure({}, ['./drivers', './more'])
  const before = reloads()
  await until(reloads, (now) => now > before)
  await add('late')
  await rename(join(root, 'late'), join(base, 'more/late'))
  await until(
    () => log.join('\n'),
    (text) => text.includes('"late"'),
  )
  await edit('../more/late', ['manifest.ts', 'contractVersion: 1', 'contractVersion: 8'])
  t.ok(await logged(`${join(base, 'more/late')}: contractVersion is 8`))
  t.equal(service.exitCode, null)
})
