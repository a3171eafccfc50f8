import type { FieldDescription } from '../../schemas/field.ts'
import type { MappingRow } from '../../schemas/mapping.ts'
import type { AnyDriver } from '../driver.ts'
import { VorelError } from '../errors.ts'
import { Deadline } from '../outbound/deadline.ts'
import { AccessReader } from '../store/access.ts'
import type { Database } from '../store/database.ts'
import { Connection, FieldMapping } from '../store/entities.ts'
import { connectionOf } from '../verbs/connection.ts'
import { resolveObject } from '../verbs/objects.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'

export interface MapOptions extends Actor {
  tenantId: string
  /** `lead.budget_max` */
  slot: string
}

const DESCRIBE_MS = 20_000
const silent = { debug: () => undefined, warn: () => undefined }

/** Sends a slot to a field of the tenant's CRM, looked up there where the provider describes its fields. */
export const setMapping = async (
  deps: AdminDeps,
  database: Database,
  options: MapOptions & { path: string },
): Promise<MappingRow> => {
  const access = await new AccessReader(database.pool).byTenant(options.tenantId)
  if (!access) throw new VorelError('invalid_request', `There is no tenant '${options.tenantId}'.`)
  const connected = connectionOf(deps, access)
  const { manifest } = connected.driver
  const [slotObject, slotName] = parts('slot', options.slot)
  const [pathObject, field] = parts('field', options.path)
  const object = resolveObject(manifest, slotObject)
  if (resolveObject(manifest, pathObject) !== object)
    throw new VorelError(
      'object_unsupported',
      `${manifest.name} cannot split one ${object} over two objects. Map ${options.slot} to a field of ${object}.`,
    )
  const found = await describedField(deps, connected, object, field)
  const row: MappingRow = {
    slot: `${object}.${slotName}`,
    path: `${object}.${field}`,
    type: found.type,
    options: found.options ?? null,
    direction: 'both',
    label: null,
  }
  await audited(deps, options, { action: 'mapping.set', provider: manifest.slug, object, fields: [row.slot] }, () =>
    changeRows(database, options.tenantId, manifest.slug, async (em, key) => {
      await em.upsert(FieldMapping, { ...key, ...row })
    }),
  )
  return row
}

export const unsetMapping = async (deps: AdminDeps, database: Database, options: MapOptions): Promise<boolean> => {
  const connection = await database.orm.em.fork().findOne(Connection, { tenant_id: options.tenantId })
  if (!connection) throw new VorelError('not_connected', `Tenant '${options.tenantId}' has no CRM connected.`)
  return audited(deps, options, { action: 'mapping.unset', provider: connection.provider, fields: [options.slot] }, async () => {
    let removed = 0
    await changeRows(database, options.tenantId, connection.provider, async (em, key) => {
      removed = await em.nativeDelete(FieldMapping, { ...key, slot: options.slot })
    })
    return removed > 0
  })
}

export const listMappings = async ({ pool }: Database, tenantId: string): Promise<MappingRow[]> => {
  const { rows } = await pool.query<MappingRow>(
    'select m.slot, m.path, m.type, m.options from field_mapping m join connection c using (tenant_id, provider) where tenant_id = $1 order by slot',
    [tenantId],
  )
  return rows
}

const parts = (what: string, text: string): [string, string] => {
  const match = /^([a-z][a-z0-9_]*)\.(\S{1,200})$/i.exec(text)
  if (!match?.[1] || !match[2])
    throw new VorelError('invalid_request', `The ${what} '${text}' is not of the form <object>.<name>, such as lead.budget_max.`)
  return [match[1].toLowerCase(), match[2]]
}

type Em = ReturnType<Database['orm']['em']['fork']>

/** Rows and the version that calls look at change together. */
const changeRows = (
  { orm }: Database,
  tenantId: string,
  provider: string,
  change: (em: Em, key: { tenant_id: string; provider: string }) => Promise<void>,
): Promise<void> =>
  orm.em.fork().transactional(async (em) => {
    const connection = await em.findOneOrFail(Connection, { tenant_id: tenantId })
    await change(em as Em, { tenant_id: tenantId, provider })
    connection.mapping_version += 1
  })

const describedField = async (
  { outbound }: AdminDeps,
  connected: ReturnType<typeof connectionOf>,
  object: string,
  field: string,
): Promise<Pick<FieldDescription, 'type' | 'options'>> => {
  const { driver } = connected
  if (!driver.describeObject) return defaultType(driver, object, field)
  const deadline = new Deadline(DESCRIBE_MS)
  try {
    const ctx = outbound.context(driver, connected.open(), { deadline, log: silent })
    const { fields } = await driver.describeObject(ctx, { object })
    return checkField(driver, object, field, fields)
  } finally {
    deadline.done()
  }
}

const defaultType = ({ manifest }: AnyDriver, object: string, field: string): Pick<FieldDescription, 'type'> =>
  Object.values(manifest.objects[object]?.fields ?? {}).find((known) => known.field === field) ?? { type: 'string' }

const checkField = ({ manifest }: AnyDriver, object: string, field: string, fields: FieldDescription[]): FieldDescription => {
  const found = fields.find(({ name }) => name === field)
  if (!found) {
    const near = fields
      .filter(({ name, label, writable }) => writable && isNear(field, `${name} ${label}`))
      .map(({ name }) => `${object}.${name}`)
    throw new VorelError(
      'field_invalid',
      `${manifest.name} has no field '${field}' on ${object}. ${near.length ? `Near: ${near.slice(0, 5).join(', ')}.` : 'Look its name up there.'}`,
      { fields: [`${object}.${field}`] },
    )
  }
  if (!found.writable)
    throw new VorelError('field_invalid', `'${field}' on ${object} cannot be written at ${manifest.name}.`, {
      fields: [`${object}.${field}`],
    })
  return found
}

const isNear = (wanted: string, known: string): boolean =>
  wanted
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => word.length > 2 && known.toLowerCase().includes(word))
