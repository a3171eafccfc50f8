import type { FieldType } from '../../schemas/field.ts'
import type { Manifest } from '../../schemas/manifest.ts'
import type { Suggestion } from '../../schemas/mapping.ts'
import { likeness, likenessOf, nearest, type ObjectField, shownField, wordsOf } from './mapping-near.ts'
import { fits, inWords, typeOfSlot } from './mapping-types.ts'

/** What suggestions for one object are made from. */
export interface Scene {
  manifest: Manifest
  others: readonly Manifest[]
  object: string
  /** Slot names that the tenant has mapped. */
  mapped: ReadonlySet<string>
  defaults: readonly { name: string; type: FieldType; on: string; field: string; path: string }[]
  fields: readonly ObjectField[]
  /** Objects that take fields which they do not list. */
  open: ReadonlySet<string>
  /** Paths that a slot of the object goes to; what is suggested joins them. */
  taken: Set<string>
}

/** Nearly the same words: a suggestion that is often wrong is not looked at for long. */
const ALIKE = 0.66

const pathOf = ({ object, name }: ObjectField): string => `${object}.${name}`

const suggestion = (
  { object }: Scene,
  kind: Suggestion['kind'],
  name: string,
  field: ObjectField | undefined,
  reason: string,
): Suggestion => ({
  slot: `${object}.${name}`,
  path: field ? pathOf(field) : null,
  label: field?.label ?? null,
  type: field?.type ?? null,
  kind,
  reason,
})

const free = ({ fields, taken }: Scene, type: FieldType): ObjectField[] =>
  fields.filter((field) => field.writable && !taken.has(pathOf(field)) && fits(type, field.type))

/** Default fields that the account does not have, with what comes nearest to them. */
export const missingDefaults = (scene: Scene): Suggestion[] => {
  const { manifest, defaults, mapped, open, fields } = scene
  const there = new Set(fields.map(pathOf))
  const missing = defaults.filter(({ name, on, path }) => !mapped.has(name) && !open.has(on) && !there.has(path))
  return missing.map(({ name, type, field: wanted, path }) => {
    const [near] = nearest([wanted, name], free(scene, type))
    if (near) scene.taken.add(pathOf(near))
    const found = near ? `The nearest that takes ${inWords(type)} is ${shownField(near)}.` : 'Nothing there comes near it.'
    return suggestion(
      scene,
      'missing_default',
      name,
      near,
      `${manifest.name} usually has ${path}; this account has not. ${found}`,
    )
  })
}

/** Slots that other providers have for the object, and this one none of its own. */
export const knownSlots = (scene: Scene): Suggestion[] => {
  const { others, object, mapped, defaults, taken } = scene
  const own = new Set(defaults.map(({ name }) => name))
  const names = new Set(others.flatMap((other) => Object.keys(other.objects[object]?.fields ?? {})))
  const open = [...names].filter((name) => !own.has(name) && !mapped.has(name))
  const pairs = open.flatMap((name) => {
    const type = typeOfSlot(scene, object, name)
    return type === undefined ? [] : free(scene, type).map((field) => ({ name, field, score: alike(scene, name, field) }))
  })
  const best = pairs.filter(({ score }) => score >= ALIKE).sort((a, b) => b.score - a.score)
  const done = new Set<string>()
  return best.flatMap(({ name, field }) => {
    if (done.has(name) || taken.has(pathOf(field))) return []
    done.add(name)
    taken.add(pathOf(field))
    return suggestion(
      scene,
      'known_slot',
      name,
      field,
      `It is called '${field.label}' there, and ${object}.${name} is known of ${whoKnows(scene, name)}.`,
    )
  })
}

/** `Lead source` on a lead is its source. */
const alike = ({ object }: Scene, slot: string, field: ObjectField): number => {
  const label = wordsOf(field.label).filter((word) => word !== object)
  return Math.max(likenessOf(slot, field), likeness(slot, label.join(' ')))
}

const whoKnows = ({ others, object }: Scene, slot: string): string => {
  const names = others.filter((other) => Object.hasOwn(other.objects[object]?.fields ?? {}, slot)).map(({ name }) => name)
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and others` : names.join(' and ')
}

/** Fields that the account added itself, by their labels. */
export const customFields = (scene: Scene): Suggestion[] => {
  const { fields, taken, mapped, defaults, others, object } = scene
  const known = others.flatMap((other) => Object.keys(other.objects[object]?.fields ?? {}))
  const used = new Set([...mapped, ...defaults.map(({ name }) => name), ...known])
  return fields.flatMap((field) => {
    const name = slotFrom(field)
    if (!field.custom || !field.writable || taken.has(pathOf(field)) || name === null || used.has(name)) return []
    used.add(name)
    taken.add(pathOf(field))
    return suggestion(scene, 'custom_field', name, field, `A field that this account added, called '${field.label}' there.`)
  })
}

const TECHNICAL =
  /^(id|ids|uuid|guid|hash|checksum|token|external|sync|synced|migration|legacy|internal|temp|tmp|test|deprecated|xid)$/
const PREFIX = /^(x_studio|x|cf|custom|c)_|__c$/gi

/** The label in snake case; null where it says nothing to a person. */
const slotFrom = ({ name, label }: ObjectField): string | null => {
  const words = wordsOf(label === name ? label.replaceAll(PREFIX, '') : label)
  const slot = words.join('_')
  const isSensible = words.some((word) => /[aeiouy]/.test(word) && word.length > 2) && !words.some((word) => TECHNICAL.test(word))
  const hasNoise = words.some((word) => /\d[a-z]+\d|[a-z]\d{3,}|[0-9a-f]{8,}/.test(word))
  return isSensible && !hasNoise && /^[a-z][a-z0-9_]{1,39}$/.test(slot) ? slot : null
}
