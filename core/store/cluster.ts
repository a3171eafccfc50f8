import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { binaries, lastLine, run } from './postgres-programs.ts'
import { dataOf, runningServer } from './postmaster.ts'
import { writeServerFile } from './server-file.ts'
import { assertMayEnter, type ServerUser, serverUser } from './server-user.ts'

export const logOf = (dir: string) => join(dir, 'postgres.log')
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

async function orFail(command: string, args: string[], user: ServerUser | null, input?: string): Promise<void> {
  const { code, text } = await run(command, args, user, input === undefined ? {} : { input })
  if (code === 0) return
  const remedy = /shared librar|Library not loaded/.test(text) ? 'Run npm rebuild' : 'Mend what it names'
  throw new Error(
    `The embedded database could not be made: ${basename(command)}: ${lastLine(text)}. ${remedy}, or set DATABASE_URL.`,
  )
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
