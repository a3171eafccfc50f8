import { toE164 } from '../../core/driver.ts'
import type { Ctx } from './answer.ts'
import { searched, searchedByPhone } from './find.ts'
import type { Row } from './map.ts'
import { startsWith } from './query.ts'

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const PHONE = /^\+?[\d\s().\-/]{6,}$/
const LONGEST = 255 // of a single line in Zoho: a longer text is in none

const NAMES: Record<string, string[]> = {
  contact: ['First_Name', 'Last_Name'],
  lead: ['First_Name', 'Last_Name', 'Company'],
  deal: ['Deal_Name'],
}

/** By address or number where it is one, else by its words, and where these find nothing by how a name begins. */
export const searchRows = async (ctx: Ctx, object: string, query: string, limit: number): Promise<Row[]> => {
  const text = query.trim()
  const length = [...text].length
  if (length === 0 || length > LONGEST || !text.isWellFormed()) return []
  const isPerson = object !== 'deal'
  if (isPerson && EMAIL.test(text)) return searched(ctx, object, { email: text }, limit)
  const e164 = isPerson && PHONE.test(text) ? toE164(text, ctx.tenant.region) : null
  if (e164) return searchedByPhone(ctx, object, e164, limit)
  const byWord = length > 1 ? await searched(ctx, object, { word: text }, limit) : []
  return byWord.length ? byWord : searched(ctx, object, { criteria: startsWith(NAMES[object] ?? [], text) }, limit)
}
