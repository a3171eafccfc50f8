import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import memorySandbox from '../../drivers/memory/sandbox.ts'
import { freshDatabase } from '../support/database.ts'
import { JWT_SECRET, startService } from '../support/service.ts'

const MAIN = new URL('../../core/cli/main.ts', import.meta.url).pathname
const KEY = Buffer.alloc(32, 'test key')

/** A service in a process of its own, on a database that the test has filled. */
const startProcess = async (t: Test, databaseUrl: string): Promise<{ child: ChildProcess; url: string }> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'vorel-stop-'))
  await chmod(dataDir, 0o755)
  const child = spawn(process.execPath, [MAIN, 'start', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      REDIS_URL: 'redis://127.0.0.1:1',
      CRM_CREDENTIAL_ENCRYPTION_KEY: Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64'),
      VOREL_SIGNING_KEY: Buffer.from('abcdefghijklmnopqrstuv0123456789').toString('base64'),
      CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD: KEY.toString('base64'),
      VOREL_AUDIT_SINK: 'none',
      JWT_SECRET,
      PUBLIC_URL: 'https://vorel.example.test',
      VOREL_CONFIG: new URL('./loopback.config.ts', import.meta.url).pathname,
      VOREL_DATA_DIR: dataDir,
      PORT: '0',
      LOG_LEVEL: 'silent',
    },
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await rm(dataDir, { recursive: true, force: true })
  })
  for await (const line of createInterface({ input: child.stdout }))
    if (line.startsWith('{')) return { child, url: JSON.parse(line).url }
  throw new Error('the service ended before it served')
}

t.test('SIGTERM lets calls in flight finish, closes idle connections, and exits 0', async (t) => {
  const sandbox = await memorySandbox()
  t.teardown(() => sandbox.close())
  const databaseUrl = await freshDatabase(t)
  const seed = await startService(t, { databaseUrl })
  const key = await seed.tenant('acme', { sandbox })
  const { child, url } = await startProcess(t, databaseUrl)
  t.equal((await fetch(`${url}/ready`)).status, 200, 'an idle keep-alive connection is left open by this')

  sandbox.play('dripping_body', { times: 1 })
  const inFlight = new Promise<{ status?: number; text: string }>((resolve, reject) => {
    const sent = request(`${url}/v1/crm/lookup-customer`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-deadline-ms': '3000' },
    })
    sent.on('error', reject).on('response', async (response) => {
      const chunks = await response.toArray()
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
    })
    sent.end(JSON.stringify({ email: 'ada@example.test' }))
  })
  while (sandbox.requests.every(({ path }) => path !== '/contacts')) await new Promise((resolve) => setTimeout(resolve, 20))

  const startedAt = performance.now()
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  t.match(await inFlight, { status: 504, text: /provider_timeout/ }, 'its answer arrived after the signal')
  t.strictSame(await exited, [0, null])
  t.ok(performance.now() - startedAt < 10_000)
  await t.rejects(fetch(`${url}/health`), 'nobody listens any more')
})
