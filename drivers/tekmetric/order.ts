import Type from 'typebox'
import { path, VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { written } from './answer.ts'
import { tableOf } from './fields.ts'
import type { Ctx } from './manifest.ts'
import { knownIn } from './map.ts'
import { REPAIR_ORDERS, rowById } from './pages.ts'
import { toWritten } from './write.ts'

export const notCreatable = () =>
  new VorelError(
    'object_unsupported',
    'Tekmetric lets no program create repair orders. Create an appointment instead: the shop makes a repair order of it.',
  )

/** The answer holds nothing of the order. */
export const updateOrder = async (ctx: Ctx, id: string, fields: Fields): Promise<void> => {
  const values = toWritten(fields, tableOf('repair_order'), knownIn(ctx), 'a repair order')
  await rowById(ctx, REPAIR_ORDERS, id)
  await written(ctx, 'patch', path`/repair-orders/${id}`, values, Type.Unknown())
}
