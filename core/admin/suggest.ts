import type { Manifest } from '../../schemas/manifest.ts'
import type { ChangedMapping, MappingRow, Suggestion, Suggestions } from '../../schemas/mapping.ts'
import { VorelError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { recordsOf, resolveObject } from '../verbs/objects.ts'
import { type AdminDeps, audited } from './actor.ts'
import { askAndKeep, type ConnectedTenant, connectedTenant, type ObjectFields, objectsBehind } from './fields.ts'
import { manifestsOf } from './mapping-check.ts'
import { changeMapping, type MappingActor, showMapping } from './mappings.ts'
import { customFields, knownSlots, missingDefaults, type Scene } from './suggest-kinds.ts'

export interface SuggestOptions extends MappingActor {
  /** One of our objects, or an alias; all, unless given. */
  object?: string
}

/** Mappings that look right by the provider's own labels. Nothing is applied. */
export const suggestMappings = async (
  deps: AdminDeps,
  database: Database,
  { object: name, ...by }: SuggestOptions,
): Promise<Suggestions> => {
  const tenant = await connectedTenant(deps, database, by.tenantId)
  const { manifest } = tenant.driver
  const objects = name === undefined ? Object.keys(manifest.objects) : [resolveObject(manifest, name)]
  const about = { provider: manifest.slug, object: objects.join(' '), ...(by.requestId && { requestId: by.requestId }) }
  return audited(deps, by, { action: 'mapping.suggested', ...about }, async () => {
    const described = await describedFor(deps, database, tenant, objects)
    const { mappings } = await showMapping(database, by.tenantId)
    const others = manifestsOf(deps).filter(({ slug }) => slug !== manifest.slug)
    const suggestions = objects.flatMap((object) => suggestionsFor({ manifest, others }, object, described, mappings))
    return { provider: manifest.slug, suggestions }
  })
}

/** Maps what is suggested, as one version: the slots named, or all that have a field. */
export const acceptSuggestions = async (
  deps: AdminDeps,
  database: Database,
  { object, slots, ...by }: SuggestOptions & { slots: readonly string[] },
): Promise<ChangedMapping> => {
  const { suggestions } = await suggestMappings(deps, database, { ...by, ...(object !== undefined && { object }) })
  const usable = suggestions.flatMap(({ slot, path }) => (path === null ? [] : [{ slot, field: path }]))
  const unknown = slots.filter((slot) => !usable.some((one) => one.slot === slot))
  const chosen = slots.length ? usable.filter(({ slot }) => slots.includes(slot)) : usable
  if (unknown.length || chosen.length === 0)
    throw new VorelError(
      'invalid_request',
      `Nothing is suggested for ${unknown.join(', ') || (object ?? 'this tenant')}. Suggested: ${usable.map(({ slot }) => slot).join(', ') || 'none'}. Nothing was changed.`,
      { fields: unknown },
    )
  const change = `accept suggestions: ${chosen.map(({ slot }) => slot).join(', ')}`
  return changeMapping(deps, database, { ...by, set: chosen, change })
}

const describedFor = async (
  deps: AdminDeps,
  database: Database,
  tenant: ConnectedTenant,
  objects: string[],
): Promise<Map<string, ObjectFields>> => {
  const { manifest } = tenant.driver
  if (!tenant.driver.describeObject)
    throw new VorelError(
      'invalid_request',
      `${manifest.name} does not describe its fields, so nothing can be suggested. Map by hand: vorel map set ${tenant.tenantId} <slot> <field>.`,
    )
  const behind = new Set(objects.flatMap((object) => objectsBehind(manifest, object)))
  const asked = await Promise.all([...behind].map((object) => askAndKeep(deps, database, tenant, object)))
  return new Map(asked.map((one) => [one.object, one]))
}

const suggestionsFor = (
  { manifest, others }: { manifest: Manifest; others: Manifest[] },
  object: string,
  described: Map<string, ObjectFields>,
  rows: readonly MappingRow[],
): Suggestion[] => {
  const own = rows.filter(({ slot }) => slot.startsWith(`${object}.`))
  const mapped = new Set(own.map(({ slot }) => slot.slice(object.length + 1)))
  const records = recordsOf(manifest, object)
  const defaults = Object.entries(manifest.objects[object]?.fields ?? {}).map(
    ([name, { field, type, object: on = records }]) => ({
      name,
      type,
      on,
      field,
      path: `${on}.${field}`,
    }),
  )
  const inUse = defaults.filter(({ name }) => !mapped.has(name)).map(({ path }) => path)
  const behind = objectsBehind(manifest, object).flatMap((one) => described.get(one) ?? [])
  const scene: Scene = {
    manifest,
    others,
    object,
    mapped,
    defaults,
    fields: behind.flatMap(({ object: on, fields }) => fields.map((field) => ({ ...field, object: on }))),
    open: new Set(behind.filter(({ isOpen }) => isOpen).map((one) => one.object)),
    taken: new Set([...inUse, ...own.map(({ path }) => path)]),
  }
  return [...missingDefaults(scene), ...knownSlots(scene), ...customFields(scene)]
}
