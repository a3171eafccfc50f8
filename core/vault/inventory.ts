import { hostname } from 'node:os'
import type { Pool } from 'pg'
import type { Keyring } from './keyring.ts'
import { keyIdOf, SEALED } from './sealed-columns.ts'

/** How many values of a column one key has sealed. */
export interface Holding {
  keyId: string
  table: string
  column: string
  count: number
}

/** From one id in the index to the next, so that it costs as much as there are keys, and not rows. */
const idsIn = (table: string, column: string): string => `with recursive ids as (
    (select ${keyIdOf(column)} as id from ${table} where ${column} is not null order by 1 limit 1)
    union all
    select (select ${keyIdOf(column)} from ${table} where ${column} is not null and ${keyIdOf(column)} > ids.id order by 1 limit 1)
    from ids where ids.id is not null
  ) select '${table}' as table_name, '${column}' as column_name, encode(id, 'hex') as key_id from ids where id is not null`

const IDS = SEALED.flatMap(({ table, columns }) => columns.map(({ name }) => idsIn(table, name))).map((sql) => `(${sql})`)

/** Which keys have sealed anything that is stored; with `wanted`, only such. */
export const holdings = async (pool: Pool, wanted: (keyId: string) => boolean = () => true): Promise<Holding[]> => {
  const { rows } = await pool.query<Found>(IDS.join(' union all '))
  const found: Holding[] = []
  for (const { table_name: table, column_name: column, key_id: keyId } of rows)
    if (wanted(keyId)) found.push({ keyId, table, column, count: await countOf(pool, table, column, keyId) })
  return found
}

interface Found {
  table_name: string
  column_name: string
  key_id: string
}

const countOf = async (pool: Pool, table: string, column: string, keyId: string): Promise<number> => {
  const text = `select count(*)::int as count from ${table} where ${column} is not null and ${keyIdOf(column)} = decode($1, 'hex')`
  const { rows } = await pool.query<{ count: number }>(text, [keyId])
  return rows[0]?.count ?? 0
}

/** What a key has sealed, in words: `3 in tenant_credentials.sealed`. */
export const toldHoldings = (held: Holding[]): string =>
  held.map(({ table, column, count }) => `${count} in ${table}.${column}`).join(', ')

/** Keys in use that are not configured, a sentence each. */
export const missingKeys = async (pool: Pool, keyring: Keyring): Promise<string[]> => {
  const found = await holdings(pool, (keyId) => !keyring.knows(keyId))
  return [...Map.groupBy(found, ({ keyId }) => keyId)].map(
    ([keyId, held]) => `Key ${keyId} is not configured, and values are sealed with it: ${toldHoldings(held)}.`,
  )
}

const MEND = 'Add it to CRM_CREDENTIAL_ENCRYPTION_KEYS_OLD (or under vault.kms), and run vorel vault rotate before you remove it.'

/** A key that is in use is refused for removal: nothing starts without it. */
export const assertKeys = async (pool: Pool, keyring: Keyring): Promise<void> => {
  const missing = await missingKeys(pool, keyring)
  if (missing.length > 0) throw new Error([...missing, MEND].join('\n'))
}

/** What a process's jobs call themselves at the database: whoever rotates sees who seals with which key. PostgreSQL keeps 63 bytes of it. */
export const jobsName = (keyId: string): string => `vorel-jobs ${keyId} ${process.pid}@${hostname()}`.slice(0, 63)

/** Running processes, as `pid@host`, by the key that they seal with. */
export const processesBy = async (pool: Pool): Promise<Map<string, string[]>> => {
  const { rows } = await pool.query<{ application_name: string }>(PROCESSES)
  const all = rows.map(({ application_name }) => application_name.split(' '))
  const byKey = Map.groupBy(all, ([, keyId = '']) => keyId)
  return new Map([...byKey].map(([keyId, names]) => [keyId, names.map(([, , process = '']) => process)]))
}

const PROCESSES = `select distinct application_name from pg_stat_activity
  where datname = current_database() and application_name like 'vorel-jobs %' order by 1`
