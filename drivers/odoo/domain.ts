import type { Model } from './manifest.ts'

export type Leaf = [field: string, operator: string, value: string | number | boolean | number[]]
/** Prefix notation: each '|' joins the two conditions behind it, and 'and' goes without saying. */
export type Domain = (Leaf | '|' | '&')[]

export const anyOf = (leaves: Leaf[]): Domain => [...leaves.slice(1).map(() => '|' as const), ...leaves]

/** In `ilike` these three are wildcards or escape them. */
export const literal = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&')

const SEARCHED: Record<Model, string[]> = {
  'res.partner': ['name', 'email', 'phone', 'company_name'],
  'crm.lead': ['name', 'contact_name', 'partner_name', 'email_from', 'phone'],
}

export const textDomain = (model: Model, query: string): Domain =>
  anyOf(SEARCHED[model].map((field) => [field, 'ilike', literal(query)]))

const TAIL_DIGITS = 6 // no country has shorter numbers for persons, and it cuts off trunk and country codes

/** Candidates only: numbers are stored as somebody typed them, so each hit is compared again. `fields`: what the model has beside `phone`. */
export const phoneDomain = (e164: string, fields: { mobile: boolean; search: boolean }): Domain => {
  const tail = e164.replaceAll(/\D/g, '').slice(-TAIL_DIGITS)
  const scattered = [...tail].join('%')
  const leaves: Leaf[] = [['phone_sanitized', '=', e164]]
  if (fields.search) leaves.push(['phone_mobile_search', 'ilike', tail])
  else leaves.push(['phone', 'ilike', scattered])
  if (fields.mobile && !fields.search) leaves.push(['mobile', 'ilike', scattered])
  return anyOf(leaves)
}
