import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT, type Source, source, sourcesUnder } from './support/sources.ts'

const slugs = readdirSync(join(ROOT, 'drivers'), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
)
const product = ['schemas', 'core', 'plugins', 'drivers']
const sources = [...sourcesUnder(...product), read('vorel.config.ts')]

/** A rule gives what is wrong with a file, and shows by examples that it can tell. */
interface Rule {
  name: string
  wrong: (file: Source) => string[]
  breaks: [path: string, text: string][]
  keeps: [path: string, text: string][]
}

const isIn = (path: string, ...folders: string[]) => folders.some((folder) => path.startsWith(`${folder}/`))
const mayUsePlugins = (path: string) => path === 'core/app.ts' || isIn(path, 'core/cli')

const rules: Rule[] = [
  {
    name: 'schemas import nothing of core, plugins or drivers',
    wrong: ({ path, imports }) => (isIn(path, 'schemas') ? imports.filter((to) => isIn(to, 'core', 'plugins', 'drivers')) : []),
    breaks: [['schemas/a.ts', "import type { X } from '../core/driver.ts'"]],
    keeps: [['schemas/a.ts', "import Type from 'typebox'\nimport { B } from './b.ts'"]],
  },
  {
    name: 'core imports no plugin, but for the table of contents and the command line',
    wrong: ({ path, imports }) => (isIn(path, 'core') && !mayUsePlugins(path) ? imports.filter((to) => isIn(to, 'plugins')) : []),
    breaks: [['core/verbs/a.ts', "import {\n  x,\n} from '../../plugins/audit.ts'"]],
    keeps: [['core/app.ts', "import audit from '../plugins/audit.ts'"]],
  },
  {
    name: 'plugins import neither drivers nor what starts them',
    wrong: ({ path, imports }) =>
      isIn(path, 'plugins') ? imports.filter((to) => isIn(to, 'drivers', 'test', 'core/cli') || to === 'core/app.ts') : [],
    breaks: [
      ['plugins/a.ts', "export * from '../drivers/memory/map.ts'"],
      ['plugins/a.ts', "import { buildApp } from '../core/app.ts'"],
    ],
    keeps: [['plugins/a.ts', "import { errors } from '../core/errors.ts'\nimport type { R } from '../schemas/record.ts'"]],
  },
  {
    name: 'nobody outside drivers and tests imports a driver',
    wrong: ({ path, imports }) => (isIn(path, 'drivers') ? [] : imports.filter((to) => isIn(to, 'drivers'))),
    breaks: [
      ['core/a.ts', "import memory from '../drivers/memory/driver.ts'"],
      ['core/a.ts', "const { default: memory } = await import('../drivers/memory/driver.ts')"],
      ['vorel.config.ts', "import './drivers/memory/driver.ts'"],
    ],
    keeps: [['core/a.ts', "import './driver.ts'\nimport { x } from './drivers.ts'"]],
  },
  {
    name: 'the product imports no test',
    wrong: ({ imports }) => imports.filter((to) => isIn(to, 'test')),
    breaks: [['core/a.ts', "import { x } from '../test/support/database.ts'"]],
    keeps: [['core/a.ts', "import { x } from './test.ts'"]],
  },
  {
    name: 'a driver imports its own folder, the front door, schemas and packages, nothing else',
    wrong: ({ path, imports }) => (isIn(path, 'drivers') ? imports.filter((to) => !driverMayImport(path, to)) : []),
    breaks: [
      ['drivers/a/driver.ts', "import { x } from '../b/map.ts'"],
      ['drivers/a/driver.ts', "import { x } from '../../core/registry.ts'"],
      ['drivers/a/driver.ts', "import { x } from '../../core/sandbox.ts'"],
      ['drivers/a/driver.ts', "import { request } from 'undici'"],
      ['drivers/a/driver.ts', "import { connect } from 'node:net'"],
      ['drivers/a/map.ts', "import { request } from 'https'"],
      ['drivers/a/sandbox.ts', "import { spawn } from 'node:child_process'\nimport { Pool } from 'undici'"],
    ],
    keeps: [
      ['drivers/a/driver.ts', "import { defineDriver } from '../../core/driver.ts'\nimport { map } from './map.ts'"],
      ['drivers/a/driver.ts', "import { createHash } from 'node:crypto'\nimport { Webhook } from 'standardwebhooks'"],
      ['drivers/a/sandbox.ts', "import { createServer } from 'node:http'\nimport { s } from '../../core/sandbox.ts'"],
      ['drivers/a/sandbox-v2.ts', "import { s } from '../../core/sandbox.ts'"],
    ],
  },
  {
    name: 'a driver opens no door of its own: no fetch, no environment',
    wrong: ({ path, text }) =>
      isIn(path, 'drivers') ? found(text, /\bfetch\(|\bprocess\s*\.\s*env\b|\bcreateRequire\b|\bWebSocket\(/g) : [],
    breaks: [
      ['drivers/a/driver.ts', "await fetch('https://a.example')"],
      ['drivers/a/driver.ts', 'const { KEY } = process.env'],
    ],
    keeps: [['drivers/a/driver.ts', 'const prefetch = (x) => x\nprefetch(1)']],
  },
  {
    name: 'the environment is read in core/config.ts, the command line and tests alone',
    wrong: ({ path, text }) =>
      path === 'core/config.ts' || isIn(path, 'core/cli')
        ? []
        : found(text, /\bprocess\s*(?:\?\.|\.|\[)\s*['"]?env\b|\benv\b[^\n]*['"]node:process['"]/g),
    breaks: [
      ['core/vault/a.ts', 'const key = process.env.KEY'],
      ['plugins/a.ts', "import { env } from 'node:process'"],
    ],
    keeps: [['core/config.ts', 'export const from = process.env']],
  },
  {
    name: 'core and plugins spell no provider',
    wrong: ({ path, text }) =>
      isIn(path, 'core', 'plugins') ? slugs.flatMap((slug) => found(`${path}\n${text}`, spelled(slug))) : [],
    breaks: [
      ['core/a.ts', `if (slug === '${slugs[0]}') return`],
      ['core/a.ts', "const fallback = 'memory'"],
    ],
    keeps: [['core/a.ts', '// kept in memory until asked for\nconst memory = new Map()']],
  },
]

t.test('the rules look at every folder of the product', async (t) => {
  const isSeen = (folder: string) => sources.some(({ path }) => isIn(path, folder))
  for (const folder of product) t.ok(isSeen(folder), folder)
  t.ok(sources.length > 20)
})

for (const { name, wrong, breaks, keeps } of rules) {
  t.test(name, async (t) => {
    for (const [path, text] of breaks) t.not(wrong(source(path, text)).length, 0, `tells: ${text}`)
    for (const [path, text] of keeps) t.same(wrong(source(path, text)), [], `lets pass: ${text}`)
    const faults = sources.flatMap((file) => wrong(file).map((what) => `${file.path}: ${what}`))
    t.same(faults, [], 'in the whole house')
  })
}

t.test('every dependency is named by one exact version', async (t) => {
  const manifest = json('package.json')
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
  t.ok(wanted.length > 10)
  t.same(
    wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version))),
    [],
  )
})

t.test('the lock file names no download address', async (t) => {
  const locked = Object.entries<{ resolved?: string }>(json('package-lock.json').packages)
  t.ok(locked.length > 100)
  t.same(
    locked.flatMap(([name, { resolved }]) => (resolved ? name : [])),
    [],
  )
})

t.test('no tracked file names a package registry', { skip: !existsSync(join(ROOT, '.git')) && 'no checkout' }, async (t) => {
  const registry = /\bregistry\.[\w-]+\.(?:org|com|dev|io|net)\b|\bnpm\.pkg\.github\b|\bregistry\s*=\s*["']?https?:/
  t.match(['https://registry', 'npmjs', 'org/'].join('.'), registry)
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)
  const readable = tracked.filter((path) => existsSync(join(ROOT, path)))
  t.same(
    readable.filter((path) => registry.test(readFileSync(join(ROOT, path), 'utf8'))),
    [],
  )
})

function driverMayImport(path: string, to: string): boolean {
  const folder = path.split('/').slice(0, 2).join('/')
  const isSandbox = /^sandbox(-[\w-]+)?\.ts$/.test(path.slice(folder.length + 1))
  if (isIn(to, folder, 'schemas') || to === 'core/driver.ts') return true
  if (to === 'core/sandbox.ts' || to === 'vorel/sandbox') return isSandbox
  if (isIn(to, 'core', 'plugins', 'drivers', 'test') || to.startsWith('..') || to === 'vorel.config.ts') return false
  const builtin = /^(?:node:)?(?:http|https|http2|net|tls|dgram|dns|child_process|cluster|worker_threads)(?:\/|$)/
  return to !== 'undici' && (isSandbox || !builtin.test(to))
}

/** "memory" is a word of the language as well, so it counts in quotes only. */
function spelled(slug: string): RegExp {
  return slug === 'memory' ? /['"`]memory['"`]/g : new RegExp(`(?<![a-z0-9])${slug}(?![a-z0-9])`, 'gi')
}

function found(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([match]) => match)
}

function read(path: string): Source {
  return source(path, readFileSync(join(ROOT, path), 'utf8'))
}

function json(path: string) {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
}
