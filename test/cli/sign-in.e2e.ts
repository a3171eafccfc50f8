import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { freePort } from '../support/port.ts'
import { ROOT } from '../support/sources.ts'
import { CommandLine, keepDatabase, openFolder } from './command.ts'

interface SandboxReady {
  url: string
  environment: Record<string, string>
  connect: string
}
interface Begun {
  authorize_url: string
  flow_id: string
}

const dir = await openFolder(t)
await keepDatabase(t, dir)
const port = await freePort()
const bare = new CommandLine({ VOREL_DATA_DIR: dir, VOREL_CONFIG: join(ROOT, 'test/cli/sign-in.config.ts') })
const { ready: sandbox } = await bare.serve<SandboxReady>(t, ['sandbox', 'lantern'])
const vorel = bare.with({ ...sandbox.environment, PORT: `${port}` })

/** `vorel connect`, up to where it waits: what it printed first, and then how it ended. */
const waiting = async (t: Test, ...set: string[]) => {
  const child = vorel.spawn(['connect', 'acme', 'lantern', ...set, '--json'])
  t.teardown(() => child.kill())
  const exit = once(child, 'exit')
  let told = ''
  child.stderr?.on('data', (chunk) => {
    told += chunk
  })
  const lines = createInterface(child.stdout ?? process.stdin)[Symbol.asyncIterator]()
  const first = await lines.next()
  const begun = JSON.parse(first.value ?? 'null') as Begun
  return {
    child,
    begun,
    saying: async (words: RegExp) => {
      while (!words.test(told)) await once(child.stderr ?? process.stdin, 'data')
    },
    ended: async () => {
      const [code] = await exit
      const last = await lines.next()
      return { code, last: last.done ? null : JSON.parse(last.value), told }
    },
  }
}

t.test('the sandbox tells how to start a service that takes it for the provider', async (t) => {
  t.match(Object.keys(sandbox.environment), [
    'VOREL_ENDPOINT_LANTERN',
    'VOREL_OAUTH_LANTERN_CLIENT_ID',
    'VOREL_OAUTH_LANTERN_CLIENT_SECRET',
  ])
  const child = bare.spawn(['sandbox', 'lantern'])
  t.teardown(() => child.kill())
  let shown = ''
  for await (const chunk of child.stdout ?? []) {
    shown += chunk
    if (/vorel connect .*\n/.test(shown)) break
  }
  t.match(
    shown,
    /^VOREL_ENDPOINT_LANTERN=http:\S+ VOREL_OAUTH_LANTERN_CLIENT_ID=\S+ VOREL_OAUTH_LANTERN_CLIENT_SECRET=\S+ npm start$/m,
  )
  t.match(shown, /^VOREL_ENDPOINT_LANTERN=.* vorel connect demo lantern --set shop=corner$/m)
})

t.test('without a service the command says at once that nobody would take the answer', async (t) => {
  await vorel.json(['tenants', 'create', 'acme'])
  const { child, begun, saying, ended } = await waiting(t, '--set', 'shop=corner')
  t.match(begun.authorize_url, `${sandbox.url}/oauth/authorize?`)
  await saying(/Waiting/)
  child.kill('SIGINT')
  const { code, last, told } = await ended()
  t.same([code, last], [130, null])
  t.match(told, `Note: no service answers at http://127.0.0.1:${port}`)
})

t.test('a service runs', async (t) => {
  await vorel.serve(t, ['start'])

  t.test('the command prints where to consent, waits until somebody has, and says who is connected', async (t) => {
    const { begun, ended } = await waiting(t, '--set', 'shop=corner', '--on-unmapped', 'skip')
    const page = await fetch(begun.authorize_url)
    t.equal(page.url.split('?')[0], `http://127.0.0.1:${port}/oauth/callback/lantern`)
    t.equal(page.status, 200)
    const { code, last, told } = await ended()
    t.equal(code, 0)
    t.same(last, { tenant: 'acme', provider: 'lantern', status: 'active', account: 'Shop corner', warning: null })
    t.notMatch(told, /no service answers/)
    t.match(await vorel.json(['tenants', 'list']), [{ id: 'acme', provider: 'lantern', status: 'active', status_reason: null }])
  })

  t.test('what went wrong at the provider is told in a sentence, and the exit code says so', async (t) => {
    const { begun, ended } = await waiting(t, '--set', 'shop=closed')
    t.equal((await fetch(begun.authorize_url)).status, 424)
    const { code, last, told } = await ended()
    t.same([code, last], [1, null])
    t.match(JSON.parse(told.trim().split('\n').at(-1) ?? ''), { code: 'auth_error', message: /The shop is closed/ })
  })

  t.test('people read the address alone on standard output, and all else beside it', async (t) => {
    const child = vorel.spawn(['connect', 'acme', 'lantern', '--set', 'shop=corner'])
    t.teardown(() => child.kill())
    let told = ''
    child.stderr?.on('data', (chunk) => {
      told += chunk
    })
    const exit = once(child, 'exit')
    const shown: string[] = []
    for await (const line of createInterface(child.stdout ?? process.stdin)) {
      shown.push(line)
      if (shown.length === 1) await fetch(line)
    }
    t.match(shown, [/^http:\S+$/, /^Tenant 'acme' is connected to lantern: Shop corner\.$/])
    t.match(told, /Open this address .* until \d\d:\d\d/)
    t.same(await exit, [0, null])
  })

  t.test('waiting may be given up, and the address stays good', async (t) => {
    const { child, begun, ended } = await waiting(t, '--set', 'shop=later')
    child.kill('SIGINT')
    t.equal((await ended()).code, 130)
    t.equal((await fetch(begun.authorize_url)).status, 200)
    const token = (await vorel.run(['tokens', 'create', '--operator', 'ada'])).stdout.trim()
    const path = `http://127.0.0.1:${port}/api/tenants/acme/connection`
    const answer = await fetch(`${path}/sign-ins/${begun.flow_id}`, { headers: { authorization: `Bearer ${token}` } })
    t.match(await answer.json(), { status: 'done', account: 'Shop later' })
  })

  t.test("who disconnects ends the grant at the provider, and the tenant's list says so", async (t) => {
    t.same(await vorel.json(['disconnect', 'acme']), {
      tenant: 'acme',
      provider: 'lantern',
      status: 'disconnected',
      revocation: 'done',
    })
    t.match((await vorel.run(['tenants', 'list'])).stdout, /^acme .* lantern +disconnected$/m)
    t.match(await vorel.run(['disconnect', 'nobody']), { code: 1, stderr: /There is no tenant 'nobody'/ })
  })

  t.test('a secret is no part of a sign-in', async (t) => {
    const { code, stderr } = await vorel.run(['connect', 'acme', 'lantern', '--secret', 'token=-'], 'hush-hush')
    t.equal(code, 1)
    t.match(stderr, /Lantern CRM has no field token/)
  })
})
