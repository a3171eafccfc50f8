import { samePhone } from '../../core/driver.ts'
import type { Ctx, Odoo } from './call.ts'
import { type Domain, phoneDomain } from './domain.ts'
import { typesOf } from './fields.ts'
import type { Model } from './manifest.ts'
import { READ, type Row, Rows } from './map.ts'

const PARTNER = 'res.partner'
const CANDIDATES = 80
/** A person before a company, and the oldest of several: the same one each time. */
const PERSONS_FIRST = 'is_company, id'
const MAX_ID = 2 ** 31 - 1

/** Odoo's ids are 32-bit integers; null for what cannot be one. */
export const toId = (external_id: string): number | null =>
  /^[1-9]\d{0,9}$/.test(external_id) && Number(external_id) <= MAX_ID ? Number(external_id) : null

export const find = (odoo: Odoo, model: Model, domain: Domain, order: string, limit: number): Promise<Row[]> =>
  odoo.run({ model, method: 'search_read', args: { domain }, options: { fields: READ[model], order, limit }, isRead: true }, Rows)

/** Archived ones too: whoever has the id means that record. */
export const findById = async (odoo: Odoo, external_id: string): Promise<Row | null> => {
  const id = toId(external_id)
  if (id === null) return null
  const call = { model: PARTNER, method: 'read', ids: [id], args: { fields: READ[PARTNER] }, isRead: true }
  const [row] = await odoo.run(call, Rows)
  return row ?? null
}

export const findByEmail = async (odoo: Odoo, email: string): Promise<Row | null> => {
  const [row] = await find(odoo, PARTNER, [['email_normalized', '=', email.trim().toLowerCase()]], PERSONS_FIRST, 1)
  return row ?? null
}

export const findByPhone = async (ctx: Ctx, odoo: Odoo, e164: string): Promise<Row | null> => {
  const types = await typesOf(ctx, odoo, PARTNER, ['mobile', 'phone_mobile_search'])
  const has = { mobile: 'mobile' in types, search: 'phone_mobile_search' in types }
  const fields = [...READ[PARTNER], 'phone_sanitized', ...(has.mobile ? ['mobile'] : [])]
  const rows = await odoo.run(
    {
      model: PARTNER,
      method: 'search_read',
      args: { domain: phoneDomain(e164, has) },
      options: { fields, order: PERSONS_FIRST, limit: CANDIDATES },
      isRead: true,
    },
    Rows,
  )
  const isTheirs = (stored: string | false | undefined) => Boolean(stored) && samePhone(String(stored), e164, ctx.tenant.region)
  return (
    rows.find((row) => row.phone_sanitized === e164) ??
    rows.find(({ phone, mobile }) => isTheirs(phone) || isTheirs(mobile)) ??
    null
  )
}
