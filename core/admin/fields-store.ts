import { isDeepStrictEqual } from 'node:util'
import type { DescribeObjectOutput, FieldDescription } from '../../schemas/field.ts'
import type { Database } from '../store/database.ts'

/** Whose description it is. */
export interface DescribedId {
  tenantId: string
  provider: string
  connectionId: string
  object: string
}

interface StoredFields {
  connection_id: string
  is_open: boolean
  fields: FieldDescription[]
}

const UPSERT = `insert into field_description (tenant_id, provider, object, connection_id, is_open, fields, described_at)
  values (?, ?, ?, ?, ?, ?::jsonb, clock_timestamp())
  on conflict (tenant_id, provider, object) do update set
    connection_id = excluded.connection_id, is_open = excluded.is_open, fields = excluded.fields, described_at = excluded.described_at`

/**
 * Keeps a description; where it differs from the one kept, the mapping's version moves, since calls go by its options. True: something changed. Nothing is
 * kept of a connection that is there no more.
 */
export const storeDescription = async (
  { orm }: Pick<Database, 'orm'>,
  { tenantId, provider, connectionId, object }: DescribedId,
  described: DescribeObjectOutput,
): Promise<boolean> => {
  const fields = storable(described.fields)
  const isOpen = described.isOpen ?? false
  return orm.em.fork().transactional(async (em) => {
    const there = await em.execute('select 1 from connection where id = ? and provider = ? for no key update', [
      connectionId,
      provider,
    ])
    if (there.length === 0) return false
    const id = [tenantId, provider, object]
    const [kept] = await em.execute<StoredFields[]>(
      'select connection_id, is_open, fields from field_description where tenant_id = ? and provider = ? and object = ?',
      id,
    )
    await em.execute(UPSERT, [...id, connectionId, isOpen, JSON.stringify(fields)])
    if (kept?.connection_id === connectionId && kept.is_open === isOpen && isSame(kept.fields, fields)) return false
    await em.execute('update connection set mapping_version = mapping_version + 1 where id = ?', [connectionId])
    return true
  })
}

/** In whatever order the provider lists them. */
const isSame = (before: FieldDescription[], after: FieldDescription[]): boolean =>
  isDeepStrictEqual(before.toSorted(byName), after.toSorted(byName))

const byName = (a: FieldDescription, b: FieldDescription): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** PostgreSQL keeps no NUL and no half of a surrogate pair. */
const storable = (fields: FieldDescription[]): FieldDescription[] =>
  JSON.parse(
    JSON.stringify(fields, (_, value: unknown) =>
      typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value,
    ),
  )

/** What is kept of this connection. */
export const readDescription = async (
  { pool }: Pick<Database, 'pool'>,
  { tenantId, provider, connectionId, object }: DescribedId,
): Promise<{ isOpen: boolean; describedAt: Date; fields: FieldDescription[] } | null> => {
  const { rows } = await pool.query<StoredFields & { described_at: string }>(
    `select connection_id, is_open, fields, described_at from field_description
     where tenant_id = $1 and provider = $2 and object = $3 and connection_id = $4`,
    [tenantId, provider, object, connectionId],
  )
  const [row] = rows
  return row ? { isOpen: row.is_open, describedAt: new Date(row.described_at), fields: row.fields } : null
}
