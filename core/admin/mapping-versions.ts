import { isDeepStrictEqual } from 'node:util'
import type { MappingDiff, MappingRow, MappingVersions, OneMappingVersion } from '../../schemas/mapping.ts'
import { VorelError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { notConnected } from './connections.ts'
import { tenantOf } from './tenants.ts'

interface Row {
  version: number
  change: string
  actor_id: string
  created_at: string
}

const shown = ({ version, change, actor_id, created_at }: Row) => ({
  version,
  change,
  by: actor_id,
  at: new Date(created_at).toISOString(),
})

/** The newest version of the tenant's mapping to what it is connected to; 0: never changed. */
export const latestVersion = async (database: Database, tenantId: string): Promise<{ provider: string; version: number }> => {
  const { rows } = await database.pool.query<{ provider: string; version: number }>(
    `select c.provider, coalesce(max(v.version), 0)::int as version from connection c
     left join mapping_version v on v.tenant_id = c.tenant_id and v.provider = c.provider
     where c.tenant_id = $1 group by c.provider`,
    [tenantId],
  )
  if (rows[0]) return rows[0]
  await tenantOf(database, tenantId)
  throw notConnected(tenantId)
}

export const listVersions = async (database: Database, tenantId: string): Promise<MappingVersions> => {
  const { provider } = await latestVersion(database, tenantId)
  const { rows } = await database.pool.query<Row>(
    `select version, change, actor_id, created_at from mapping_version
     where tenant_id = $1 and provider = $2 order by version desc`,
    [tenantId, provider],
  )
  return { provider, versions: rows.map(shown) }
}

export const versionOf = async (database: Database, tenantId: string, version: number): Promise<OneMappingVersion> => {
  const { provider, version: latest } = await latestVersion(database, tenantId)
  const { rows } = await database.pool.query<Row & { rows: MappingRow[] }>(
    `select version, change, actor_id, created_at, rows from mapping_version
     where tenant_id = $1 and provider = $2 and version = $3`,
    [tenantId, provider, version],
  )
  const [found] = rows
  if (!found) throw noSuchVersion(tenantId, provider, version, latest)
  return { provider, ...shown(found), mappings: found.rows }
}

const noSuchVersion = (tenantId: string, provider: string, version: number, latest: number): VorelError => {
  const there = latest > 0 ? `There are 1 to ${latest}: vorel map versions ${tenantId}.` : 'There is none yet.'
  return new VorelError('not_found', `The mapping of tenant '${tenantId}' to ${provider} has no version ${version}. ${there}`)
}

/** What became of the rows between two versions; the newest and the one before it, unless told otherwise. */
export const diffVersions = async (
  database: Database,
  tenantId: string,
  asked: { from?: number | undefined; to?: number | undefined },
): Promise<MappingDiff> => {
  const { provider, version: latest } = await latestVersion(database, tenantId)
  const to = asked.to ?? latest
  const from = asked.from ?? Math.max(0, to - 1)
  const rowsOf = async (version: number) => (version === 0 ? [] : (await versionOf(database, tenantId, version)).mappings)
  const [before, after] = await Promise.all([rowsOf(from), rowsOf(to)])
  return { provider, from, to, ...differences(before, after) }
}

const differences = (before: MappingRow[], after: MappingRow[]): Pick<MappingDiff, 'added' | 'removed' | 'changed'> => {
  const [old, now] = [before, after].map((rows) => new Map(rows.map((row) => [row.slot, row]))) as [Rows, Rows]
  return {
    added: after.filter(({ slot }) => !old.has(slot)),
    removed: before.filter(({ slot }) => !now.has(slot)),
    changed: after.flatMap((to) => {
      const from = old.get(to.slot)
      return from && !isDeepStrictEqual(from, to) ? [{ slot: to.slot, from, to }] : []
    }),
  }
}

type Rows = Map<string, MappingRow>
