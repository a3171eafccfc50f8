import type { AskedRow, ChangedMapping, MappingRow, ShownMapping } from '../../schemas/mapping.ts'
import { VorelError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { resolveObject } from '../verbs/objects.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'
import { type ConnectedTenant, connectedTenant } from './fields.ts'
import { type Candidate, checkRows, partsOf } from './mapping-check.ts'
import { type Change, changeRows } from './mapping-store.ts'
import { latestVersion, versionOf } from './mapping-versions.ts'

export interface MappingActor extends Actor {
  tenantId: string
  requestId?: string
}

export interface MappingChange extends MappingActor {
  set?: readonly AskedRow[]
  unset?: readonly string[]
  /** What it is called in the list of versions, unless it is told by its slots. */
  change?: string
}

/** Sets and removes rows, all or nothing, once the provider's own description of its fields says that they can be. */
export const changeMapping = async (
  deps: AdminDeps,
  database: Database,
  { set = [], unset = [], change, ...by }: MappingChange,
): Promise<ChangedMapping> => {
  // What is removed needs no provider that answers.
  const connected = set.length ? await connectedTenant(deps, database, by.tenantId) : null
  const tenant = connected ?? (await mappedTenant(deps, database, by.tenantId))
  const action = set.length ? 'mapping.set' : 'mapping.unset'
  const fields = [...set.map(({ slot }) => slot), ...unset]
  return audited(deps, by, aboutOf(tenant, action, fields, by), async () => {
    const removed = unset.map((slot) => resolvedSlot(tenant, slot))
    const { rows, notes } = connected ? await checkRows(deps, database, connected, set) : { rows: [], notes: [] }
    refuseTwice([...rows.map(({ slot }) => slot), ...removed])
    const what = change ?? summaryOf(rows, removed)
    return store(database, tenant, by, notes, (before) => {
      refuseUnmapped(before, removed, by.tenantId)
      const kept = before.filter(({ slot }) => !removed.includes(slot))
      return { rows: merged(kept, rows), change: what }
    })
  })
}

/** Makes the rows what they were after an earlier version, where the provider still has what they need. */
export const restoreMapping = async (
  deps: AdminDeps,
  database: Database,
  { version, ...by }: MappingActor & { version: number },
): Promise<ChangedMapping> => {
  const tenant = await connectedTenant(deps, database, by.tenantId)
  const { mappings } = await versionOf(database, by.tenantId, version)
  const fields = mappings.map(({ slot }) => slot)
  return audited(deps, by, aboutOf(tenant, 'mapping.restored', fields, by), async () => {
    const { rows, notes } = await checkRows(deps, database, tenant, mappings.map(asCandidate))
    return store(database, tenant, by, notes, () => ({ rows: merged([], rows), change: `restore version ${version}` }))
  })
}

/** The rows of the provider that the tenant is connected to. */
export const showMapping = async (database: Database, tenantId: string): Promise<ShownMapping> => {
  const { provider, version } = await latestVersion(database, tenantId)
  const { rows } = await database.pool.query<MappingRow>(
    'select slot, path, type, options, direction, label from field_mapping where tenant_id = $1 and provider = $2 order by slot',
    [tenantId, provider],
  )
  return { provider, version, mappings: rows }
}

/** One slot, as `changeMapping`. */
export const setMapping = async (
  deps: AdminDeps,
  database: Database,
  { slot, path, direction, type, ...by }: MappingActor & Omit<AskedRow, 'field'> & { path: string },
): Promise<MappingRow & { version: number; notes: string[] }> => {
  const asked = { slot, field: path, ...(direction && { direction }), ...(type && { type }) }
  const { version, mappings, notes } = await changeMapping(deps, database, { ...by, set: [asked] })
  const full = resolvedSlot(await mappedTenant(deps, database, by.tenantId), slot)
  const row = mappings.find((one) => one.slot === full)
  if (!row) throw new VorelError('internal', 'A mapping that was stored is gone.')
  return { ...row, version, notes }
}

/** One slot, as `changeMapping`. */
export const unsetMapping = (
  deps: AdminDeps,
  database: Database,
  { slot, ...by }: MappingActor & { slot: string },
): Promise<ChangedMapping> => changeMapping(deps, database, { ...by, unset: [slot] })

type MappedTenant = Pick<ConnectedTenant, 'tenantId' | 'driver'>

/** A tenant with the driver of its connection, active or not. */
const mappedTenant = async ({ registry }: AdminDeps, database: Database, tenantId: string): Promise<MappedTenant> => {
  const { provider } = await latestVersion(database, tenantId)
  return { tenantId, driver: registry().get(provider) }
}

const aboutOf = (tenant: MappedTenant, action: string, fields: string[], { requestId }: MappingActor) => ({
  action,
  provider: tenant.driver.manifest.slug,
  fields,
  ...(requestId && { requestId }),
})

const store = async (
  database: Database,
  { tenantId, driver: { manifest } }: MappedTenant,
  by: Actor,
  notes: string[],
  change: Change,
): Promise<ChangedMapping> => {
  const { version, rows } = await changeRows(database, { tenantId, provider: manifest.slug }, by, change)
  return { provider: manifest.slug, version, mappings: rows, notes }
}

/** By the object's own name, whatever alias was used. */
const resolvedSlot = ({ driver }: MappedTenant, slot: string): string => {
  const [object, name] = partsOf('slot', slot, /^\S+$/)
  return `${resolveObject(driver.manifest, object)}.${name}`
}

const merged = (kept: MappingRow[], rows: MappingRow[]): MappingRow[] => {
  const bySlot = new Map([...kept, ...rows].map((row) => [row.slot, row]))
  return [...bySlot.values()].sort((a, b) => (a.slot < b.slot ? -1 : 1))
}

const summaryOf = (rows: MappingRow[], removed: string[]): string => {
  const set = rows.length ? [`set ${rows.map(({ slot }) => slot).join(', ')}`] : []
  const unset = removed.length ? [`unset ${removed.join(', ')}`] : []
  return [...set, ...unset].join('; ')
}

const asCandidate = ({ slot, path, direction, type }: MappingRow): Candidate => ({ slot, field: path, direction, accepted: type })

const refuseTwice = (slots: string[]): void => {
  const twice = slots.filter((slot, at) => slots.indexOf(slot) !== at)
  if (twice.length)
    throw new VorelError('invalid_request', `${twice.join(', ')} is named twice. Name each slot once. Nothing was changed.`)
}

const refuseUnmapped = (before: MappingRow[], removed: string[], tenantId: string): void => {
  const missing = removed.filter((slot) => !before.some((row) => row.slot === slot))
  if (missing.length)
    throw new VorelError(
      'invalid_request',
      `Tenant '${tenantId}' has no mapping of ${missing.join(', ')}. See: vorel map list ${tenantId}. Nothing was changed.`,
      { fields: missing },
    )
}
