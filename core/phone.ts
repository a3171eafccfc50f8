import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'

export const isRegion = (region: string): boolean => isSupportedCountry(region)

/** E.164, reading numbers without a country code as the region's; null where it is no possible number. */
export const toE164 = (raw: string, region: string): string | null => {
  const parsed = parsePhoneNumberFromString(raw, region as CountryCode)
  return parsed?.isPossible() ? parsed.number : null
}

export const samePhone = (a: string, b: string, region: string): boolean => {
  const first = toE164(a, region)
  return first !== null && first === toE164(b, region)
}

/** The number that a text is, in E.164; null for other texts, digits of an id among them. */
export const phoneIn = (text: string, region: string): string | null =>
  /^\s*[+(]?[\d\s().\-/]{7,24}$/.test(text) ? toE164(text, region) : null
