import type { Pool } from 'pg'
import type { Keyring } from './keyring.ts'
import { keyIdOf, type SealedColumn, type SealedTable } from './sealed-columns.ts'

/** What one walk through the values of other keys came to. */
export interface Walked {
  resealed: number
  /** Changed meanwhile, or at work: looked at again later. */
  passedOver: number
  /** They do not open, with the first reason. */
  failed: number
  reason: string | null
}

const BATCH = 200

type Row = Record<string, unknown> & { value: Buffer }

/** Walks once through a column, a batch at a time in the order of the primary key; no lock is held while values are sealed. */
export const rotateColumn = async (
  pool: Pool,
  keyring: Keyring,
  { table, column }: { table: SealedTable; column: SealedColumn },
  onBatch: (soFar: Walked) => void,
): Promise<Walked> => {
  const walked: Walked = { resealed: 0, passedOver: 0, failed: 0, reason: null }
  for (let after: unknown[] | null = null; ; ) {
    const rows: Row[] = await readBatch(pool, keyring, table, column, after)
    const last = rows.at(-1)
    if (!last) return walked
    const fresh = await Promise.all(rows.map((row) => resealed(keyring, column, row, walked)))
    const ready = rows.flatMap((row, index) => (fresh[index] ? { row, value: fresh[index] } : []))
    const written = await writeBatch(pool, keyring, table, column, ready)
    walked.resealed += written
    walked.passedOver += ready.length - written
    onBatch(walked)
    after = Object.keys(table.key).map((name) => last[name])
  }
}

const readBatch = async (pool: Pool, keyring: Keyring, table: SealedTable, column: SealedColumn, after: unknown[] | null) => {
  const keys = Object.keys(table.key)
  const types = Object.values(table.key)
  const from = after ? `and (${keys.join(', ')}) > (${types.map((type, index) => `$${index + 2}::${type}`).join(', ')})` : ''
  const { rows } = await pool.query<Row>(
    `select ${[...keys, ...(column.with ?? [])].join(', ')}, ${column.name} as value from ${table.table}
     where ${column.name} is not null and ${keyIdOf(column.name)} <> decode($1, 'hex') ${from} order by ${keys.join(', ')} limit ${BATCH}`,
    [keyring.currentId, ...(after ?? [])],
  )
  return rows
}

const resealed = async (keyring: Keyring, column: SealedColumn, row: Row, walked: Walked): Promise<Buffer | null> => {
  try {
    return await keyring.reseal(row.value, column.belongsTo(row))
  } catch (error) {
    walked.failed += 1
    walked.reason ??= (error as Error).message
    return null
  }
}

/** Each row only where it still holds what was read; one that somebody has locked is left to the next walk. */
const writeBatch = async (
  pool: Pool,
  keyring: Keyring,
  { table, key, keyIdColumn, isBusy }: SealedTable,
  { name }: SealedColumn,
  ready: { row: Row; value: Buffer }[],
): Promise<number> => {
  if (ready.length === 0) return 0
  const keys = Object.keys(key)
  const types = Object.values(key)
  const same = keys.map((each) => `r.${each} = i.${each}`).join(' and ')
  const { rowCount } = await pool.query(
    `with input as (
       select * from unnest($1::bytea[], $2::bytea[], ${types.map((type, index) => `$${index + 3}::${type}[]`).join(', ')})
         as i (old_value, new_value, ${keys.join(', ')})
     ), locked as (
       select r.ctid as at_row, i.new_value from input i cross join lateral (
         select r.ctid from ${table} r where ${same} and r.${name} = i.old_value ${isBusy ? `and not (${isBusy})` : ''} for update skip locked
       ) r
     )
     update ${table} t set ${name} = l.new_value${keyIdColumn ? `, ${keyIdColumn} = '${keyring.currentId}'` : ''}
     from locked l where t.ctid = l.at_row`,
    [
      ready.map(({ row }) => row.value),
      ready.map(({ value }) => value),
      ...keys.map((each) => ready.map(({ row }) => row[each])),
    ],
  )
  return rowCount ?? 0
}
