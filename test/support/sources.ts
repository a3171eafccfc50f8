import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A TypeScript file, by its path from the root; its imports are such paths too, or names of packages. */
export interface Source {
  path: string
  text: string
  imports: string[]
}

export function sourcesUnder(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
      .map((path) => source(path, readFileSync(join(ROOT, path), 'utf8'))),
  )
}

export function source(path: string, text: string): Source {
  const named = [...text.matchAll(STATIC), ...text.matchAll(CALLED)].map(([, specifier = '']) => specifier)
  return { path, text, imports: named.map((specifier) => resolved(path, specifier)) }
}

const STATIC = /^\s*(?:import|export)\s(?:[^'"]*?\sfrom\s*)?['"]([^'"]+)['"]/gm
const CALLED = /\b(?:import|require|import\.meta\.resolve)\s*\(\s*['"`]([^'"`]+)['"`]/g

function resolved(path: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(dirname(path), specifier) : specifier
}
