import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface ServerFile {
  password: string
  port: number | null
}

const serverFileOf = (dir: string) => join(dir, 'server.json')

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

export const unreadable = (path: string, error: unknown) =>
  new Error(
    `${path}, a file of the embedded database, cannot be read (${codeOf(error)}). ` +
      'Start Vorel as the user who first started it, or set DATABASE_URL.',
  )

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'not JSON'
