import { isDeepStrictEqual } from 'node:util'
import type { MappingRow } from '../../schemas/mapping.ts'
import { VorelError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { FieldMapping, MappingVersion } from '../store/entities.ts'
import type { Actor } from './actor.ts'

export interface MappingOf {
  tenantId: string
  provider: string
}

type Em = ReturnType<Database['orm']['em']['fork']>

export interface StoredMapping {
  version: number
  rows: MappingRow[]
}

/** A change of rows as they stand at that moment, and what it is called in the list of versions. */
export type Change = (before: MappingRow[]) => { rows: MappingRow[]; change: string }

/** Rows, their version, and the version that calls look at change together, one change at a time. */
export const changeRows = (
  { orm }: Pick<Database, 'orm'>,
  { tenantId, provider }: MappingOf,
  { actorType, actorId }: Actor,
  change: Change,
): Promise<StoredMapping> =>
  orm.em.fork().transactional(async (em) => {
    const [connection] = await em.execute<{ id: string }[]>(
      'select id from connection where tenant_id = ? and provider = ? for no key update',
      [tenantId, provider],
    )
    if (!connection) throw changedMeanwhile(tenantId)
    const id = { tenant_id: tenantId, provider }
    const before = await readRows(em, id)
    const { rows, change: what } = change(before)
    const latest = await keepFirst(em, id, before)
    await replaceRows(em, id, before, rows)
    const version = latest + 1
    const row = { ...id, version, rows, change: what, actor_type: actorType, actor_id: actorId, created_at: new Date() }
    await em.insert(MappingVersion, row)
    await em.execute(MAPPED, [JSON.stringify(changedSlots(before, rows)), connection.id])
    return { version, rows }
  })

/** What was told of a slot that changed says nothing of where it goes now, and that is to be looked at soon. */
const MAPPED = `update connection set mapping_version = mapping_version + 1, drift_checked_at = null,
    drift = coalesce((select jsonb_agg(x) from jsonb_array_elements(drift) x 
      where not coalesce(x ->> 'slot' in (select jsonb_array_elements_text(?::jsonb)), false)), '[]')
  where id = ?`

const changedSlots = (before: MappingRow[], after: MappingRow[]): string[] => {
  const rowsBefore = new Map(before.map((row) => [row.slot, row]))
  const rowsAfter = new Map(after.map((row) => [row.slot, row]))
  const slots = [...new Set([...rowsBefore.keys(), ...rowsAfter.keys()])]
  return slots.filter((slot) => !isDeepStrictEqual(rowsBefore.get(slot), rowsAfter.get(slot)))
}

const changedMeanwhile = (tenantId: string) =>
  new VorelError(
    'connection_not_active',
    `Tenant '${tenantId}' was connected to another CRM meanwhile. Nothing was changed; look at the fields there and map again.`,
  )

type Id = { tenant_id: string; provider: string }

const readRows = async (em: Em, id: Id): Promise<MappingRow[]> => {
  const rows = await em.find(FieldMapping, id, { orderBy: { slot: 'asc' } })
  return rows.map(({ slot, path, type, options = null, direction, label = null }) => ({
    slot,
    path,
    type: type as MappingRow['type'],
    options,
    direction: direction as MappingRow['direction'],
    label,
  }))
}

/** The newest version; rows older than the first change that was kept become a version of their own. */
const keepFirst = async (em: Em, id: Id, rows: MappingRow[]): Promise<number> => {
  const [latest] = await em.find(MappingVersion, id, { orderBy: { version: 'desc' }, limit: 1, fields: ['version'] })
  if (latest || rows.length === 0) return latest?.version ?? 0
  const change = 'as it was before versions were kept'
  const by = { actor_type: 'system', actor_id: 'mapping' }
  await em.insert(MappingVersion, { ...id, version: 1, rows, change, ...by, created_at: new Date() })
  return 1
}

const replaceRows = async (em: Em, id: Id, before: MappingRow[], rows: MappingRow[]): Promise<void> => {
  const slots = new Set(rows.map(({ slot }) => slot))
  const gone = before.filter(({ slot }) => !slots.has(slot)).map(({ slot }) => slot)
  if (gone.length) await em.nativeDelete(FieldMapping, { ...id, slot: { $in: gone } })
  if (rows.length)
    await em.upsertMany(
      FieldMapping,
      rows.map((row) => ({ ...id, ...row })),
    )
}
