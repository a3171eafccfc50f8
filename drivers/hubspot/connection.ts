import Type from 'typebox'
import { isZone, path } from '../../core/driver.ts'
import type { TestConnectionOutput } from '../../schemas/verbs.ts'
import { hasKey, isRefused, KEY } from './key.ts'
import { API_VERSION, manifest, type ObjectName, SERVED } from './manifest.ts'
import type { Ctx } from './map.ts'
import { firstPlace, type PLACED, readPipelines } from './pipelines.ts'

const Account = Type.Object({
  portalId: Type.Integer(),
  uiDomain: Type.String({ pattern: '^[a-z0-9.-]+$' }),
  accountType: Type.Optional(Type.String()),
  timeZone: Type.Optional(Type.String()),
  companyCurrency: Type.Optional(Type.String()),
})

type Facts = Record<string, string>

const KINDS: Record<string, string> = {
  SANDBOX: ' (sandbox)',
  DEVELOPER_TEST: ' (developer test account)',
  APP_DEVELOPER: ' (app developer account)',
}

/** Proves the token, makes the property that creates are told apart by, and finds out where new deals and tickets begin. */
export const connectionTest = async (ctx: Ctx): Promise<TestConnectionOutput> => {
  const account = await ctx.http.get(path`/account-info/${API_VERSION}/details`, Account)
  const { portalId, uiDomain, accountType = '', timeZone, companyCurrency } = account
  const prepared = await Promise.all(SERVED.map((object) => prepare(ctx, object)))
  const warning = warningOf(prepared)
  return {
    ok: true,
    account: `HubSpot account ${portalId}${KINDS[accountType] ?? ''}`,
    facts: {
      portal_id: String(portalId),
      ui_domain: uiDomain,
      ...(timeZone && isZone(timeZone) && { time_zone: timeZone }),
      ...(companyCurrency && { currency: companyCurrency }),
      ...Object.assign({}, ...prepared.map(({ facts }) => facts)),
    },
    ...(warning && { warning }),
  }
}

interface Prepared {
  object: string
  facts: Facts
  /** Whether the grant covers the object at all. */
  isOpen: boolean
  hasKey: boolean
}

const prepare = async (ctx: Ctx, object: ObjectName): Promise<Prepared> => {
  const { native } = manifest.objects[object]
  const [key, place] = await Promise.all([
    refusedAs(false, hasKey(ctx, native)),
    native === 'contacts' ? {} : refusedAs(null, placeFacts(ctx, object, native)),
  ])
  const facts = { ...place, [`idempotency.${object}`]: key ? 'native' : 'none' }
  return { object, facts, isOpen: place !== null, hasKey: key }
}

const placeFacts = async (ctx: Ctx, object: string, native: keyof typeof PLACED): Promise<Facts> => {
  const place = firstPlace(await readPipelines(ctx, native))
  return place ? { [`${object}_pipeline`]: place.pipeline, [`${object}_stage`]: place.stage } : {}
}

/** The token was proven before: what is refused now is a right or a limit, not the sign-in. */
const refusedAs = async <T>(otherwise: T, asked: Promise<T>): Promise<T> => {
  try {
    return await asked
  } catch (error) {
    if (isRefused(error, 'auth_error', 'field_invalid', 'record_conflict', 'record_not_found')) return otherwise
    throw error
  }
}

const list = (prepared: Prepared[]): string => prepared.map(({ object }) => object).join(', ')

const warningOf = (prepared: Prepared[]): string | undefined => {
  const closed = prepared.filter(({ isOpen }) => !isOpen)
  const unkeyed = prepared.filter(({ isOpen, hasKey }) => isOpen && !hasKey)
  const sentences = [
    closed.length && `HubSpot gives no access to ${list(closed)}: connect again and grant the scopes asked for.`,
    unkeyed.length &&
      `HubSpot has no unique property ${KEY} for ${list(unkeyed)} and lets Vorel make none, so a create whose answer is lost is not repeated by itself: connect again as a super admin, with one of the ten unique properties of each object free.`,
  ]
  return sentences.filter(Boolean).join(' ') || undefined
}
