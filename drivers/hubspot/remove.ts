import { path } from '../../core/driver.ts'
import { findOne } from './find.ts'
import { API_VERSION, type Native } from './manifest.ts'
import type { Ctx } from './map.ts'
import { missing } from './refusal.ts'

/** Looked for first: HubSpot does not say what it answers where there is nothing to delete. True: it is gone for good. */
export const remove = async (ctx: Ctx, native: Native, id: string): Promise<boolean> => {
  const isForGood = native === 'contacts' && ctx.settings.on_delete === 'gdpr'
  const isThere = (await findOne(ctx, native, id)) ?? (isForGood && (await findOne(ctx, native, id, { by: { archived: true } })))
  if (!isThere) throw missing()
  if (isForGood) await eraseForGood(ctx, id)
  else await ctx.http.delete(path`/crm/objects/${API_VERSION}/${native}/${id}`)
  return isForGood
}

/** The answer is empty, as HubSpot's 204 are. */
const eraseForGood = async ({ http }: Ctx, objectId: string): Promise<void> => {
  await http.raw({
    method: 'POST',
    path: path`/crm/objects/${API_VERSION}/contacts/gdpr-delete`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ objectId }),
  })
}
