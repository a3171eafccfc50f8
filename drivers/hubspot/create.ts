import { path, VorelError } from '../../core/driver.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { findOne } from './find.ts'
import { KEY, keyIsGone } from './key.ts'
import { API_VERSION, type Native, nativeOf } from './manifest.ts'
import { type Ctx, HubSpotRecord } from './map.ts'
import { firstPlace, PLACED, type Place, readPipelines, resolvePlace } from './pipelines.ts'
import { isEmpty, toProperties, withNameParts, zoneOf } from './values.ts'

/** What HubSpot would refuse a record without. */
const completed = async (ctx: Ctx, object: string, fields: Fields): Promise<Fields> => {
  const native = nativeOf(object)
  if (native === 'contacts') return withSomeName(fields)
  const titled: Fields = native === 'deals' ? { dealname: 'Deal', ...fields } : { subject: 'Ticket', ...fields }
  const { pipeline, stage } = PLACED[native]
  if (!isEmpty(titled[pipeline]) || !isEmpty(titled[stage])) return resolvePlace(ctx, native, titled)
  const place = placeIn(ctx, object) ?? firstPlace(await readPipelines(ctx, native))
  return { ...titled, ...(place && { [pipeline]: place.pipeline, [stage]: place.stage }) }
}

/** Where new records begin, as found when the tenant was connected. */
const placeIn = ({ facts }: Ctx, object: string): Place | null => {
  const [pipeline, stage] = [facts[`${object}_pipeline`], facts[`${object}_stage`]]
  return pipeline && stage ? { pipeline, stage } : null
}

const withSomeName = (fields: Fields): Fields => {
  const { firstname, lastname, email, phone, mobilephone, company } = fields
  if ([firstname, lastname, email].some((value) => !isEmpty(value))) return fields
  const found = [phone, mobilephone, company].find((value) => !isEmpty(value))
  return found === undefined ? fields : { ...fields, lastname: found }
}

const filled = (fields: Fields): Fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)))

/** Once per reference, which is a unique property of the record: HubSpot refuses the second, and the first is the answer. */
export const create = async (ctx: Ctx, object: string, given: Fields, reference: string): Promise<HubSpotRecord> => {
  const native = nativeOf(object)
  const properties = toProperties(await completed(ctx, object, filled(withNameParts(given))), zoneOf(ctx.facts))
  const post = (all: Record<string, string>) =>
    ctx.http.post(path`/crm/objects/${API_VERSION}/${native}`, HubSpotRecord, { properties: all })
  if (ctx.facts[`idempotency.${object}`] === 'none') return post(properties)
  try {
    return await post({ ...properties, [KEY]: reference })
  } catch (error) {
    if (error instanceof VorelError && error.effect === 'none') return earlier(ctx, native, reference, error)
    throw error
  }
}

/** A repeat may be refused for more than the reference, so any refusal of values is held against what is there. */
const earlier = async (ctx: Ctx, native: Native, reference: string, refused: VorelError): Promise<HubSpotRecord> => {
  const isAboutKey = refused.fields?.includes(KEY) ?? false
  if (refused.code === 'field_invalid' && isAboutKey) throw keyIsGone(refused)
  if (refused.code !== 'field_invalid' && refused.code !== 'record_conflict') throw refused
  const found = await byKey(ctx, native, reference).catch((cause: unknown) => {
    throw unsettled(cause)
  })
  if (found) return found
  throw isAboutKey ? unsettled(refused) : refused
}

/** In the bin too: somebody may have put the record there since. */
const byKey = async (ctx: Ctx, native: Native, reference: string): Promise<HubSpotRecord | null> =>
  (await findOne(ctx, native, reference, { by: { idProperty: KEY } })) ??
  findOne(ctx, native, reference, { by: { idProperty: KEY, archived: true } })

const unsettled = (cause: unknown) =>
  new VorelError('provider_unavailable', 'HubSpot did not say what became of an earlier try to create this. Try again.', {
    effect: 'unknown',
    cause,
  })
