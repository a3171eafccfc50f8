import type { ListRecentInput } from '../../schemas/verbs.ts'
import type { Ctx } from './manifest.ts'
import { knownIn, type Row } from './map.ts'
import { APPOINTMENTS, CUSTOMERS, listed, REPAIR_ORDERS } from './pages.ts'
import { toIso } from './values.ts'

const DAY_MS = 86_400_000
const STEPS_MS = [DAY_MS, 7 * DAY_MS]

const LISTS: Record<string, (ctx: Ctx, updatedDateStart: string) => Promise<Row[]>> = {
  contact: (ctx, updatedDateStart) => listed(ctx, CUSTOMERS, { updatedDateStart }),
  repair_order: (ctx, updatedDateStart) => listed(ctx, REPAIR_ORDERS, { updatedDateStart }),
  appointment: (ctx, updatedDateStart) => listed(ctx, APPOINTMENTS, { updatedDateStart, includeDeleted: false }),
}

/**
 * Tekmetric sorts none of its lists by their last change, so that all pages have to be read to know the newest. The last day is asked for first: where it
 * holds enough, nothing older is needed. Bounds on deletedDate are never given beside: the answer would be deleted ones alone.
 */
export const recent = async (ctx: Ctx, { object, since, limit }: ListRecentInput): Promise<Row[]> => {
  for (const from of widening(Date.parse(since))) {
    const rows = newestSince(ctx, (await LISTS[object]?.(ctx, new Date(from - 1_000).toISOString())) ?? [], from)
    if (rows.length >= limit || from <= Date.parse(since)) return rows.slice(0, limit)
  }
  return []
}

const widening = (since: number): number[] => {
  const now = Date.now()
  return [...STEPS_MS.map((ms) => now - ms).filter((from) => from > since), since]
}

/** A second more was asked for: whether the bound itself is within, Tekmetric does not say. */
const newestSince = (ctx: Ctx, rows: Row[], from: number): Row[] => {
  const { zone } = knownIn(ctx)
  const at = ({ updatedDate }: Row): number => Date.parse(toIso(updatedDate, zone) ?? '') || 0
  return rows.filter((row) => at(row) >= from).toSorted((a, b) => at(b) - at(a) || Number(b.id) - Number(a.id))
}
