import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { isPlain } from './literals.ts'

const digitsOf = (text: string): string => text.replaceAll(/\D/g, '')

/** One number, as people type it; the first two are those to search by. */
export const phoneForms = (e164: string): string[] => {
  const phone = parsePhoneNumberFromString(e164)
  if (!phone) return isPlain(e164) ? [e164] : []
  const national = phone.formatNational()
  const forms = [
    phone.number,
    digitsOf(national),
    digitsOf(phone.number),
    national,
    national.replaceAll(/[()]/g, '').replaceAll(/[\s-]+/g, '-'),
    phone.formatInternational(),
    `+${phone.countryCallingCode} ${national}`,
    national.replaceAll(/\D+/g, ' ').trim(),
    national.replaceAll(/\D+/g, '.').replace(/^\./, ''),
    String(phone.nationalNumber),
  ]
  return [...new Set(forms)].filter(isPlain)
}
