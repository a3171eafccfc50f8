import { firstMatch, orNull, readOf } from '../../core/driver.ts'
import type { LookupCustomerInput, LookupCustomerOutput } from '../../schemas/verbs.ts'
import type { Ctx } from './manifest.ts'
import { type Customer, recordOf } from './map.ts'
import { CUSTOMERS, listed, rowById } from './pages.ts'
import { hasPhone, spellings } from './phones.ts'

/** Every spelling is asked for: one that finds somebody may miss others who have the number in the other. */
export const customersByPhone = async (ctx: Ctx, phone: string): Promise<Customer[]> => {
  const asked = spellings(phone).map((search) => listed(ctx, CUSTOMERS, { search }))
  const found = new Map((await Promise.all(asked)).flat().map((customer) => [String(customer.id), customer]))
  return bestFirst([...found.values()].filter((customer) => hasPhone(customer, phone, ctx.tenant.region)))
}

const customersByEmail = async (ctx: Ctx, email: string): Promise<Customer[]> => {
  const found = await listed(ctx, CUSTOMERS, { search: email })
  return bestFirst(found.filter((customer) => customer.email?.toLowerCase() === email.toLowerCase()))
}

const BUSINESS = '2'
const isBusiness = ({ customerType }: Customer): boolean => String(customerType?.id) === BUSINESS

/** Persons before businesses, and of equals the oldest. */
const bestFirst = (customers: Customer[]): Customer[] =>
  customers.toSorted(
    (a, b) =>
      Number(isBusiness(a)) - Number(isBusiness(b)) ||
      (a.createdDate ?? '').localeCompare(b.createdDate ?? '') ||
      Number(a.id) - Number(b.id),
  )

export const lookup = (ctx: Ctx, input: LookupCustomerInput): Promise<LookupCustomerOutput> => {
  const { phone, email, external_id } = input
  const toRecord = recordOf(ctx, 'contact', readOf(input, 'contact'))
  return firstMatch({
    phone: phone && customersByPhone(ctx, phone).then((found) => found.map(toRecord)),
    email: email && customersByEmail(ctx, email).then((found) => found.map(toRecord)),
    external_id: external_id && orNull(rowById(ctx, CUSTOMERS, external_id).then(toRecord)),
  })
}
