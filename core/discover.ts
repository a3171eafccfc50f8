import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { basename, join, resolve } from 'node:path'
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

/** Folders below each of `roots` that hold a `manifest.ts` or `manifest.js`. */
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
  const files = (await readdir(folder)).filter((name) => /\.(ts|js)$/.test(name)).sort()
  const named = (subject: string) => files.find((name) => name === `${subject}.ts` || name === `${subject}.js`)
  const manifestFile = named('manifest')
  if (!manifestFile) return null
  const version = await versionOf(folder, files)
  const load = async (name: string | undefined, what: string) => {
    if (!name) throw new Error(`${basename(folder)} has no ${what}.ts`)
    return import(`${pathToFileURL(join(folder, name)).href}?version=${version}`) as Promise<Record<string, unknown>>
  }
  const imports = {
    importDriver: async () => (await load(named('driver'), 'driver')).default,
    importSandbox: async () => (await load(named('sandbox'), 'sandbox')).default,
  }
  try {
    return { folder, version, manifest: (await load(manifestFile, 'manifest')).manifest, ...imports }
  } catch (error) {
    return { folder, version, manifest: undefined, fault: firstLine(error), ...imports }
  }
}

const versionOf = async (folder: string, files: string[]): Promise<string> => {
  const hash = createHash('sha256')
  for (const name of files) {
    const path = join(folder, name)
    if ((await stat(path)).isFile()) hash.update(name).update(await readFile(path))
  }
  return hash.digest('hex').slice(0, 16)
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''

/** A changed driver is imported anew with all the files of its folder: they inherit the version of the file that imports them. */
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    const version = context.parentURL && new URL(context.parentURL).searchParams.get('version')
    if (!version || !specifier.startsWith('./')) return resolved
    const url = new URL(resolved.url)
    url.searchParams.set('version', version)
    return { ...resolved, url: url.href }
  },
})
