import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { unreadable } from './server-file.ts'

export interface Postmaster {
  pid: number
  port: number
}

export const dataOf = (dir: string) => join(dir, 'data')
const lockOf = (dir: string) => join(dataOf(dir), 'postmaster.pid')

/** The server that works on this cluster, as its lock file tells; null when there is none or its process is gone. */
export async function runningServer(dir: string): Promise<Postmaster | null> {
  const { pid, port } = await readLock(lockOf(dir))
  return pid && port && isAlive(pid) && (await isPostgres(pid)) ? { pid, port } : null
}

/**
 * After a restart of the machine or container the number in a left lock file may be another program's, and PostgreSQL would take
 * that for a server. A lock whose process is gone stays: by it PostgreSQL sees whether helpers of the dead server still write.
 */
export async function removeForeignLock(dir: string): Promise<void> {
  const lock = lockOf(dir)
  if (!(await isForeign(lock))) return
  const aside = `${lock}.${process.pid}`
  await rename(lock, aside).catch(unlessMissing)
  if (await isForeign(aside)) await rm(aside)
  else await rename(aside, lock).catch(unlessMissing) // somebody started it in between
}

async function isForeign(lock: string): Promise<boolean> {
  const { pid } = await readLock(lock)
  return pid !== undefined && isAlive(pid) && !(await isPostgres(pid))
}

async function readLock(lock: string): Promise<Partial<Postmaster>> {
  try {
    const [pid, , , port] = (await readFile(lock, 'utf8')).split('\n').map(Number)
    return { ...(pid && { pid }), ...(port && { port }) }
  } catch (error) {
    if (isMissing(error)) return {}
    throw unreadable(lock, error)
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** Yes where the system does not tell. */
async function isPostgres(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'postgres')
  return name.trim() === 'postgres'
}

function unlessMissing(error: unknown): void {
  if (!isMissing(error)) throw error
}

const isMissing = (error: unknown) => ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code
