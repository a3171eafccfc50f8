import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the run's first script leaves for the test files: where the one database server is. */
export interface Run {
  url: string
}

/** The runner is the parent of its first and last script and of every test file, so its id names the run. */
export const RUN_DIR = join(tmpdir(), `vorel-test-${process.ppid}`)
export const POSTGRES_DIR = join(RUN_DIR, 'postgres')
export const RUN_FILE = join(RUN_DIR, 'run.json')
export const TEMPLATE = 'vorel_template'

export async function currentRun(): Promise<Run> {
  try {
    return JSON.parse(await readFile(RUN_FILE, 'utf8')) as Run
  } catch {
    throw new Error('There is no test database: run the file through tap (npx tap <file>), which starts one.')
  }
}
