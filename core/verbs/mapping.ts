import type { Manifest } from '../../schemas/manifest.ts'
import type { Fields, FieldValue } from '../../schemas/verbs.ts'
import { VorelError } from '../errors.ts'
import type { MappingRow } from '../store/mappings.ts'
import { convert, type NativeField } from './convert.ts'

/** Where each slot of one object goes: the tenant's rows over the manifest's defaults. */
export type Plan = ReadonlyMap<string, NativeField>

export interface Mapped {
  fields: Fields
  /** Slots that were left out, as the tenant chose. */
  skipped: string[]
}

/** `lead.budget_max` -> `budget_max` for object `lead`. */
const slotOf = (object: string, name: string): string => (name.startsWith(`${object}.`) ? name.slice(object.length + 1) : name)

export const planOf = (manifest: Manifest, object: string, rows: MappingRow[]): Plan => {
  const defaults = Object.entries(manifest.objects[object]?.fields ?? {}).map(
    ([slot, { field, type, options }]): [string, NativeField] => [
      slot,
      { field, type, options: options?.map((value) => ({ value, label: value })) },
    ],
  )
  const own = rows
    .filter(({ slot }) => slot.startsWith(`${object}.`))
    .map(({ slot, path, type, options }): [string, NativeField] => [
      slotOf(object, slot),
      { field: path.slice(path.indexOf('.') + 1), type, options: options ?? undefined },
    ])
  return new Map([...defaults, ...own])
}

/** Native names and values, or one error that names every field that has no place or a value that cannot go there. */
export const mapFields = (object: string, given: Fields, plan: Plan, onUnmapped: 'refuse' | 'skip'): Mapped => {
  const fields = new Map<string, FieldValue>()
  const skipped: string[] = []
  const invalid: [string, string][] = []
  for (const [name, value] of Object.entries(given)) {
    const slot = slotOf(object, name)
    const native = plan.get(slot)
    if (!native) {
      skipped.push(`${object}.${slot}`)
      continue
    }
    const converted = convert(value, native)
    if (converted.fault !== undefined) invalid.push([`${object}.${slot}`, converted.fault])
    else if (fields.has(native.field)) invalid.push([`${object}.${slot}`, 'goes where another of the fields given goes'])
    else fields.set(native.field, converted.value)
  }
  if (skipped.length && onUnmapped === 'refuse') throw unmapped(skipped)
  if (invalid.length) throw invalidValues(invalid)
  if (fields.size === 0)
    throw new VorelError('field_unmapped', 'None of the fields given has a place at the provider.', { fields: skipped })
  return { fields: Object.fromEntries(fields), skipped }
}

const unmapped = (slots: string[]) =>
  new VorelError(
    'field_unmapped',
    `No field of the CRM is mapped to ${slots.join(', ')}. Map it (vorel map set <tenant> ${slots[0]} <object.field>) or leave it out. Nothing was written.`,
    { fields: slots },
  )

const invalidValues = (invalid: [string, string][]) =>
  new VorelError('field_invalid', `${invalid.map(([slot, reason]) => `${slot} ${reason}`).join('; ')}. Nothing was written.`, {
    fields: invalid.map(([slot]) => slot),
  })
