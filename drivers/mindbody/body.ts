import { VorelError } from '../../core/driver.ts'
import type { Fields, FieldValue } from '../../schemas/verbs.ts'
import { customId, type Field, fieldOf, type Table, type Use } from './fields.ts'
import type { Ctx } from './manifest.ts'
import { type Known, type Written, write, writeCustom } from './values.ts'
import { zoneOf } from './zone.ts'

export type Body = Record<string, unknown>

export const knownOf = (ctx: Ctx): Known => ({ zone: zoneOf(ctx), region: ctx.tenant.region })

export const invalid = (detail: string, fields: string[]): VorelError =>
  new VorelError('field_invalid', `${detail} Nothing was written.`, { fields })

export const isGiven = (value: FieldValue | undefined): boolean => value !== undefined && value !== null && value !== ''

/** Refuses names that the call does not take: a misspelt field is left out by Mindbody without a word. */
export const refuseUnknown = (fields: Fields, table: Table, use: Use, what: string, takesCustom = false): void => {
  const isTaken = (name: string) => (takesCustom && customId(name) !== null) || fieldOf(table, name)?.uses.includes(use)
  const others = Object.keys(fields).filter((name) => !isTaken(name))
  if (others.length === 0) return
  const taken = Object.keys(table).filter((name) => table[name]?.uses.includes(use))
  throw invalid(`${what} takes no ${others.join(', ')}. It takes: ${taken.join(', ')}.`, others)
}

const written = (value: FieldValue, field: Field | undefined, use: Use, known: Known): Written => {
  if (!field) return writeCustom(value)
  if (field.isRequired && use === 'update' && !isGiven(value)) return { needs: 'a value, since it must have one' }
  return write(value, field, known)
}

/** Fields as the provider takes them. What is empty clears in an update, and is left out of what is new. */
export const toBody = (fields: Fields, table: Table, use: Use, known: Known): Body => {
  const body: Body = {}
  const custom: { Id: number; Value: unknown }[] = []
  const faults: [name: string, needs: string][] = []
  for (const [name, value] of Object.entries(fields)) {
    if (use !== 'update' && !isGiven(value)) continue
    const { value: made, needs } = written(value, fieldOf(table, name), use, known)
    const id = customId(name)
    if (needs !== undefined) faults.push([name, needs])
    else if (id === null) body[name] = made
    else custom.push({ Id: id, Value: made })
  }
  if (faults.length)
    throw invalid(
      `${faults.map(([name, needs]) => `${name} needs ${needs}`).join('; ')}.`,
      faults.map(([name]) => name),
    )
  return { ...body, ...(custom.length && { CustomClientFields: custom }) }
}
