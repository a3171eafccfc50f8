import type { DescribeObjectOutput, Drift, FieldDescription } from '../../schemas/field.ts'
import type { MappingRow } from '../../schemas/mapping.ts'
import { placeOf } from '../verbs/plan.ts'

/** One object's fields as they were when last described (null: never), and as they are. */
export interface Described {
  before: FieldDescription[] | null
  now: DescribeObjectOutput
}

export interface Compared {
  rows: readonly MappingRow[]
  described: ReadonlyMap<string, Described>
  /** Found before, and perhaps still so. */
  known: readonly Drift[]
}

type Found = Omit<Drift, 'since'>

/** What the provider changed under the rows, and what it wants now that it did not want before. */
export const driftOf = ({ rows, described, known }: Compared, now = new Date()): Drift[] => {
  const found = [
    ...rows.flatMap((row) => ofRow(row, { rows, described, known })),
    ...[...described].flatMap(([object, fields]) => newlyRequired(object, fields, rows, known)),
    ...known.filter(({ field }) => !described.has(placeOf(field).object)),
  ]
  return found.map((drift) => ({ ...drift, since: known.find((other) => isSame(other, drift))?.since ?? now.toISOString() }))
}

/** The same matter, whenever and in whatever words. */
export const isSame = (a: Omit<Found, 'detail'>, b: Omit<Found, 'detail'>): boolean =>
  a.kind === b.kind && a.field === b.field && a.slot === b.slot

const ofRow = (row: MappingRow, { rows, described, known }: Compared): Found[] => {
  const { object, field } = placeOf(row.path)
  const fields = described.get(object)
  if (!fields) return []
  const found = fields.now.fields.find(({ name }) => name === field)
  const about = { field: row.path, slot: row.slot }
  if (found) return changes(row, found).map(([kind, detail]) => ({ kind, ...about, detail }))
  if (fields.now.isOpen) return []
  const wasRenamed = known.some((other) => isSame(other, { kind: 'renamed', ...about }))
  const heir = heirOf(row, wasRenamed ? { ...fields, before: null } : fields, rows)
  if (!heir)
    return [{ kind: 'removed', ...about, detail: `The CRM no longer has this field. Map ${row.slot} to another, or unset it.` }]
  const detail = `The CRM no longer has this field; ${object}.${heir.name} is called '${heir.label}' as it was. If it took its place, map ${row.slot} to it.`
  return [{ kind: 'renamed', ...about, detail }]
}

const changes = (row: MappingRow, found: FieldDescription): [Drift['kind'], string][] => {
  const all: [Drift['kind'], string][] = []
  if (found.type !== row.type)
    all.push(['retyped', `It is of type ${found.type} now, and was ${row.type}. Map ${row.slot} anew to convert to it.`])
  if (!found.writable && row.direction !== 'read')
    all.push(['read_only', `It can no longer be written. Map ${row.slot} to another field, or for reading only.`])
  if (row.label !== null && found.label !== row.label)
    all.push([
      'renamed',
      `The CRM calls it '${found.label}' now, and called it '${row.label}'. If it still means ${row.slot}, accept that.`,
    ])
  return all
}

/** A field of the same name for people, that is mapped to nothing and was not there before. */
const heirOf = (row: MappingRow, { before, now }: Described, rows: readonly MappingRow[]): FieldDescription | undefined => {
  const { object } = placeOf(row.path)
  const isNew = ({ name }: FieldDescription) => !before?.some((field) => field.name === name)
  const isFree = ({ name }: FieldDescription) => !rows.some(({ path }) => path === `${object}.${name}`)
  const isCalledSo = ({ label }: FieldDescription) => row.label !== null && label.toLowerCase() === row.label.toLowerCase()
  return now.fields.find((field) => isNew(field) && isFree(field) && isCalledSo(field))
}

const newlyRequired = (
  object: string,
  { before, now }: Described,
  rows: readonly MappingRow[],
  known: readonly Drift[],
): Found[] =>
  now.fields.flatMap((field): Found[] => {
    const path = `${object}.${field.name}`
    const wasKnown = known.some(({ kind, field: other }) => kind === 'required' && other === path)
    const wasOptional = before !== null && before.find(({ name }) => name === field.name)?.required !== true
    if (!field.required || !field.writable || !(wasKnown || wasOptional)) return []
    const slot = rows.find((row) => row.path === path && row.direction !== 'read')?.slot ?? null
    const remedy = slot
      ? `Every create has to give ${slot}.`
      : 'Map a slot to it that every create gives, or make it optional there.'
    return [{ kind: 'required', field: path, slot, detail: `The CRM creates no ${object} without it now. ${remedy}` }]
  })
