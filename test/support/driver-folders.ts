import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import { ROOT } from './sources.ts'

/** What of a file is to be another: `[its name, the text there, the text instead]`. */
export type Edit = [file: string, from: string | RegExp, to: string]

/** A folder outside the repository for drivers that are copies of `memory`, with the repository's packages. */
export const driverFolders = async (t: Pick<Test, 'teardown'>) => {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'vorel-drivers-')))
  t.teardown(() => rm(base, { recursive: true, force: true, maxRetries: 5 }))
  await symlink(join(ROOT, 'node_modules'), join(base, 'node_modules'))
  await writeFile(join(base, 'package.json'), '{"type":"module"}')
  const root = join(base, 'drivers')
  await mkdir(root)

  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const edit = async (slug: string, ...edits: Edit[]) => {
    for (const [file, from, to] of edits) {
      const path = join(root, slug, file)
      const before = await readFile(path, 'utf8')
      const after = before.replace(from, to)
      if (after === before) throw new Error(`Nothing to edit in ${path}`)
      await writeFile(path, after)
    }
  }
  const add = async (slug: string, ...edits: Edit[]) => {
    const folder = join(root, slug)
    // as by a copying operator whose files arrive one by one
    await cp(join(ROOT, 'drivers/memory'), folder, { recursive: true })
    const outside = (text: string) =>
      text.replaceAll(/'\.\.\/\.\.\/([^']+)'/g, (_, path) => `'${pathToFileURL(join(ROOT, path)).href}'`)
    for (const file of await readdir(folder)) {
      if (file.endsWith('.ts')) await writeFile(join(folder, file), outside(await readFile(join(folder, file), 'utf8')))
    }
    const renamed: Edit[] = slug === 'memory' ? [] : [['manifest.ts', "slug: 'memory'", `slug: '${slug}'`]]
    await edit(slug, ...renamed, ...edits)
    return folder
  }
  return { base, root, add, edit, write }
}
