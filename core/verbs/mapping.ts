import type { Fields, FieldValue } from '../../schemas/field.ts'
import { VorelError } from '../errors.ts'
import { type Converted, convert } from './convert.ts'
import { type Place, type Plan, slotOf } from './plan.ts'

/** What goes to one record. */
export interface Part {
  object: string
  fields: Fields
}

export interface Mapped {
  /** The record whose id is the answer comes first. */
  parts: Part[]
  /** Slots that were left out, as the tenant chose. */
  skipped: string[]
}

/** What becomes of one value given; no place: the slot is not mapped. */
export interface Conversion {
  slot: string
  given: FieldValue
  place?: Place
  converted?: Converted
}

/** `zone`: of the account, for times that come without one. */
export interface Given {
  object: string
  fields: Fields
  zone: string | undefined
}

export const conversions = ({ object, fields, zone }: Given, { write }: Plan): Conversion[] => {
  const taken = new Set<string>()
  return Object.entries(fields).map(([name, given]) => {
    const slot = slotOf(object, name)
    const place = write.get(slot)
    if (!place) return { slot: `${object}.${slot}`, given }
    const path = `${place.object}.${place.field}`
    const isTwice = taken.has(path)
    taken.add(path)
    const converted = isTwice ? { fault: 'goes where another of the fields given goes' } : convert(given, place, zone)
    return { slot: `${object}.${slot}`, given, place, converted }
  })
}

/** Native names and values, or one error that names every field that has no place or a value that cannot go there. */
export const mapFields = (given: Given, plan: Plan, onUnmapped: 'refuse' | 'skip'): Mapped => {
  const all = conversions(given, plan)
  const skipped = all.filter(({ place }) => !place).map(({ slot }) => slot)
  const invalid = all.flatMap(({ slot, converted }): [string, string][] =>
    converted?.fault === undefined ? [] : [[slot, converted.fault]],
  )
  if (skipped.length && onUnmapped === 'refuse') throw unmapped(skipped)
  if (invalid.length) throw invalidValues(invalid)
  if (skipped.length === all.length)
    throw new VorelError('field_unmapped', 'None of the fields given has a place at the provider.', { fields: skipped })
  return { parts: partsOf(all, plan), skipped }
}

export const partsOf = (all: Conversion[], { records }: Plan): Part[] => {
  const parts = new Map<string, [string, FieldValue][]>([[records, []]])
  for (const { place, converted } of all) {
    if (!place || !converted || converted.fault !== undefined) continue
    const fields = parts.get(place.object) ?? []
    fields.push([place.field, converted.value])
    parts.set(place.object, fields)
  }
  return [...parts].map(([object, fields]) => ({ object, fields: Object.fromEntries(fields) }))
}

/** What the others would be associated with has to be somebody. */
export const refuseEmptyFirst = (object: string, { parts: [first] }: Mapped): void => {
  if (first && Object.keys(first.fields).length === 0)
    throw new VorelError(
      'field_invalid',
      `None of the fields given is one of the ${first.object} that the ${object} is about. Give its name, phone or e-mail as well. Nothing was written.`,
    )
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
