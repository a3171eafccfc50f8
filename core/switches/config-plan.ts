import type { Pool } from 'pg'
import type { Registry } from '../registry.ts'
import { type Change, changesBetween, type Standing } from './change.ts'
import { type DriverSources, fingerprintOf, registryOf } from './drivers.ts'
import { inFlightAt, livingProcesses, type ServiceProcess } from './processes.ts'
import { type ProviderSwitch, readSwitches, type Switches } from './store.ts'
import { type TouchedTenant, tenantsAt } from './touched.ts'

export interface PlannedProvider extends Pick<Change, 'kind' | 'refusals'> {
  provider: string
  /** Null: no process has it. */
  now: Standing['state'] | null
  after: Standing['state'] | null
  /** What the file says; null: it does not name the provider, which is then on. */
  inFile: boolean | null
  switched: ProviderSwitch | null
  tenants: TouchedTenant[]
  tenantCount: number
  /** Calls under way in all processes; they finish. */
  inFlight: number
}

export interface ConfigPlan {
  processes: (Pick<ServiceProcess, 'id' | 'label' | 'startedAt' | 'seenAt'> & { hasThisConfig: boolean })[]
  /** What changes or is refused. */
  changes: PlannedProvider[]
  unchanged: PlannedProvider[]
  isRefused: boolean
}

/** What the configuration as it is in the file, under the operators' switches, would do to what runs. Reads only. */
export const planConfig = async (sources: DriverSources, { pool }: { pool: Pool }): Promise<ConfigPlan> => {
  const isMigrated = await hasTables(pool)
  const [processes, switches] = isMigrated ? await Promise.all([livingProcesses(pool), readSwitches(pool)]) : [[], {}]
  const registry = await registryOf({ ...sources, switches })
  const planned: PlannedProvider[] = []
  for (const change of changesAcross(processes, registry))
    planned.push(await plannedOf(pool, change, { sources, switches, processes, isMigrated }))
  const isChange = ({ kind, refusals }: PlannedProvider) => kind !== 'none' || refusals.length > 0
  const config = fingerprintOf(sources)
  return {
    processes: processes.map(({ id, label, startedAt, seenAt, ...process }) => {
      return { id, label, startedAt, seenAt, hasThisConfig: process.config === config }
    }),
    changes: planned.filter(isChange),
    unchanged: planned.filter((provider) => !isChange(provider)),
    isRefused: planned.some(({ refusals }) => refusals.length > 0),
  }
}

/** Of a driver that changes in one process and not in another, the change. */
const changesAcross = (processes: ServiceProcess[], registry: Registry): Change[] => {
  const all = (processes.length ? processes : [{ drivers: [] }]).map(({ drivers }) => changesBetween(drivers, registry.list()))
  const bySlug = new Map<string, Change>()
  for (const change of all.flat()) {
    const known = bySlug.get(change.slug)
    if (!known || known.kind === 'none') bySlug.set(change.slug, change)
  }
  return [...bySlug.values()].sort((a, b) => a.slug.localeCompare(b.slug))
}

interface Facts {
  sources: DriverSources
  switches: Switches
  processes: ServiceProcess[]
  isMigrated: boolean
}

const plannedOf = async (
  pool: Pool,
  { slug, kind, now, after, refusals }: Change,
  { sources, switches, processes, isMigrated }: Facts,
): Promise<PlannedProvider> => ({
  provider: slug,
  kind,
  now: now?.state ?? null,
  after: after?.state ?? null,
  refusals,
  inFile: sources.providers[slug] ?? null,
  switched: switches[slug] ?? null,
  ...(isMigrated ? await tenantsAt(pool, slug) : { tenants: [], tenantCount: 0 }),
  inFlight: inFlightAt(processes, slug),
})

const hasTables = async (pool: Pool): Promise<boolean> => {
  const { rows } = await pool.query<{ is_there: boolean }>("select to_regclass('service_process') is not null as is_there")
  return rows[0]?.is_there ?? false
}
