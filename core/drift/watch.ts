import { randomUUID } from 'node:crypto'
import type { Drift } from '../../schemas/field.ts'
import { askFields, storeDescription } from '../admin/fields.ts'
import type { DriverLog } from '../driver.ts'
import { isVorelError } from '../errors.ts'
import { type Access, AccessReader } from '../store/access.ts'
import type { AuditEntry } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { type Connected, connectionOf } from '../verbs/connection.ts'
import type { Deps } from '../verbs/deps.ts'
import { type Described, driftOf, isSame } from './compare.ts'
import { DriftStore, type Watched } from './store.ts'

export type WatchDeps = Pick<Deps, 'registry' | 'outbound' | 'keyring' | 'audit'>

export interface Watching {
  database: Database
  log: DriverLog
  /** Each matter that was not known before. */
  observe(provider: string, kind: Drift['kind']): void
}

const AT_ONCE = 4
const MOST = 200
const AGAIN_AFTER_FAILURE_MS = 3_600_000

/** Compares mapped fields with what providers say of them now, where that is due; gives how many connections it looked at. */
export const watchFields = async (deps: WatchDeps, watching: Watching): Promise<number> => {
  const store = new DriftStore(watching.database.pool)
  const due = await store.take(MOST)
  const queue = due.values()
  const worker = async () => {
    for (const watched of queue)
      await checkOne(deps, watching, watched).catch((error) => postpone(store, watching.log, watched, error))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return due.length
}

/** A provider that cannot be asked says nothing about its fields: what was known stays, and it is asked again soon. */
const postpone = async (store: DriftStore, log: DriverLog, { id, provider }: Watched, error: unknown): Promise<void> => {
  log.warn({ provider, code: isVorelError(error) ? error.code : 'internal' }, 'mapped fields could not be looked at')
  await store.postpone(id, AGAIN_AFTER_FAILURE_MS).catch(() => undefined)
}

const checkOne = async (deps: WatchDeps, watching: Watching, { tenantId }: Watched): Promise<void> => {
  const access = await new AccessReader(watching.database.pool).byTenant(tenantId)
  if (access) await checkFields(deps, watching, access, { actorType: 'system', actorId: 'drift-watch' })
}

/** The same for one tenant now. */
export const checkFields = async (
  deps: WatchDeps,
  { database, observe }: Watching,
  access: Access,
  actor: Pick<AuditEntry, 'actorType' | 'actorId'>,
): Promise<Drift[]> => {
  const store = new DriftStore(database.pool)
  const tenantId = access.tenant.id
  const connected = connectionOf(deps, access)
  const { id, provider } = connected.row
  const { rows, known, objects } = await store.read({ tenantId, provider, connectionId: id })
  const described = await describeAll(deps, database, store, { tenantId, connected }, objects)
  const drift = driftOf({ rows, described, known })
  await store.write(id, drift)
  const entry = { ...actor, tenantId, provider, requestId: randomUUID(), phase: 'outcome', code: 'ok' } as const
  const fresh = drift.filter((matter) => !known.some((other) => isSame(other, matter)))
  const over = known.filter((matter) => !drift.some((other) => isSame(other, matter)))
  if (fresh.length) await deps.audit.write({ ...entry, action: 'mapping.drifted', fields: pathsOf(fresh) })
  if (over.length) await deps.audit.write({ ...entry, action: 'mapping.drift_over', fields: pathsOf(over) })
  for (const { kind } of fresh) observe(provider, kind)
  return drift
}

const pathsOf = (drift: Drift[]): string[] => [...new Set(drift.map(({ field }) => field))]

const describeAll = async (
  deps: WatchDeps,
  database: Database,
  store: DriftStore,
  { tenantId, connected }: { tenantId: string; connected: Connected },
  objects: string[],
): Promise<Map<string, Described>> => {
  const { id: connectionId, provider } = connected.row
  const described = new Map<string, Described>()
  for (const object of objects.filter((name) => Object.hasOwn(connected.driver.manifest.objects, name))) {
    const about = { tenantId, provider, connectionId, object }
    const before = await store.described(about)
    const now = await askFields(deps, connected, object)
    described.set(object, { before, now })
  }
  for (const [object, { now }] of described) await storeDescription(database, { tenantId, provider, connectionId, object }, now)
  return described
}
