import Type from 'typebox'
import { isZone, type Query, VorelError } from '../../core/driver.ts'
import type { TestConnectionOutput } from '../../schemas/verbs.ts'
import type { Ctx } from './manifest.ts'
import { Id, Page, Text } from './map.ts'
import { zoneOfState } from './zones.ts'

const Shop = Type.Object({
  id: Id,
  name: Text,
  address: Type.Optional(Type.Union([Type.Object({ state: Text }), Type.Null()])),
})
const Shops = Type.Array(Shop)

/** That the key is good and opens this shop, whose clocks those are, and what it may read there. */
export const connectionTest = async (ctx: Ctx): Promise<TestConnectionOutput> => {
  const { shop_id, time_zone } = ctx.settings
  if (time_zone && !isZone(time_zone))
    return { ok: false, reason: `'${time_zone}' is no time zone. Give its IANA name, such as America/Chicago, or leave it out.` }
  const shops = await ctx.http.get('/shops', Shops)
  const shop = shops.find(({ id }) => String(id) === shop_id)
  if (!shop)
    return {
      ok: false,
      reason: `The key is valid but not for this shop (${shop_id}). Check its number, or have Tekmetric grant the shop to the key.`,
    }
  const clocks = clocksOf(time_zone, shop.address?.state ?? '')
  const warning = [clocks.warning, await ungranted(ctx)].filter(Boolean).join(' ')
  return {
    ok: true,
    account: shop.name || `Shop ${shop_id}`,
    facts: { time_zone: clocks.zone },
    ...(warning && { warning }),
  }
}

/** Tekmetric tells where a shop is, and not by which clocks it goes. */
const clocksOf = (given: string | undefined, state: string): { zone: string; warning?: string } => {
  if (given) return { zone: given }
  const known = zoneOfState(state)
  if (known?.isWhole) return { zone: known.zone }
  const zone = known?.zone ?? 'UTC'
  const why = known ? `like most of ${state.trim().toUpperCase()}` : 'since its address names no state of the USA'
  return { zone, warning: `The shop's clocks are taken for ${zone}, ${why}. If they are not, connect again with time_zone.` }
}

const RESOURCES: [name: string, path: string, query: Query][] = [
  ['customers', '/customers', {}],
  ['repair orders', '/repair-orders', {}],
  ['appointments', '/appointments', { includeDeleted: false }],
]

/** Access is granted resource by resource; nobody's record is looked at to find out. */
const ungranted = async (ctx: Ctx): Promise<string> => {
  const nobody = { shop: ctx.settings.shop_id, updatedDateStart: new Date(Date.now() + 86_400_000).toISOString(), size: 1 }
  const asked = RESOURCES.map(async ([name, path, query]) => {
    try {
      await ctx.http.get(path, Page, { ...nobody, ...query })
      return []
    } catch (error) {
      if (error instanceof VorelError && error.code === 'auth_error') return [name]
      throw error
    }
  })
  const names = (await Promise.all(asked)).flat()
  return names.length ? `The key may not read ${names.join(', ')} of this shop: have Tekmetric grant it.` : ''
}
