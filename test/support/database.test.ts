import pg from 'pg'
import t from 'tap'
import { freshDatabase } from './database.ts'

t.test('each test gets a migrated database of its own, which is gone afterwards though connections were left open', async (t) => {
  const urls: string[] = []
  for (const name of ['first', 'second']) {
    await t.test(name, async (t) => {
      const url = await freshDatabase(t)
      urls.push(url)
      const { rows } = await connected(url, (client) => client.query("select to_regclass('tenant') is not null as migrated"))
      t.same(rows, [{ migrated: true }])
    })
  }
  t.equal(new Set(urls).size, 2)
  for (const url of urls)
    await t.rejects(
      connected(url, () => Promise.resolve()),
      { code: '3D000' },
    )
})

/** Leaves the connection open on purpose. */
async function connected<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return use(client)
}
