import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { findEmbedded, startEmbedded } from '../../core/store/embedded.ts'
import { mayEnter } from '../../core/store/server-user.ts'

type Test = typeof t
const settings = { fsync: 'off' }
const isRoot = process.getuid?.() === 0

const shared = await openFolder(t)
const dir = join(shared, 'postgres')

t.test('the first start makes a database, and the second still has what was put there', async (t) => {
  const lines: string[] = []
  const onProgress = (line: string) => lines.push(line)
  const first = await startEmbedded(dir, { settings, onProgress })
  t.equal(first.isAdopted, false)
  t.equal(lines.length, 1)
  await ask(first.url, "create table kept as select 'yes' as word")
  await first.stop()
  t.equal(await findEmbedded(dir), null)

  const second = await startEmbedded(dir, { settings, onProgress })
  t.equal(second.url, first.url)
  t.equal(lines.length, 1, 'nothing is said where nothing takes long')
  t.same(await ask(second.url, 'select word from kept'), [{ word: 'yes' }])
  await second.stop()
})

t.test('it speaks UTF-8, keeps UTC, and is durable unless told otherwise', async (t) => {
  const server = await startEmbedded(dir)
  t.teardown(server.stop)
  const shown = async (name: string) => (await ask(server.url, `select current_setting('${name}') as value`))[0]?.value
  for (const [name, value] of Object.entries({
    server_encoding: 'UTF8',
    TimeZone: 'UTC',
    fsync: 'on',
    synchronous_commit: 'on',
  })) {
    t.equal(await shown(name), value, name)
  }
  t.same(await ask(server.url, "select upper('ångström') as big"), [{ big: 'ÅNGSTRÖM' }])
})

t.test('only this machine reaches it, with the password that only its owner may read', async (t) => {
  const server = await startEmbedded(dir, { settings })
  t.teardown(server.stop)
  t.same(await ask(server.url, "select current_setting('listen_addresses') as at"), [{ at: '127.0.0.1' }])
  t.equal((await stat(join(dir, 'server.json'))).mode & 0o777, 0o600)
  await t.rejects(ask(Object.assign(new URL(server.url), { password: 'guess' }).href, 'select 1'), { code: '28P01' })
  await t.rejects(ask(Object.assign(new URL(server.url), { password: '' }).href, 'select 1'))
})

t.test('a service that was killed leaves its server to the next one', async (t) => {
  const script = `
    import { startEmbedded } from ${JSON.stringify(new URL('../../core/store/embedded.ts', import.meta.url).href)}
    const { url } = await startEmbedded(${JSON.stringify(dir)})
    process.stdout.write(url, () => process.kill(process.pid, 'SIGKILL'))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let url = ''
  child.stdout.on('data', (chunk) => (url += chunk))
  t.same(await once(child, 'close'), [null, 'SIGKILL'])
  t.equal(await findEmbedded(dir), url)

  const next = await startEmbedded(dir)
  t.equal(next.isAdopted, true)
  t.equal(next.url, url)
  await next.stop()
})

t.test('a server that was killed leaves a lock file that stops nobody', async (t) => {
  const first = await startEmbedded(dir)
  await ask(first.url, 'create table survived as select 1 as n')
  process.kill(await postmaster(), 'SIGKILL')
  const second = await startEmbedded(dir)
  t.teardown(second.stop)
  t.equal(second.isAdopted, false)
  t.same(await ask(second.url, 'select n from survived'), [{ n: 1 }])
})

t.test(
  "a lock file that names another program's process stops nobody",
  { skip: !existsSync('/proc') && 'needs /proc' },
  async (t) => {
    const other = spawn('sleep', ['60'], { stdio: 'ignore', ...(isRoot && { uid: (await stat(join(dir, 'data'))).uid }) })
    t.teardown(() => other.kill())
    await writeFile(
      join(dir, 'data', 'postmaster.pid'),
      `${other.pid}\n${dir}/data\n1767225600\n5999\n\n127.0.0.1\n0 0\nready   \n`,
    )
    t.equal(await findEmbedded(dir), null)
    const server = await startEmbedded(dir, { settings })
    t.teardown(server.stop)
    t.equal(server.isAdopted, false)
  },
)

t.test('when the usual port is taken another is used, and found again', async (t) => {
  const usual = (await serverFile()).port
  const squatter = createServer().listen(usual, '127.0.0.1')
  await once(squatter, 'listening')
  const server = await startEmbedded(dir, { settings })
  t.teardown(server.stop)
  squatter.close()
  t.not((await serverFile()).port, usual)
  t.equal(await findEmbedded(dir), server.url)
})

t.test('of several that start at once one starts it and the others find it', async (t) => {
  const root = await openFolder(t)
  const fresh = join(root, 'deep', 'postgres')
  for (const round of ['made', 'started']) {
    const servers = await Promise.all([1, 2, 3].map(() => startEmbedded(fresh, { settings })))
    t.equal(servers.filter(({ isAdopted }) => !isAdopted).length, 1, `${round} once`)
    t.equal(new Set(servers.map(({ url }) => url)).size, 1)
    t.same(await ask(servers[0]?.url ?? '', 'select 1 as n'), [{ n: 1 }])
    await Promise.all(servers.map(({ stop }) => stop()))
    t.equal(await findEmbedded(fresh), null)
  }
  t.same(await readdir(join(root, 'deep')), ['postgres'], 'the drafts of those who lost are gone')
})

t.test('the log holds no statement and no value', async (t) => {
  const server = await startEmbedded(dir, { settings })
  t.teardown(server.stop)
  await ask(server.url, 'create table person (email text primary key)')
  await ask(server.url, "insert into person values ('ada@example.com')")
  await t.rejects(ask(server.url, "insert into person values ('ada@example.com')"), { code: '23505' })
  await t.rejects(ask(server.url, "select 'ada@example.com'::int"))
  t.notMatch(await readFile(join(dir, 'postgres.log'), 'utf8'), /ada@example|insert into/)
})

t.test("the server is given none of the service's environment", { skip: !existsSync('/proc') && 'needs /proc' }, async (t) => {
  process.env.VOREL_TEST_SECRET = 'sesame'
  t.teardown(() => delete process.env.VOREL_TEST_SECRET)
  const server = await startEmbedded(dir, { settings })
  t.teardown(server.stop)
  t.notMatch(await readFile(`/proc/${await postmaster()}/environ`, 'utf8'), /sesame/)
})

t.test('a server that cannot start says why, where its log is, and what else can be done', async (t) => {
  const message = await startEmbedded(dir, { settings: { max_connections: 'many' } }).catch(String)
  t.match(message, /max_connections/)
  t.match(message, join(dir, 'postgres.log'))
  t.match(message, 'DATABASE_URL')
})

t.test('a folder that holds something else is left alone', async (t) => {
  const taken = await openFolder(t)
  await writeFile(join(taken, 'novel.txt'), 'Chapter one')
  await t.rejects(startEmbedded(taken), { message: new RegExp(`^${taken} is in the way`) })
  t.same(await readdir(taken), ['novel.txt'])
})

t.test('a database without its password file says whose it is', async (t) => {
  const root = await openFolder(t)
  await mkdir(join(root, 'postgres', 'data'), { recursive: true })
  await writeFile(join(root, 'postgres', 'server.json'), 'no longer JSON')
  await t.rejects(startEmbedded(join(root, 'postgres')), /server\.json.*DATABASE_URL/)
})

t.test('root is told which folder keeps PostgreSQL out', { skip: !isRoot && 'only root lends it another user' }, async (t) => {
  const closed = join(await openFolder(t), 'closed')
  await mkdir(closed, { mode: 0o700 })
  await t.rejects(startEmbedded(join(closed, 'postgres')), { message: new RegExp(`may not enter ${closed}:.*DATABASE_URL`) })
  t.same(await readdir(closed), [])
})

t.test('a folder is open to its owner, its group or everybody by the bit of whichever fits first', async (t) => {
  const user = { name: 'ada', uid: 7, gid: 8 }
  t.equal(mayEnter(user, { uid: 7, gid: 8, mode: 0o100 }), true)
  t.equal(mayEnter(user, { uid: 7, gid: 8, mode: 0o011 }), false)
  t.equal(mayEnter(user, { uid: 0, gid: 8, mode: 0o701 }), false)
  t.equal(mayEnter(user, { uid: 0, gid: 0, mode: 0o711 }), true)
  t.equal(mayEnter(user, { uid: 0, gid: 0, mode: 0o700 }), false)
})

async function openFolder(t: Pick<Test, 'teardown'>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'vorel-embedded-'))
  await chmod(path, 0o755)
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(statement)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

const postmaster = async () => Number.parseInt(await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8'), 10)
const serverFile = async () => JSON.parse(await readFile(join(dir, 'server.json'), 'utf8')) as { port: number }
