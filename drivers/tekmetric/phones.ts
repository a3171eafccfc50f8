import { samePhone } from '../../core/driver.ts'
import type { Customer, Phone } from './map.ts'
import { dashed, mainPhone } from './values.ts'

/** A number as it may stand in Tekmetric: how its search reads numbers, it does not say. */
export const spellings = (e164: string): string[] => {
  const [, national] = /^\+1(\d{10})$/.exec(e164) ?? []
  return national ? [national, dashed(e164, 'US')] : [e164.slice(1)]
}

export const hasPhone = ({ phone }: Customer, e164: string, region: string): boolean =>
  (phone ?? []).some(({ number }) => samePhone(number ?? '', e164, region))

type WrittenPhone = { id?: number; number: string; type?: string; primary?: boolean }

const asWritten = ({ id, number, type, primary }: Phone): WrittenPhone => ({
  ...(id && { id: Number(id) }),
  number: number ?? '',
  ...(type && { type }),
  ...(typeof primary === 'boolean' && { primary }),
})

/**
 * The whole list with the primary number changed, or taken out by an empty one: whether Tekmetric keeps those that are left out of a list, it does not say.
 */
export const withPrimary = (phones: readonly Phone[], number: string): WrittenPhone[] => {
  const main = mainPhone(phones)
  if (!main) return number ? [{ number, type: 'Mobile', primary: true }] : []
  const others = (phone: Phone) => phone !== main
  const kept = phones.filter((phone) => number || others(phone))
  return kept.map((phone) => (others(phone) ? asWritten(phone) : { ...asWritten(phone), number }))
}
