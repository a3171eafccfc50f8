import type { FieldType } from '../../schemas/field.ts'
import type { Manifest } from '../../schemas/manifest.ts'
import { recordsOf } from '../verbs/objects.ts'

/** What a value is, whichever way it is written. */
type Kind = 'text' | 'number' | 'boolean' | 'date' | 'choice'

const KINDS: Record<FieldType, Kind> = {
  string: 'text',
  text: 'text',
  html: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'date',
  option: 'choice',
  options: 'choice',
}

/** Where values of a kind can go. What is not here can never be converted; what is here may still fail for a value. */
const FITS: Record<Kind, readonly Kind[]> = {
  text: ['text', 'choice'],
  number: ['number', 'text', 'choice'],
  boolean: ['boolean', 'text', 'choice'],
  date: ['date', 'text'],
  choice: ['choice', 'text', 'number', 'boolean'],
}

export const fits = (slot: FieldType, field: FieldType): boolean => FITS[KINDS[slot]].includes(KINDS[field])

const WORDS: Record<FieldType, string> = {
  string: 'a text',
  text: 'a text',
  html: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date',
  datetime: 'a time',
  option: 'one of several options',
  options: 'some of several options',
}

export const inWords = (type: FieldType): string => WORDS[type]

/**
 * What the values of a slot are: by this provider's default field, else by what all other manifests that know the slot agree on; a choice to some and a text to
 * others is a text. Undefined: nobody knows, or they differ.
 */
export const typeOfSlot = (
  { manifest, others }: { manifest: Manifest; others: readonly Manifest[] },
  object: string,
  name: string,
): FieldType | undefined => {
  const own = manifest.objects[object]?.fields[name]
  if (own) return own.type
  const told = others.flatMap((other) => other.objects[object]?.fields[name]?.type ?? [])
  const kinds = new Set(told.map((type) => KINDS[type]))
  if (kinds.size > 1) return [...kinds].every((kind) => kind === 'text' || kind === 'choice') ? 'string' : undefined
  return told.find((type) => type === 'number' || type === 'datetime') ?? told[0]
}

/** The type that a manifest's own defaults give a native field. */
export const typeOfDefault = (manifest: Manifest, path: string): FieldType | undefined => {
  for (const [object, { fields }] of Object.entries(manifest.objects))
    for (const { field, type, object: other = recordsOf(manifest, object) } of Object.values(fields))
      if (`${other}.${field}` === path) return type
  return undefined
}
