import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { orNull, path, samePhone } from '../../core/driver.ts'
import type { ReadField } from '../../schemas/verbs.ts'
import { API_VERSION, type Native } from './manifest.ts'
import { type Ctx, HubSpotRecord, Page, propertiesFor } from './map.ts'

/** A page of search results holds no more. */
const LARGEST_PAGE = 200
const LONGEST_QUERY = 3000
/** Numbers that end alike, and families that share one. */
const CANDIDATES = 100
/** Of those who share a key. */
const OF_USE = 20

interface Filter {
  propertyName: string
  operator: 'EQ' | 'GTE' | 'CONTAINS_TOKEN'
  value: string
}

interface Search {
  query?: string
  /** Any of them may hold. */
  filters?: Filter[]
  newestBy?: string
  limit: number
  read?: Read
}
type Read = readonly ReadField[]

/** Each property by a parameter of its own, as the API's description has it. */
const reading = (native: Native, read?: Read): string =>
  propertiesFor(native, read)
    .map((name) => `properties=${encodeURIComponent(name)}`)
    .join('&')

interface By {
  /** A unique property whose value stands in place of the id. */
  idProperty?: string
  /** In the bin instead. */
  archived?: boolean
}

/** One record; null where there is none. */
export const findOne = (
  { http }: Ctx,
  native: Native,
  id: string,
  { by = {}, read }: { by?: By; read?: Read } = {},
): Promise<HubSpotRecord | null> =>
  orNull(http.get(`${path`/crm/objects/${API_VERSION}/${native}/${id}`}?${reading(native, read)}`, HubSpotRecord, { ...by }))

/** HubSpot's ids are numbers; null for what cannot be one. */
export const findById = async (ctx: Ctx, native: Native, external_id: string, read?: Read): Promise<HubSpotRecord | null> =>
  isId(external_id) ? findOne(ctx, native, external_id, read && { read }) : null

export const isId = (external_id: string): boolean => /^[1-9]\d{0,19}$/.test(external_id)

/** Looks in an index that lags some seconds behind, five times a second for all who use the account. */
export const search = async (
  { http }: Ctx,
  native: Native,
  { query, filters, newestBy, limit, read }: Search,
): Promise<HubSpotRecord[]> => {
  const { results } = await http.query(path`/crm/objects/${API_VERSION}/${native}/search`, Page, {
    ...(query !== undefined && { query: query.slice(0, LONGEST_QUERY) }),
    ...(filters && { filterGroups: filters.map((filter) => ({ filters: [filter] })) }),
    ...(newestBy && { sorts: [{ propertyName: newestBy, direction: 'DESCENDING' }] }),
    properties: propertiesFor(native, read),
    limit: Math.min(limit, LARGEST_PAGE),
  })
  return results
}

/** The oldest first, so that it is the same one each time. */
const oldestFirst = (records: HubSpotRecord[]): HubSpotRecord[] =>
  records.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || Number(a.id) - Number(b.id)).slice(0, OF_USE)

/** Read directly, which is always up to date; a contact's further addresses are in the search index only. */
export const findByEmail = async (ctx: Ctx, email: string, read?: Read): Promise<HubSpotRecord[]> => {
  const wanted = email.trim().toLowerCase()
  if (!/^[^\s@]+@[^\s@]+$/.test(wanted)) return []
  const main = await findOne(ctx, 'contacts', wanted, { by: { idProperty: 'email' }, ...(read && { read }) })
  return main ? [main] : findByFurtherEmail(ctx, wanted, read)
}

const findByFurtherEmail = async (ctx: Ctx, wanted: string, read: Read = []): Promise<HubSpotRecord[]> => {
  const filters: Filter[] = [
    { propertyName: 'email', operator: 'EQ', value: wanted },
    { propertyName: 'hs_additional_emails', operator: 'CONTAINS_TOKEN', value: wanted },
  ]
  const found = await search(ctx, 'contacts', { filters, limit: CANDIDATES, read })
  const addresses = ({ email, hs_additional_emails }: HubSpotRecord['properties']) =>
    `${email ?? ''};${hs_additional_emails ?? ''}`.toLowerCase().split(/[;,\s]+/)
  return oldestFirst(found.filter(({ properties }) => addresses(properties).includes(wanted)))
}

/** HubSpot keeps numbers as typed, and beside them without the country code, more or less: a way to candidates, no more. */
export const findByPhone = async (ctx: Ctx, e164: string, read: Read = []): Promise<HubSpotRecord[]> => {
  const national = parsePhoneNumberFromString(e164)?.nationalNumber
  const ofNational = (kind: string): Filter[] => {
    const propertyName = `hs_searchable_calculated_${kind}_number`
    if (!national) return []
    return [
      { propertyName, operator: 'EQ', value: national },
      { propertyName, operator: 'CONTAINS_TOKEN', value: `*${national}` },
    ]
  }
  const asTyped: Filter = { propertyName: 'phone', operator: 'EQ', value: e164 }
  const filters = [...ofNational('phone'), ...ofNational('mobile'), asTyped]
  const found = await search(ctx, 'contacts', { filters, limit: CANDIDATES, read })
  const isTheirs = (stored: string | null | undefined) => Boolean(stored) && samePhone(String(stored), e164, ctx.tenant.region)
  return oldestFirst(found.filter(({ properties: { phone, mobilephone } }) => isTheirs(phone) || isTheirs(mobilephone)))
}
