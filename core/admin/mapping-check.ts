import type { FieldDescription, FieldType } from '../../schemas/field.ts'
import type { Manifest } from '../../schemas/manifest.ts'
import type { AskedRow, MappingRow } from '../../schemas/mapping.ts'
import { type ErrorCode, isVorelError, VorelError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { recordsOf, resolveObject } from '../verbs/objects.ts'
import type { AdminDeps } from './actor.ts'
import { askAndKeep, type ConnectedTenant, type ObjectFields, objectsBehind } from './fields.ts'
import { nearest, type ObjectField, shownField } from './mapping-near.ts'
import { fits, inWords, typeOfDefault, typeOfSlot } from './mapping-types.ts'

/** A row to be, with the type that its field had when it was last accepted. */
export interface Candidate extends AskedRow {
  accepted?: FieldType
}

export interface CheckedRows {
  rows: MappingRow[]
  /** What is worth knowing of them, in sentences. */
  notes: string[]
}

interface Fault {
  code: ErrorCode
  sentence: string
  field: string
}

/** Where a candidate leads, all names resolved. */
interface Target {
  asked: Candidate
  /** The slot's object and name. */
  object: string
  name: string
  other: string
  field: string
}

interface World {
  manifest: Manifest
  others: readonly Manifest[]
  canDescribe: boolean
  described: Map<string, ObjectFields>
}

type Result = { row: MappingRow; note?: string } | { fault: Fault }

/** Holds rows against what the provider says of its fields now. Rejects with one `VorelError` that tells every fault. */
export const checkRows = async (
  deps: AdminDeps,
  database: Database,
  tenant: ConnectedTenant,
  candidates: readonly Candidate[],
): Promise<CheckedRows> => {
  const { driver } = tenant
  const { manifest } = driver
  const targets = candidates.map((asked) => targetOf(manifest, asked))
  const described = await describeFor(deps, database, tenant, targets)
  const world = { manifest, others: manifestsOf(deps), canDescribe: driver.describeObject !== undefined, described }
  const results = targets.map((target) => ('fault' in target ? target : resultOf(world, target)))
  const faults = results.flatMap((result) => ('fault' in result ? [result.fault] : []))
  if (faults.length) throw refused(faults)
  const accepted = results.flatMap((result) => ('row' in result ? [result] : []))
  return { rows: accepted.map(({ row }) => row), notes: accepted.flatMap(({ note }) => note ?? []) }
}

/** All that the slots may go to; what is not asked for itself is only there to name what is near. */
const describeFor = async (deps: AdminDeps, database: Database, tenant: ConnectedTenant, targets: (Target | object)[]) => {
  const good = targets.filter((target): target is Target => 'other' in target)
  const needed = new Set(good.map(({ other }) => other))
  const behind = new Set([...needed, ...good.flatMap(({ object }) => objectsBehind(tenant.driver.manifest, object))])
  const asked = [...behind].map(async (object): Promise<[string, ObjectFields][]> => {
    try {
      return [[object, await askAndKeep(deps, database, tenant, object)]]
    } catch (error) {
      if (needed.has(object) || !isVorelError(error)) throw error
      return []
    }
  })
  return new Map((await Promise.all(asked)).flat())
}

export const manifestsOf = ({ registry }: Pick<AdminDeps, 'registry'>): Manifest[] =>
  registry()
    .list()
    .flatMap(({ manifest }) => manifest ?? [])

const refused = (faults: Fault[]): VorelError => {
  const [first] = faults
  const isOneKind = faults.every(({ code }) => code === first?.code)
  const sentences = faults.map(({ sentence }) => sentence).join(' ')
  return new VorelError(isOneKind && first ? first.code : 'field_invalid', `${sentences} Nothing was changed.`, {
    fields: faults.map(({ field }) => field),
  })
}

const targetOf = (manifest: Manifest, asked: Candidate): Target | { fault: Fault } => {
  try {
    const [slotObject, name] = partsOf('slot', asked.slot, /^[A-Za-z][A-Za-z0-9_]*$/)
    const [pathObject, field] = partsOf('field', asked.field, /^\S+$/)
    const object = resolveObject(manifest, slotObject)
    const other = recordsOf(manifest, resolveObject(manifest, pathObject))
    if (mayGoTo(manifest, object, other)) return { asked, object, name, other, field }
    throw new VorelError(
      'object_unsupported',
      `${manifest.name} cannot split one ${object} over two objects. Map ${asked.slot} to a field of ${recordsOf(manifest, object)}.`,
    )
  } catch (error) {
    if (!isVorelError(error)) throw error
    return { fault: { code: error.code, sentence: error.message, field: asked.slot } }
  }
}

/** `lead.budget_max` in its two parts; the first is of letters, digits and _. */
export const partsOf = (what: 'slot' | 'field', text: string, second: RegExp): [string, string] => {
  const [, object, name] = /^([A-Za-z][A-Za-z0-9_]*)\.(.{1,200})$/.exec(text) ?? []
  if (!object || !name || !second.test(name))
    throw new VorelError('invalid_request', `The ${what} '${text}' is not of the form <object>.<name>, such as lead.budget_max.`)
  return [object.toLowerCase(), name]
}

const mayGoTo = (manifest: Manifest, object: string, other: string): boolean =>
  manifest.capabilities.supportsAssociate || objectsBehind(manifest, object).includes(other)

const resultOf = (world: World, target: Target): Result => {
  const { asked, object, name, other, field } = target
  const { direction = 'both' } = asked
  const { fields = [], isOpen = false } = world.described.get(other) ?? {}
  const found = fields.find((known) => known.name === field)
  const slot = `${object}.${name}`
  const path = `${other}.${field}`
  const fault = (sentence: string): Result => ({ fault: { code: 'field_invalid', sentence, field: path } })
  if (!found && !isOpen) return fault(unknownField(world, target))
  const type = typeOfField(world, target, found)
  const sentence = faultOf(world, target, { ...(found ?? plain(field)), object: other, type })
  if (sentence) return fault(sentence)
  const row: MappingRow = { slot, path, type, options: found?.options ?? null, direction, label: found?.label ?? null }
  if (!found) return { row, note: unlisted(world, row) }
  return other === recordsOf(world.manifest, object) || direction === 'write' ? { row } : { row, note: writtenOnly(row, other) }
}

const plain = (name: string): FieldDescription => ({
  name,
  label: name,
  type: 'string',
  required: false,
  writable: true,
  custom: false,
})

/** What the field takes: as described, and where nobody describes it as the operator says, or as is usual. */
const typeOfField = (world: World, { asked, object, name, other, field }: Target, found?: FieldDescription): FieldType => {
  const { manifest, canDescribe } = world
  if (found && canDescribe) return found.type
  const usual = typeOfDefault(manifest, `${other}.${field}`) ?? typeOfSlot(world, object, name)
  return asked.type ?? asked.accepted ?? usual ?? 'string'
}

/** Why values of the slot cannot go to this field, or be read from it. */
const faultOf = (world: World, target: Target, field: ObjectField): string | undefined => {
  const { asked, object, name } = target
  const { manifest } = world
  const { direction = 'both' } = asked
  const isOwn = field.object === recordsOf(manifest, object)
  if (direction === 'read')
    return isOwn
      ? undefined
      : `${shownField(field)} is not on the ${recordsOf(manifest, object)}, and only what is on the record itself is read back with it. Map ${asked.slot} with --direction write, or to a field of ${recordsOf(manifest, object)}.`
  if (!field.writable) {
    const read = isOwn ? ' It can be read back: --direction read.' : ''
    return `${shownField(field)} cannot be written at ${manifest.name}.${read}${named(
      'Near, and writable',
      nearBy(world, target, ({ writable }) => writable),
    )}`
  }
  const wanted = asked.type ?? typeOfSlot(world, object, name)
  if (wanted === undefined || asked.accepted === field.type || fits(wanted, field.type)) return undefined
  const fitting = fittingBy(world, target, ({ writable, type }) => writable && fits(wanted, type))
  return `${object}.${name} is ${inWords(wanted)}, and ${shownField(field)} takes ${inWords(field.type)}.${named('Of a fitting type', fitting)} Say --type where the slot holds something else here.`
}

const unknownField = (world: World, target: Target): string => {
  const { manifest } = world
  const { object, other, field } = target
  const near = nearBy(world, target, () => true)
  const look = near.length ? named('Near', near) : ` Its fields: vorel fields <tenant> ${object}.`
  return `${manifest.name} has no field '${field}' on ${other}.${look}`
}

/** By the name asked for, and by the slot's, on every object that the slot may go to. */
const nearBy = (
  { manifest, described }: World,
  { object, name, field, other }: Target,
  isMeant: (field: FieldDescription) => boolean,
): ObjectField[] => {
  const objects = new Set([other, ...objectsBehind(manifest, object)])
  const all = [...objects].flatMap((one) => (described.get(one)?.fields ?? []).map((known) => ({ ...known, object: one })))
  const meant = all.filter((known) => isMeant(known) && !(known.object === other && known.name === field))
  const near = nearest([field], meant)
  return near.length ? near : nearest([name], meant)
}

const SHOWN = 5

/** Where none is called alike, those that would do, the account's own first. */
const fittingBy = (world: World, target: Target, isMeant: (field: FieldDescription) => boolean): ObjectField[] => {
  const near = nearBy(world, target, isMeant)
  if (near.length) return near
  const { other } = target
  const all = (world.described.get(other)?.fields ?? []).filter((known) => isMeant(known) && known.name !== target.field)
  const own = all.toSorted((a, b) => Number(b.custom) - Number(a.custom))
  return own.slice(0, SHOWN).map((known) => ({ ...known, object: other }))
}

const named = (what: string, fields: ObjectField[]): string =>
  fields.length ? ` ${what}: ${fields.map(shownField).join(', ')}.` : ''

const unlisted = ({ manifest }: World, { slot, path, type }: MappingRow): string =>
  `${manifest.name} does not list ${path}, and takes fields that it does not list: what comes for ${slot} goes there as ${inWords(type)}. See that the name is right.`

const writtenOnly = ({ slot, path }: MappingRow, other: string): string =>
  `${slot} is written to ${path} and not read back: that is on the ${other}, a record of its own.`
