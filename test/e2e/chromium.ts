import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

export const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
export const hasChromium = existsSync(CHROMIUM)

const ARTEFACTS = join(import.meta.dirname, 'artefacts')
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const startChromium = async (t: Pick<Test, 'teardown'>): Promise<Browser> => {
  await mkdir(ARTEFACTS, { recursive: true })
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  t.teardown(() => browser.close())
  return browser
}

export interface Window {
  page: Page
  /** What the browser complained of: errors of scripts, the policy, files that are not there. */
  complaints: string[]
}

export const openWindow = async (browser: Browser, options: BrowserContextOptions): Promise<Window> => {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints: string[] = []
  // What a form was refused with is an answer of ours, and the browser notes it as an error.
  page.on('console', (message) => {
    if (message.type() === 'error' && !/the server responded with a status of 4\d\d/.test(message.text()))
      complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return { page, complaints }
}

export const picture = (page: Page, name: string): Promise<unknown> =>
  page.screenshot({ path: join(ARTEFACTS, `${name}.png`), fullPage: true })

interface Violation {
  id: string
  impact: string
  nodes: { target: string[] }[]
}

/** What keeps people from using the page, by the rules of axe: serious and critical ones. */
export const obstacles = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe)
  const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run(document)')
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}

/** Whether the page is wider than the window. */
export const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth')
