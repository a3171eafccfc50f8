import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

export interface ServerUser {
  name: string
  uid: number
  gid: number
}

/** Whom PostgreSQL runs as. It refuses root, so root lends it another user; everybody else runs it as themselves (null). */
export async function serverUser(dir: string): Promise<ServerUser | null> {
  if (process.getuid?.() !== 0) return null
  const user = (await ownerOf(join(dir, 'data'))) ?? (await account('postgres')) ?? (await account('nobody'))
  if (user) return user
  throw new Error(
    'PostgreSQL does not run as root, and this system has neither a user "postgres" nor "nobody" to run it. ' +
      'Start Vorel as a normal user, or set DATABASE_URL.',
  )
}

/** Throws, naming the first folder on the way to `path` (or `path` itself) that `user` may not enter. */
export async function assertMayEnter(user: ServerUser, path: string): Promise<void> {
  for (const folder of [...parentsOf(path), path]) {
    if (mayEnter(user, await stat(folder))) continue
    throw new Error(
      `PostgreSQL does not run as root, and the user "${user.name}", who runs it instead, may not enter ${folder}: ` +
        'clone Vorel to a folder that others may enter, start it as a normal user, or set DATABASE_URL.',
    )
  }
}

export function mayEnter(user: ServerUser, owned: { uid: number; gid: number; mode: number }): boolean {
  if (owned.uid === user.uid) return (owned.mode & 0o100) !== 0
  if (owned.gid === user.gid) return (owned.mode & 0o010) !== 0
  return (owned.mode & 0o001) !== 0
}

function parentsOf(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [] : [...parentsOf(parent), parent]
}

async function ownerOf(path: string): Promise<ServerUser | null> {
  const owned = await stat(path).catch(() => null)
  return owned && owned.uid !== 0 ? { name: `uid ${owned.uid}`, uid: owned.uid, gid: owned.gid } : null
}

async function account(name: string): Promise<ServerUser | null> {
  try {
    const [uid, gid] = await Promise.all([exec('id', ['-u', name]), exec('id', ['-g', name])])
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return null
  }
}
