import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'
import { ROOT } from './support/sources.ts'

const pages = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)

/** Links and paths in backticks, by the file they stand in. */
const named = (page: string): string[] => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link = '']) => link).filter((link) => !/^\w+:/.test(link))
  const paths = [...text.matchAll(/`((?:docs|core|plugins|schemas|test|drivers)\/[\w./-]+)`/g)].map(([, path = '']) => path)
  return [...links.map((link) => normalize(join(dirname(page), link))), ...paths]
}

t.test('every file that the documentation names is there', async (t) => {
  t.ok(pages.length > 8)
  for (const page of pages)
    t.same(
      named(page).filter((path) => !existsSync(join(ROOT, path))),
      [],
      page,
    )
})
