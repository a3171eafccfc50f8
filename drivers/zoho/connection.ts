import Type from 'typebox'
import { isZone, VorelError } from '../../core/driver.ts'
import type { TestConnectionOutput } from '../../schemas/verbs.ts'
import { type Ctx, get, post } from './answer.ts'
import { referenceFieldOf } from './create.ts'
import { askFields, type FieldInfo, isUnique, layoutFact, layoutOf } from './fields.ts'
import { manifest, moduleOf } from './manifest.ts'

const Organisation = Type.Object({
  zgid: Type.String(),
  domain_name: Type.String({ pattern: '^[\\w-]{1,100}$' }),
  company_name: Type.Optional(Type.String()),
  time_zone: Type.Optional(Type.String()),
  type: Type.Optional(Type.String()),
})
const Organisations = Type.Object({ org: Type.Array(Organisation, { minItems: 1 }) })

interface Found {
  facts: Record<string, string>
  warning: string
  isClosed?: boolean
}

/** The unique field of a module, made where it is missing. */
const reference = async (ctx: Ctx, object: string, infos: FieldInfo[]): Promise<FieldInfo | undefined> => {
  const name = referenceFieldOf(ctx)
  const find = (among: FieldInfo[]) => among.find(({ api_name }) => api_name === name)
  const known = find(infos)
  if (known) return known
  const field = { field_label: name.replaceAll('_', ' '), data_type: 'text', unique: { casesensitive: false } }
  try {
    await post(ctx, '/settings/fields', { module: moduleOf(object) }, { fields: [field] })
  } catch (error) {
    if (error instanceof VorelError && error.effect === 'none' && !error.retryable) return undefined
    throw error
  }
  return find(await askFields(ctx, object))
}

const howToMend = (ctx: Ctx, object: string, found: FieldInfo | undefined): string => {
  const name = referenceFieldOf(ctx)
  const what = found
    ? `The field ${name} of ${moduleOf(object)} is not unique in Zoho: mark it as one that allows no duplicate values`
    : `${moduleOf(object)} has no field ${name}, and Vorel may not make it: add a single line '${name.replaceAll('_', ' ')}' in Zoho (Setup, Modules and Fields) that allows no duplicate values`
  return `${what}, and test the connection again. Until then a create of a ${object} whose answer is lost stays unsettled.`
}

const examine = async (ctx: Ctx, object: string): Promise<Found> => {
  try {
    const infos = await askFields(ctx, object)
    const found = await reference(ctx, object, infos)
    const isSafe = found !== undefined && isUnique(found)
    return {
      facts: {
        [layoutFact(object)]: JSON.stringify(layoutOf(infos)),
        [`idempotency.${object}`]: isSafe ? 'native' : 'none',
      },
      warning: isSafe ? '' : howToMend(ctx, object, found),
    }
  } catch (error) {
    if (!isRefused(error)) throw error
    return {
      facts: { [`idempotency.${object}`]: 'none' },
      warning: `${moduleOf(object)} cannot be used: ${error.message}`,
      isClosed: true,
    }
  }
}

const isRefused = (error: unknown): error is VorelError =>
  error instanceof VorelError && !error.isExpired && (error.code === 'auth_error' || error.code === 'object_unsupported')

const findOut = async (ctx: Ctx): Promise<TestConnectionOutput> => {
  const [organisation] = (await get(ctx, '/org', Organisations))?.org ?? []
  if (!organisation)
    return { ok: false, reason: 'Zoho CRM has no organisation for this user. Set one up there, or connect as another.' }
  const { zgid, domain_name, company_name, time_zone, type } = organisation
  const objects = Object.keys(manifest.objects)
  const found = await Promise.all(objects.map((object) => examine(ctx, object)))
  if (found.every(({ isClosed }) => isClosed)) return { ok: false, reason: found[0]?.warning ?? '' }
  const closed = objects.filter((_, index) => found[index]?.isClosed)
  const warning = found
    .map(({ warning }) => warning)
    .filter(Boolean)
    .join(' ')
  return {
    ok: true,
    account: [company_name ?? domain_name, type && type !== 'Production' ? `(${type})` : ''].filter(Boolean).join(' '),
    facts: Object.assign(
      { zgid, domain_name },
      time_zone && isZone(time_zone) && { time_zone },
      type && { org_type: type },
      closed.length && { closed: closed.join(',') },
      ...found.map(({ facts }) => facts),
    ),
    ...(warning && { warning }),
  }
}

/** What an operator has to mend is an answer; what may pass by itself is thrown. */
export const connectionTest = async (ctx: Ctx): Promise<TestConnectionOutput> => {
  try {
    return await findOut({ ...ctx, facts: { ...ctx.facts, closed: '' } })
  } catch (error) {
    if (error instanceof VorelError && error.code === 'auth_error') return { ok: false, reason: error.message }
    throw error
  }
}
