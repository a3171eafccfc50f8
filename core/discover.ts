import { createHash } from 'node:crypto'
import { readdir, readFile, realpath } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { basename, join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A driver's folder as found: its manifest is read, its driver not yet. */
export interface FoundDriver {
  folder: string
  /** Changes with any file of the folder. */
  version: string
  manifest: unknown
  /** Why the manifest could not be read. */
  fault?: string
  importDriver(): Promise<unknown>
  importSandbox(): Promise<unknown>
}

const VERSION = 'driver-version'
/** The URL of the folder that a version is of. */
const folderOf = new Map<string, string>()

/** Folders below each of `roots` that hold a `manifest` or a `driver`, as .ts or .js. */
export const discover = async (roots: string[]): Promise<FoundDriver[]> => {
  const folders = await Promise.all(roots.map((root) => subfolders(resolve(root))))
  const found = await Promise.all(folders.flat().map(readFolder))
  return found.filter((driver) => driver !== null)
}

const subfolders = async (root: string): Promise<string[]> => {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(root, name))
    .sort()
}

const readFolder = async (folder: string): Promise<FoundDriver | null> => {
  const files = await filesOf(folder)
  const named = (subject: string) => files.find((name) => name === `${subject}.ts` || name === `${subject}.js`)
  if (!named('manifest') && !named('driver')) return null
  const version = await versionOf(folder, files)
  const load = async (name: string | undefined, what: string) => {
    if (!name) throw new Error(`${basename(folder)} has no ${what}.ts`)
    const url = pathToFileURL(join(folder, name))
    url.searchParams.set(VERSION, version)
    return import(url.href) as Promise<Record<string, unknown>>
  }
  const imports = {
    importDriver: async () => (await load(named('driver'), 'driver')).default,
    importSandbox: async () => (await load(named('sandbox'), 'sandbox')).default,
  }
  try {
    return { folder, version, manifest: (await load(named('manifest'), 'manifest')).manifest, ...imports }
  } catch (error) {
    return { folder, version, manifest: undefined, fault: firstLine(error), ...imports }
  }
}

/** Everything a driver may import or read of its own, at any depth, by its path within the folder. */
const filesOf = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|js|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + sep.length))
    .filter((name) => !name.startsWith(`node_modules${sep}`))
    .sort()
}

const versionOf = async (folder: string, files: string[]): Promise<string> => {
  const hash = createHash('sha256').update(folder)
  for (const name of files) hash.update(`\0${name}\0`).update(await readFile(join(folder, name)).catch(() => ''))
  const version = hash.digest('hex').slice(0, 16)
  folderOf.set(version, `${pathToFileURL(await realpath(folder)).href}/`)
  return version
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''

/** A changed driver is imported anew with all the files of its folder: they inherit the version of the file that imports them. */
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    const version = context.parentURL?.includes(VERSION) ? new URL(context.parentURL).searchParams.get(VERSION) : null
    const folder = version && folderOf.get(version)
    if (!folder || !resolved.url.startsWith(folder)) return resolved
    const url = new URL(resolved.url)
    url.searchParams.set(VERSION, version)
    return { ...resolved, url: url.href }
  },
})
