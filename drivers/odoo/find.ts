import { samePhone } from '../../core/driver.ts'
import type { CrmRecord } from '../../schemas/record.ts'
import { type Domain, phoneDomain } from './domain.ts'
import { typesOf } from './fields.ts'
import type { Row } from './map.ts'
import { recordsOf, rowsOf, type View } from './view.ts'

/** As many as share a number or an address and are of use. */
export const MOST = 20
const CANDIDATES = 80
/** A person before a company, and the oldest first: the same order each time. */
export const PERSONS_FIRST = 'is_company, id'
export const NEWEST_FIRST = 'write_date desc, id desc'
const MAX_ID = 2 ** 31 - 1

/** Odoo's ids are 32-bit integers; null for what cannot be one. */
export const toId = (external_id: string): number | null =>
  /^[1-9]\d{0,9}$/.test(external_id) && Number(external_id) <= MAX_ID ? Number(external_id) : null

const search = (view: View, domain: Domain, order: string, limit: number, more: string[] = []): Promise<Row[]> =>
  rowsOf(view, more, (fields) => ({ method: 'search_read', args: { domain }, options: { fields, order, limit } }))

export const find = async (view: View, domain: Domain, order: string, limit: number): Promise<CrmRecord[]> =>
  recordsOf(view, await search(view, domain, order, limit))

/** Archived ones too: whoever has the id means that record. */
export const findById = async (view: View, external_id: string): Promise<CrmRecord[]> => {
  const id = toId(external_id)
  if (id === null) return []
  return recordsOf(view, await rowsOf(view, [], (fields) => ({ method: 'read', ids: [id], args: { fields } })))
}

export const findByEmail = (view: View, email: string): Promise<CrmRecord[]> =>
  find(view, [['email_normalized', '=', email.trim().toLowerCase()]], PERSONS_FIRST, MOST)

/** By the whole number, as Odoo reads it in the contact's country, or we in the tenant's. `within`: more conditions. */
export const findByPhone = async (
  view: View,
  e164: string,
  within: Domain,
  order: string,
  limit: number,
): Promise<CrmRecord[]> => {
  const { ctx, odoo, model } = view
  const types = await typesOf(ctx, odoo, model, ['mobile', 'phone_mobile_search'])
  const has = { mobile: 'mobile' in types, search: 'phone_mobile_search' in types }
  const columns = ['phone_sanitized', ...(has.mobile ? ['mobile'] : [])]
  const candidates = await search(view, [...within, ...phoneDomain(e164, has)], order, Math.max(CANDIDATES, limit), columns)
  const isTheirs = (stored: string | false | undefined) => Boolean(stored) && samePhone(String(stored), e164, ctx.tenant.region)
  const theirs = candidates.filter(
    ({ phone_sanitized, phone, mobile }) => phone_sanitized === e164 || isTheirs(phone) || isTheirs(mobile),
  )
  return recordsOf(view, theirs.slice(0, limit))
}
