import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { CommandLine, openFolder } from './command.ts'

interface Ready {
  provider: string
  url: string
  settings: Record<string, string>
  credentials: Record<string, string>
  connect: string
}

const vorel = new CommandLine({ VOREL_DATA_DIR: await openFolder(t) })

t.test('it plays its faults, as often as said and in order, then works with the credentials it printed', async (t) => {
  const faults = ['--fault', 'rate_limited:2', '--fault', 'unauthorized']
  const { ready, stop } = await vorel.serve<Ready>(t, ['sandbox', 'memory', ...faults])
  const asked = async () => {
    const headers = { authorization: `Bearer ${ready.credentials.api_key}` }
    return (await fetch(`${ready.url}/account`, { headers })).status
  }
  t.same([await asked(), await asked(), await asked(), await asked()], [429, 429, 401, 200])
  t.equal(await stop(), 0, 'it ends when it is told to')
})

t.test('people read the address, the credentials and the line that connects', async (t) => {
  const port = await freePort()
  const child = vorel.spawn(['sandbox', 'custom_webhook', '--variant', 'unverified', '--port', `${port}`])
  t.teardown(() => child.kill())
  let shown = ''
  for await (const chunk of child.stdout ?? []) {
    shown += chunk
    if (/vorel connect .*\n/.test(shown)) break
  }
  t.match(shown, `http://127.0.0.1:${port}`)
  t.match(shown, /^ {2}secret +whsec_\S+$/m)
  t.match(shown, /^printf '%s\\n' whsec_\S+ \| vorel connect demo custom_webhook --set url=http:\S+ --secret secret=-$/m)
})

t.test('where a provider has hosts of its own, it says how a service finds the sandbox in their place', async (t) => {
  const { ready } = await vorel.serve<Ready & { environment?: object }>(t, ['sandbox', 'tekmetric'])
  t.strictSame(ready.environment, { VOREL_ENDPOINT_TEKMETRIC: ready.url })
  const memory = await vorel.serve<Ready & { environment?: object }>(t, ['sandbox', 'memory'])
  t.equal(memory.ready.environment, undefined, 'a tenant names the address of the others')
})

t.test('what it cannot do, it says with what it can', async (t) => {
  const squatter = createServer().listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  t.teardown(() => squatter.close())
  const cases: [string[], RegExp][] = [
    [['salesfource'], /no driver 'salesfource' here\. Found: .*memory/],
    [['memory', '--fault', 'lightning'], /no fault 'lightning'\. Faults: .*reset_after/],
    [['memory', '--fault', 'redirect:often'], /Write redirect or redirect:3/],
    [['memory', '--port', '70000'], /from 0 to 65535/],
    [['memory', '--port', `${(squatter.address() as AddressInfo).port}`], /cannot be used \(EADDRINUSE\)/],
  ]
  await Promise.all(
    cases.map(async ([args, sentence]) => {
      const { code, stdout, stderr } = await vorel.run(['sandbox', ...args])
      t.same([code, stdout], [1, ''], args.join(' '))
      t.match(stderr, sentence)
      t.notMatch(stderr, /\n {4}at /)
    }),
  )
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
