import type { DescribeObjectOutput, FieldDescription } from '../../schemas/field.ts'
import type { Manifest } from '../../schemas/manifest.ts'
import type { ShownFields } from '../../schemas/mapping.ts'
import { VorelError } from '../errors.ts'
import { Deadline } from '../outbound/deadline.ts'
import { type Access, AccessReader } from '../store/access.ts'
import type { Database } from '../store/database.ts'
import { checked } from '../verbs/answer.ts'
import { ours } from '../verbs/call.ts'
import { type Connected, connectionOf } from '../verbs/connection.ts'
import { recordsOf, resolveObject } from '../verbs/objects.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'
import { readDescription, storeDescription } from './fields-store.ts'

export { type DescribedId, storeDescription } from './fields-store.ts'

const DESCRIBE_MS = 20_000
const silent = { debug: () => undefined, warn: () => undefined }

/**
 * The fields of one of the provider's own objects, as it describes them now; of a driver that cannot ask, those of its manifest. Not for an object that only
 * stands for another. Rejects with `VorelError`.
 */
export const askFields = async (
  { outbound }: Pick<AdminDeps, 'outbound'>,
  { driver, open }: Connected,
  object: string,
): Promise<DescribeObjectOutput> => {
  if (!driver.describeObject) return { fields: defaultFields(driver.manifest, object), isOpen: true }
  const deadline = new Deadline(DESCRIBE_MS)
  try {
    const ctx = outbound.context(driver, await open(), { deadline, log: silent })
    return checked.describeObject(await driver.describeObject(ctx, { object }))
  } catch (error) {
    throw ours(error)
  } finally {
    deadline.done()
  }
}

/** Each native field that a manifest names on an object, whichever of our objects it is for. */
const defaultFields = (manifest: Manifest, wanted: string): FieldDescription[] => {
  const known = new Map<string, FieldDescription>()
  for (const [object, { fields }] of Object.entries(manifest.objects))
    for (const { field: name, type, options, object: other = recordsOf(manifest, object) } of Object.values(fields)) {
      if (other !== wanted || known.has(name)) continue
      const shared = { name, label: name, type, required: false, writable: true, custom: false }
      known.set(name, options ? { ...shared, options: options.map((value) => ({ value, label: value })) } : shared)
    }
  return [...known.values()]
}

/** A tenant with its connection, which must be active. */
export interface ConnectedTenant extends Connected {
  access: Access
  tenantId: string
}

export const connectedTenant = async (
  deps: Pick<AdminDeps, 'registry' | 'keyring'>,
  { pool }: Database,
  tenantId: string,
): Promise<ConnectedTenant> => {
  const access = await new AccessReader(pool).byTenant(tenantId)
  if (!access)
    throw new VorelError('invalid_request', `There is no tenant '${tenantId}'. Create it: vorel tenants create ${tenantId}.`)
  return { ...connectionOf(deps, access), access, tenantId }
}

/** One of the provider's own objects as it was last described. */
export interface ObjectFields {
  object: string
  isOpen: boolean
  describedAt: Date
  fields: FieldDescription[]
}

const DAY_MS = 86_400_000

/** The provider's objects that one of ours is kept in: its records' own, and others that its default fields name. */
export const objectsBehind = (manifest: Manifest, object: string): string[] => {
  const others = Object.values(manifest.objects[object]?.fields ?? {}).flatMap((field) => field.object ?? [])
  return [...new Set([recordsOf(manifest, object), ...others])]
}

/** Asks the provider now, and keeps what it says. */
export const askAndKeep = async (
  deps: AdminDeps,
  database: Database,
  tenant: ConnectedTenant,
  object: string,
): Promise<ObjectFields> => {
  const described = await askFields(deps, tenant, object)
  const { tenantId, driver, row } = tenant
  // What a manifest says is known without keeping it.
  if (driver.describeObject)
    await storeDescription(database, { tenantId, provider: row.provider, connectionId: row.id, object }, described)
  return { object, isOpen: described.isOpen ?? false, describedAt: new Date(), fields: described.fields }
}

const fromCache = async (database: Database, { tenantId, row }: ConnectedTenant, object: string) => {
  const id = { tenantId, provider: row.provider, connectionId: row.id, object }
  const kept = await readDescription(database, id)
  return kept && kept.describedAt.getTime() > Date.now() - DAY_MS ? { object, ...kept } : null
}

/** The same without asking, where what is kept is at most a day old. */
export const keptOrAsked = async (
  deps: AdminDeps,
  database: Database,
  tenant: ConnectedTenant,
  object: string,
): Promise<ObjectFields> => (await fromCache(database, tenant, object)) ?? askAndKeep(deps, database, tenant, object)

export interface DescribedFields {
  provider: string
  object: string
  objects: ObjectFields[]
}

/** All fields that values of one of our objects may go to. */
export const describedFields = async (
  deps: AdminDeps,
  database: Database,
  tenantId: string,
  name: string,
  { refresh = false, actor, requestId }: { refresh?: boolean; actor: Actor; requestId?: string },
): Promise<DescribedFields> => {
  const tenant = await connectedTenant(deps, database, tenantId)
  const { manifest } = tenant.driver
  const object = resolveObject(manifest, name)
  const behind = objectsBehind(manifest, object)
  const kept = refresh ? [] : await Promise.all(behind.map((one) => fromCache(database, tenant, one)))
  const isKnown = kept.length > 0 && kept.every((one) => one !== null)
  if (isKnown) return { provider: manifest.slug, object, objects: kept }
  const about = { action: 'fields.asked', provider: manifest.slug, object, ...(requestId && { requestId }) }
  const ask = refresh ? askAndKeep : keptOrAsked
  const objects = await audited(deps, { ...actor, tenantId }, about, () =>
    Promise.all(behind.map((one) => ask(deps, database, tenant, one))),
  )
  return { provider: manifest.slug, object, objects }
}

/** As operators see them. */
export const shownFields = ({ provider, object, objects }: DescribedFields): ShownFields => ({
  provider,
  object,
  is_open: objects.some(({ isOpen }) => isOpen),
  described_at: new Date(Math.min(...objects.map(({ describedAt }) => describedAt.getTime()))).toISOString(),
  fields: objects.flatMap(({ object, fields }) => fields.map((field) => ({ path: `${object}.${field.name}`, ...field }))),
})
