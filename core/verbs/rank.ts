import type { CrmRecord } from '../../schemas/record.ts'
import { samePhone } from '../phone.ts'

/** Whoever agrees with more of the keys comes first; else the driver's order stays. */
export const ranked = (
  customers: readonly CrmRecord[],
  { phone, email, external_id }: { phone?: string; email?: string; external_id?: string },
  region: string,
): CrmRecord[] => {
  const agreement = (customer: CrmRecord): number =>
    Number(phone !== undefined && customer.phone !== null && samePhone(customer.phone, phone, region)) +
    Number(email !== undefined && customer.email?.trim().toLowerCase() === email.trim().toLowerCase()) +
    Number(external_id !== undefined && customer.external_id === external_id)
  return customers
    .map((customer) => ({ customer, score: agreement(customer) }))
    .sort((a, b) => b.score - a.score)
    .map(({ customer }) => customer)
}
