import type { Ctx } from './answer.ts'
import type { Reading } from './columns.ts'
import { rowsByPhone, searched } from './find.ts'
import type { Row } from './map.ts'
import { startsWith } from './query.ts'

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const LONGEST = 255 // of a single line in Zoho: a longer text is in none

const NAMES: Record<string, string[]> = {
  contact: ['First_Name', 'Last_Name'],
  lead: ['First_Name', 'Last_Name', 'Company'],
  deal: ['Deal_Name'],
}

/** By number or address where it is one, else by its words, and where these find nothing by how a name begins. */
export const searchRows = async (
  ctx: Ctx,
  of: Reading,
  { query, phone, limit }: { query: string; phone?: string; limit: number },
): Promise<Row[]> => {
  const isPerson = of.object !== 'deal'
  if (isPerson && phone) return rowsByPhone(ctx, of, phone)
  const text = query.trim()
  const length = [...text].length
  if (length === 0 || length > LONGEST || !text.isWellFormed()) return []
  if (isPerson && EMAIL.test(text)) return searched(ctx, of, { email: text }, limit)
  const byWord = length > 1 ? await searched(ctx, of, { word: text }, limit) : []
  return byWord.length ? byWord : searched(ctx, of, { criteria: startsWith(NAMES[of.object] ?? [], text) }, limit)
}
