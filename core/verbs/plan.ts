import type { FieldOption } from '../../schemas/field.ts'
import type { Manifest } from '../../schemas/manifest.ts'
import type { MappingRow } from '../../schemas/mapping.ts'
import type { ReadField, ReadFields } from '../../schemas/verbs.ts'
import { type Mapping, NO_MAPPING } from '../store/mappings.ts'
import type { Call } from './call.ts'
import type { NativeField } from './convert.ts'
import type { Deps } from './deps.ts'
import { recordsOf } from './objects.ts'

/** Where a slot goes: a field of one of the provider's objects. */
export interface Place extends NativeField {
  object: string
}

/** Of one object: where each slot is written, and which slots a field's value is read back to. */
export interface Plan {
  /** The object whose record comes first, and whose id is the answer. */
  records: string
  write: ReadonlyMap<string, Place>
  read: readonly (ReadField & { slot: string })[]
}

/** `lead.budget_max` -> `budget_max` for object `lead`. */
export const slotOf = (object: string, name: string): string =>
  name.startsWith(`${object}.`) ? name.slice(object.length + 1) : name

/** `deal.amount` -> deal and amount; a native field may hold dots itself. */
export const placeOf = (path: string): { object: string; field: string } => {
  const at = path.indexOf('.')
  return { object: path.slice(0, at), field: path.slice(at + 1) }
}

export const planOf = (manifest: Manifest, object: string, { rows, options }: Mapping): Plan => {
  const records = recordsOf(manifest, object)
  const optionsOf = (path: string, otherwise: readonly FieldOption[] | null | undefined) =>
    options.get(path) ?? otherwise ?? undefined
  const defaults = Object.entries(manifest.objects[object]?.fields ?? {}).map(
    ([slot, { field, type, options: values, object: other = records }]): [string, Place] => {
      const declared = values?.map((value) => ({ value, label: value }))
      const isChoice = type === 'option' || type === 'options'
      const place = { object: other, field, type }
      return [slot, { ...place, options: isChoice ? optionsOf(`${other}.${field}`, declared) : declared }]
    },
  )
  const own = rows.filter(({ slot }) => slot.startsWith(`${object}.`))
  const written = own.filter(({ direction }) => direction !== 'read')
  const places = written.map(({ slot, path, type, options: stored }): [string, Place] => [
    slotOf(object, slot),
    { ...placeOf(path), type, options: optionsOf(path, stored) },
  ])
  return { records, write: new Map([...defaults, ...places]), read: own.flatMap((row) => readBack(object, records, row)) }
}

/** Only what is on the record itself comes back with it. */
const readBack = (object: string, records: string, { slot, path, type, direction }: MappingRow): Plan['read'] => {
  const place = placeOf(path)
  return direction === 'write' || place.object !== records ? [] : [{ slot: slotOf(object, slot), field: place.field, type }]
}

/** The plans of a tenant's objects, compiled once per manifest and version of its mapping. */
export interface Plans {
  of(object: string): Plan
  /** What to read of an object's records beside the usual fields. */
  reading(object: string): { read?: ReadFields }
  /** The same of every object. */
  readingAll(): { read?: ReadFields }
}

const compiled = new WeakMap<Manifest, WeakMap<Mapping, Plans>>()
const paths = new WeakMap<Manifest, string[]>()

export const plansFor = async (deps: Pick<Deps, 'mappings'>, { caller, connected }: Call): Promise<Plans> => {
  const { driver, row } = connected
  const { manifest } = driver
  const id = {
    tenantId: caller.access.tenant.id,
    provider: row.provider,
    connectionId: row.id,
    version: row.mappingVersion,
  }
  const mapping =
    id.version === 0
      ? NO_MAPPING
      : await deps.mappings.of(
          id,
          getOrMake(paths, manifest, () => choicesOf(manifest)),
        )
  const byMapping = getOrMake(compiled, manifest, () => new WeakMap<Mapping, Plans>())
  return getOrMake(byMapping, mapping, () => compile(manifest, mapping))
}

const compile = (manifest: Manifest, mapping: Mapping): Plans => {
  const known = new Map<string, Plan>()
  const of = (object: string): Plan => {
    const plan = known.get(object) ?? planOf(manifest, object, mapping)
    known.set(object, plan)
    return plan
  }
  const reading = (objects: string[]): { read?: ReadFields } => {
    const plans = objects.map(of).filter((plan) => plan.read.length > 0)
    const read = Map.groupBy(plans, ({ records }) => records)
    const fields = [...read].map(([records, same]) => [records, eachOnce(same.flatMap((plan) => plan.read))])
    return fields.length ? { read: Object.fromEntries(fields) } : {}
  }
  const all = mapping.rows.length ? reading(Object.keys(manifest.objects)) : {}
  return { of, reading: (object) => (mapping.rows.length ? reading([object]) : {}), readingAll: () => all }
}

const eachOnce = (fields: readonly ReadField[]): ReadField[] => [
  ...new Map(fields.map(({ field, type }) => [field, { field, type }])).values(),
]

/** Default fields that take one of several options. */
const choicesOf = (manifest: Manifest): string[] =>
  Object.entries(manifest.objects).flatMap(([object, { fields }]) =>
    Object.values(fields)
      .filter(({ type }) => type === 'option' || type === 'options')
      .map(({ field, object: other = recordsOf(manifest, object) }) => `${other}.${field}`),
  )

const getOrMake = <K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V => {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
