import { orNull, path, VorelError } from '../../core/driver.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import { type Ctx, get } from './answer.ts'
import { askFields, isName, layoutIn } from './fields.ts'
import { moduleOf } from './manifest.ts'
import { type Row, Rows } from './map.ts'

const MOST_COLUMNS = 50 // of a query, and of `fields`
const IDS_AT_ONCE = 100
const STAMPS = ['id', 'Created_Time', 'Modified_Time']

/** What is read of whom: one of our objects, and the fields wanted beside the usual ones. */
export interface Reading {
  object: string
  read: readonly ReadField[]
}

/** The fields that are always read, and always named, for a record may have hundreds. */
const usualOf = (ctx: Ctx, object: string): string[] => {
  if (object === 'deal') return [...STAMPS, 'Deal_Name']
  const { phones, emails } = layoutIn(ctx, object)
  return [...STAMPS, 'Full_Name', 'First_Name', 'Last_Name', ...emails, ...phones]
}

/** What no field of Zoho can be called is not asked for, and so stays empty. */
const besides = (usual: string[], read: readonly ReadField[]): string[] => {
  const names = new Set(read.map(({ field }) => field))
  return [...names].filter((name) => isName(name) && !usual.includes(name))
}

const refusesFields = (error: unknown): error is VorelError => error instanceof VorelError && error.code === 'field_invalid'

/**
 * Rows with all that is wanted, as far as it is there. A query is refused as a whole for one column that was deleted, or is called like a word of COQL: the rows are
 * then asked for without, and what is wanted of them by their ids, as is what has no place among the columns of one query.
 */
export const rowsWith = async (ctx: Ctx, of: Reading, ask: (columns: string[]) => Promise<Row[]>): Promise<Row[]> => {
  const usual = usualOf(ctx, of.object)
  const more = besides(usual, of.read)
  if (more.length === 0) return ask(usual)
  const room = MOST_COLUMNS - usual.length
  try {
    const rows = await ask([...usual, ...more.slice(0, room)])
    return await completed(ctx, of.object, rows, more.slice(room))
  } catch (error) {
    if (!refusesFields(error)) throw error
    return completed(ctx, of.object, await ask(usual), more)
  }
}

const completed = async (ctx: Ctx, object: string, rows: Row[], names: string[]): Promise<Row[]> => {
  if (rows.length === 0 || names.length === 0) return rows
  const found = new Map<string, Row>()
  for (const part of chunked(names, MOST_COLUMNS - 1))
    for (const some of chunked(rows, IDS_AT_ONCE))
      for (const row of await byIds(ctx, object, some, part)) found.set(row.id, { ...found.get(row.id), ...row })
  return rows.map((row) => ({ ...found.get(row.id), ...row }))
}

const chunked = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))

const byIds = async (ctx: Ctx, object: string, rows: readonly Row[], names: string[]): Promise<Row[]> => {
  const ids = rows.map(({ id }) => id).join(',')
  const all = object === 'lead' ? { converted: 'both' } : {} // or those that became contacts would be left out
  const ask = async (fields: string[]) =>
    (await orNull(get(ctx, path`/${moduleOf(object)}`, Rows, { ...all, ids, fields: ['id', ...fields].join(',') })))?.data ?? []
  try {
    return await ask(names)
  } catch (error) {
    if (!refusesFields(error)) throw error
    const there = await stillThere(ctx, object, names)
    if (there.length === names.length) throw error
    return there.length ? ask(there) : []
  }
}

const stillThere = async (ctx: Ctx, object: string, names: string[]): Promise<string[]> => {
  const known = new Set((await askFields(ctx, object)).map(({ api_name }) => api_name))
  return names.filter((name) => known.has(name))
}
