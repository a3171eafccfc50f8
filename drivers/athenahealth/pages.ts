import Type, { type Static, type TSchema } from 'typebox'
import { type Query, VorelError } from '../../core/driver.ts'
import type { Ctx } from './manifest.ts'
import { pageOf } from './map.ts'

export interface Listing<S extends TSchema> {
  path: string
  key: 'patients' | 'appointments'
  item: S
  query: Query
  pageSize: number
  mostPages: number
}

interface Page<T> {
  rows: T[]
  hasMore: boolean
}

const NOTHING = Type.Never()
const shapes = new WeakMap<TSchema, TSchema>()
/** One shape per kind of item, so that it is compiled once. */
const shapeOf = <S extends TSchema>(item: S): ReturnType<typeof pageOf<S>> => {
  const known = shapes.get(item)
  if (known) return known as ReturnType<typeof pageOf<S>>
  const shape = pageOf(item)
  shapes.set(item, shape)
  return shape
}

export const pageAt = async <S extends TSchema>(
  { http }: Ctx,
  { path, key, item, query, pageSize }: Listing<S>,
  offset: number,
): Promise<Page<Static<S>>> => {
  const page = await http.get(path, shapeOf(item), { ...query, limit: pageSize, ...(offset > 0 && { offset }) })
  const rows = page[key] as Static<S>[] | undefined
  if (!rows && String(page.totalcount) !== '0') http.decode(NOTHING, page) // an answer without its list is none
  return { rows: rows ?? [], hasMore: typeof page.next === 'string' && page.next !== '' }
}

/**
 * Every page. The links to the next repeat what was searched for, so they are taken for a sign and never followed: the offset leads to the same.
 */
export const allPages = async <S extends TSchema>(ctx: Ctx, listing: Listing<S>): Promise<Static<S>[]> => {
  const all: Static<S>[] = []
  for (let page = 0; page < listing.mostPages; page += 1) {
    const { rows, hasMore } = await pageAt(ctx, listing, all.length)
    all.push(...rows)
    if (!hasMore || rows.length === 0) return all
  }
  throw new VorelError(
    'field_invalid',
    `athenahealth has more than ${listing.pageSize * listing.mostPages} of these. Narrow what is asked for, such as by a later moment.`,
  )
}
