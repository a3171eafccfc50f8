import Type, { type TSchema } from 'typebox'
import { path, type Query, VorelError } from '../../core/driver.ts'
import type { Ctx } from './manifest.ts'
import { Appointment, Customer, RepairOrder, type Row } from './map.ts'

const PAGE_SIZE = 100 // more is cut to that, without a word
const MOST_PAGES = 20

/** What is listed, and each as it comes. */
interface Resource<T extends Row> {
  path: string
  item: TSchema
  page: TSchema
  /** No value: the type of `item`. */
  row?: T
}

const resource = <S extends TSchema>(path: string, item: S) => ({
  path,
  item,
  page: Type.Object({ content: Type.Array(item), last: Type.Optional(Type.Boolean()) }),
})

export const CUSTOMERS: Resource<Customer> = resource('/customers', Customer)
export const REPAIR_ORDERS: Resource<RepairOrder> = resource('/repair-orders', RepairOrder)
export const APPOINTMENTS: Resource<Appointment> = resource('/appointments', Appointment)

interface Wanted {
  /** So many will do. */
  enough?: number
  /** Deleted ones as well. */
  withDeleted?: boolean
}

const isOwn = ({ settings: { shop_id } }: Ctx, { shopId }: Row): boolean => String(shopId) === shop_id

/** This shop's rows of a list, page by page to the last, each once: pages shift while others write. */
export const listed = async <T extends Row>(
  ctx: Ctx,
  { path, page: shape }: Resource<T>,
  query: Query,
  { enough = Number.POSITIVE_INFINITY, withDeleted = false }: Wanted = {},
): Promise<T[]> => {
  const found = new Map<string, T>()
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const asked = { shop: ctx.settings.shop_id, ...query, size: PAGE_SIZE, page }
    const { content, last } = (await ctx.http.get(path, shape, asked)) as { content: T[]; last?: boolean }
    const own = content.filter((row) => isOwn(ctx, row) && (withDeleted || !row.deletedDate))
    for (const row of own) found.set(String(row.id), row)
    const isLast = last ?? content.length < PAGE_SIZE
    if (isLast || content.length === 0 || found.size >= enough) return [...found.values()]
  }
  throw new VorelError(
    'field_invalid',
    `Tekmetric has more than ${MOST_PAGES * PAGE_SIZE} of these. Narrow what is asked for, such as by a later moment.`,
  )
}

const notHere = () => new VorelError('record_not_found', 'This shop has no such record at Tekmetric.')

/** One row by its id. A key may open other shops as well: their rows, and deleted ones, are not there. */
export const rowById = async <T extends Row>(ctx: Ctx, { path: list, item }: Resource<T>, id: string): Promise<T> => {
  if (!/^\d{1,15}$/.test(id)) throw notHere()
  const row = (await ctx.http.get(`${list}${path`/${id}`}`, item)) as T
  if (!isOwn(ctx, row) || row.deletedDate) throw notHere()
  return row
}
