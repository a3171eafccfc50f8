import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { Test } from 'tap'
import { currentRun, TEMPLATE } from '../setup/run.ts'

/** The URL of a new, migrated, empty database, gone at the test's end together with whatever is still connected to it. */
export async function freshDatabase(t: Pick<Test, 'teardown'>): Promise<string> {
  const { url } = await currentRun()
  const name = `test_${randomBytes(6).toString('hex')}`
  await onServer(url, `create database ${name} template ${TEMPLATE}`)
  t.teardown(() => onServer(url, `drop database if exists ${name} with (force)`))
  return Object.assign(new URL(url), { pathname: `/${name}` }).href
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
