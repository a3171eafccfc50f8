import { path, VorelError } from '../../core/driver.ts'
import type { CreateRecordInput } from '../../schemas/verbs.ts'
import { type Ctx, select, write } from './answer.ts'
import { layoutIn } from './fields.ts'
import { moduleOf } from './manifest.ts'
import { Rows } from './map.ts'
import { equalsAny, selectFrom } from './query.ts'
import { completed, refuseOddNames, toWrite } from './values.ts'

const TRIGGERS: Record<string, string[]> = { all: ['workflow', 'approval', 'blueprint'], workflow: ['workflow'], none: [] }

/** Said each time: left out, Zoho starts everything. */
export const triggerOf = ({ settings }: Ctx): string[] => TRIGGERS[settings.trigger ?? 'all'] ?? []

export const referenceFieldOf = ({ settings }: Ctx): string => settings.reference_field ?? 'Vorel_Key'

const findByKey = async (ctx: Ctx, object: string, reference: string): Promise<string | null> => {
  const where = equalsAny([referenceFieldOf(ctx)], [reference])
  const found = await select(ctx, selectFrom(moduleOf(object), ['id'], where, 'limit 1'), Rows)
  return found?.data[0]?.id ?? null
}

/**
 * Once per reference: what an earlier call made is left as it is now, and of calls at the same time Zoho's unique field lets one through.
 * `duplicate_check_fields` is never left out, or Zoho would take the record of anybody with the same e-mail address.
 */
export const create = async (ctx: Ctx, { object, fields, reference }: CreateRecordInput): Promise<string> => {
  const field = referenceFieldOf(ctx)
  refuseOddNames(fields, field)
  const layout = layoutIn(ctx, object)
  const record = toWrite(layout, completed(layout, object, fields))
  const module = path`/${moduleOf(object)}`
  const trigger = triggerOf(ctx)
  if (ctx.facts[`idempotency.${object}`] === 'none')
    return write(ctx, { method: 'POST', path: module, body: { data: [record], trigger } })
  const known = await findByKey(ctx, object, reference)
  if (known) return known
  const data = [{ ...record, [field]: reference }]
  try {
    return await write(ctx, {
      method: 'POST',
      path: `${module}/upsert`,
      body: { data, duplicate_check_fields: [field], trigger },
    })
  } catch (error) {
    // Of two at the same moment, the second may be told of a duplicate: the first one's record.
    const isOwnTwin = error instanceof VorelError && error.code === 'record_conflict' && error.fields?.includes(field)
    const twin = isOwnTwin ? await findByKey(ctx, object, reference) : null
    if (twin) return twin
    throw error
  }
}
