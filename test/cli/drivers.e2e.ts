import t from 'tap'
import { CommandLine, openFolder } from './command.ts'

const vorel = new CommandLine({ VOREL_DATA_DIR: await openFolder(t) })

interface Listed {
  slug: string
  status: string
  state: string
  reserved_reason: string | null
}

t.test('providers are listed, and examples are named apart', async (t) => {
  const all = await vorel.json<Listed[]>(['drivers', 'list'])
  const providers = all.filter(({ status }) => status !== 'example').map(({ slug }) => slug)
  t.same(
    all.filter(({ status }) => status === 'example').map(({ slug }) => slug),
    ['memory'],
  )
  const { code, stdout, stderr } = await vorel.run(['drivers', 'list'])
  t.equal(code, 0)
  const rows = stdout.split('\n').filter((line) => / (on|off|reserved|refused) +(available|reserved) /.test(line))
  t.same(
    rows.map((line) => line.split(' ')[0]),
    providers,
  )
  t.notMatch(stdout, /memory/)
  t.match(stderr, /examples: memory \(--all shows them\)/)
  const whole = await vorel.run(['drivers', 'list', '--all'])
  t.match(whole.stdout, /^memory +In-memory CRM +on +example /m)
  t.equal(whole.stderr, '')
})

t.test('a reserved provider is listed with its reason', async (t) => {
  const reserved = (await vorel.json<Listed[]>(['drivers', 'list'])).filter(({ state }) => state === 'reserved')
  const { stdout } = await vorel.run(['drivers', 'list'])
  t.same(
    reserved.map(({ slug }) => slug),
    ['opentable'],
  )
  for (const { slug, reserved_reason } of reserved) t.ok(stdout.includes(`reserved: ${slug}: ${reserved_reason}`))
})
