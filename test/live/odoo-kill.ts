/**
 * Against a real Odoo: kills the service after Odoo has answered a create and before the answer arrives, starts it again, repeats the request, and counts.
 * VOREL_ODOO='{"url","database","username","api_key"}' npm run live:odoo
 */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '../faults/client.ts'
import { freePort, startService } from '../faults/service.ts'
import { ROOT } from '../support/sources.ts'

interface Odoo {
  url: string
  database: string
  username: string
  api_key: string
}

if (!process.env.VOREL_ODOO) {
  console.error('VOREL_ODOO is not set. Give it {"url","database","username","api_key"} of an Odoo server, 19 or later.')
  process.exit(2)
}
const odoo: Odoo = JSON.parse(process.env.VOREL_ODOO)
const dir = await mkdtemp(join(tmpdir(), 'vorel-live-'))
await chmod(dir, 0o755)
const config = join(ROOT, 'test/live/vorel.config.ts')
const env = { ...process.env, VOREL_CONFIG: config, VOREL_DATA_DIR: join(dir, 'data') }

const vorel = async (...args: string[]) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['core/cli/main.ts', ...args, '--json'], { cwd: ROOT, env })
  return JSON.parse(stdout)
}

/** Forwards to Odoo; the answer to a `load`, once, is held back for good. */
const holdOneAnswer = async () => {
  let isHolding = true
  let tell = () => {}
  const held = new Promise<void>((resolve) => {
    tell = resolve
  })
  const server = createServer((incoming, outgoing) => {
    const onward = request(
      new URL(incoming.url ?? '/', odoo.url),
      { method: incoming.method ?? 'GET', headers: incoming.headers },
      (answer) => {
        if (isHolding && incoming.url?.endsWith('/load')) {
          isHolding = false
          answer.resume().on('end', tell)
          return
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, held, server }
}

const askOdoo = async <T>(method: string, body: object): Promise<T> => {
  const answer = await fetch(`${odoo.url}/json/2/crm.lead/${method}`, {
    method: 'POST',
    headers: { authorization: `bearer ${odoo.api_key}`, 'x-odoo-database': odoo.database, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await answer.json()) as T
}

const port = await freePort()
const proxy = await holdOneAnswer()
const start = () => startService({ config, dataDir: join(dir, 'data'), port, logTo: 'ignore' })
let service = await start()
let isRight = false
try {
  await writeFile(join(dir, 'key'), odoo.api_key, { mode: 0o600 })
  await vorel('tenants', 'create', 'live')
  const form = ['--set', `url=${proxy.url}`, '--set', `database=${odoo.database}`, '--set', `username=${odoo.username}`]
  await vorel('connect', 'live', 'odoo', ...form, '--secret', `api_key=@${join(dir, 'key')}`)
  const { key } = await vorel('keys', 'create', '--tenant', 'live', '--scope', 'crm:read', '--scope', 'crm:write')
  const name = `kill-${randomUUID()}`
  const client = new Client(service.url, key)
  const body = { object: 'lead', fields: { name }, idempotency_key: name }

  const unanswered = client.create(body)
  await proxy.held
  console.log('Odoo has created the lead and answered; the answer is held. SIGKILL.')
  await service.kill('SIGKILL')
  console.log(`The caller got: ${JSON.stringify(await unanswered)}`)

  service = await start()
  const reply = await client.createUntilFinal(body)
  console.log(`Started again, the same request: ${reply.status} ${JSON.stringify(reply.body)}`)

  const leads = await askOdoo<{ id: number }[]>('search_read', {
    domain: [['contact_name', '=', name]],
    fields: ['id', 'contact_name'],
  })
  console.log(`Leads of that name at Odoo: ${JSON.stringify(leads)}`)
  isRight = leads.length === 1 && String(leads[0]?.id) === reply.body.external_id
  await askOdoo('unlink', { ids: leads.map(({ id }) => id) })
} finally {
  await service.stop()
  proxy.server.closeAllConnections()
  proxy.server.close()
  await rm(dir, { recursive: true, force: true })
}
console.log(isRight ? 'One lead, and the caller knows it.' : 'NOT ONE LEAD.')
process.exitCode = isRight ? 0 : 1
