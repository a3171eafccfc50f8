import type { Manifest } from '../../schemas/manifest.ts'
import type { MappingRow } from '../store/mappings.ts'
import type { Call } from './call.ts'
import type { Deps } from './deps.ts'
import { type Plan, planOf } from './mapping.ts'

const NO_ROWS: MappingRow[] = []
const compiled = new WeakMap<Manifest, WeakMap<MappingRow[], Map<string, Plan>>>()

/** The mapping of the call's object, compiled once per manifest and version of the tenant's rows. */
export const planFor = async (deps: Deps, { caller, connected, object }: Call): Promise<Plan> => {
  const { driver, row } = connected
  const own = row.mappingVersion > 0
  const rows = own ? await deps.mappings.rows(caller.access.tenant.id, row.provider, row.id, row.mappingVersion) : NO_ROWS
  const byRows = getOrMake(compiled, driver.manifest, () => new WeakMap<MappingRow[], Map<string, Plan>>())
  const byObject = getOrMake(byRows, rows, () => new Map<string, Plan>())
  const known = byObject.get(object)
  if (known) return known
  const plan = planOf(driver.manifest, object, rows)
  byObject.set(object, plan)
  return plan
}

const getOrMake = <K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V => {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
