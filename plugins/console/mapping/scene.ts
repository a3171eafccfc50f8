import type { FastifyInstance } from 'fastify'
import { type ShownConnection, showConnection } from '../../../core/admin/connections.ts'
import { showMapping } from '../../../core/admin/mappings.ts'
import { tenantOf } from '../../../core/admin/tenants.ts'
import { recordsOf, resolveObject } from '../../../core/verbs/objects.ts'
import type { FieldType } from '../../../schemas/field.ts'
import type { Manifest } from '../../../schemas/manifest.ts'
import type { MappingRow } from '../../../schemas/mapping.ts'
import { pathTo } from '../input.ts'
import type { Visit } from '../visit.ts'

/** One slot of an object, mapped by the tenant or as the manifest has it. */
export interface SlotRow {
  slot: string
  path: string
  type: FieldType
  label: string | null
  direction: MappingRow['direction']
  isOwn: boolean
}

/** All that the pages about one object's mapping begin with. */
export interface Scene {
  tenant: { id: string; name: string }
  manifest: Manifest
  connection: ShownConnection
  object: string
  version: number
  rows: SlotRow[]
}

export const sceneFor = async ({ pipeline, database }: FastifyInstance, { param }: Visit): Promise<Scene> => {
  const [tenantId, name] = [param('id'), param('object')]
  const tenant = await tenantOf(database, tenantId)
  const connection = await showConnection(database, tenantId)
  const { manifest } = pipeline.registry().get(connection.provider)
  const object = name === '' ? firstOf(manifest) : resolveObject(manifest, name)
  const { version, mappings } = await showMapping(database, tenantId)
  return { tenant, manifest, connection, object, version, rows: rowsOf(manifest, object, mappings) }
}

const firstOf = ({ objects }: Manifest): string => ('lead' in objects ? 'lead' : (Object.keys(objects)[0] ?? 'lead'))

const rowsOf = (manifest: Manifest, object: string, mappings: readonly MappingRow[]): SlotRow[] => {
  const own = mappings.filter(({ slot }) => slot.startsWith(`${object}.`)).map((row) => ({ ...row, isOwn: true }))
  const taken = new Set(own.map(({ slot }) => slot))
  const usual = Object.entries(manifest.objects[object]?.fields ?? {}).map(([name, { field, type, object: on }]): SlotRow => {
    const path = `${on ?? recordsOf(manifest, object)}.${field}`
    return { slot: `${object}.${name}`, path, type, label: null, direction: 'both', isOwn: false }
  })
  return [...own, ...usual.filter(({ slot }) => !taken.has(slot))]
}

/** Where the pages about this object's mapping are. */
export const mappingPath = ({ tenant, object }: Pick<Scene, 'tenant' | 'object'>, ...more: string[]): string =>
  pathTo('tenants', tenant.id, 'mapping', object, ...more)

/** Of whoever is at the page, about its tenant. */
export const byOf = ({ operator, request, param }: Visit) => ({ ...operator, tenantId: param('id'), requestId: request.id })
