import { signInsOf } from '../../schemas/manifest.ts'
import type { AnyDriver } from '../driver.ts'
import { VorelError } from '../errors.ts'
import { fill, namesIn, type Values, valuesOf } from '../fill.ts'

export interface Signed {
  baseUrl: string
  headers: Record<string, string>
}

/** How the requests of one call are signed in. */
export interface SignIn {
  /** Asked before each request: what it holds may have been renewed since the last. */
  current(): Promise<Signed>
  /** After the provider refused what was sent: whether there is something newer to try, once more. */
  renewed(refused: Signed): Promise<boolean>
}

/** With what was entered or granted, as it stands. */
export const fixedSignIn = (driver: AnyDriver, values: Values): SignIn => {
  const signed = Promise.resolve(signedWith(driver, values))
  return { current: () => signed, renewed: async () => false }
}

export const signedWith = ({ manifest }: AnyDriver, values: Values): Signed => {
  const all = valuesOf(manifest, values)
  const baseUrl = fill(manifest.baseUrl, all).replace(/\/+$/, '')
  const headers: Record<string, string> = { 'user-agent': 'Vorel-CRM/1' }
  for (const { header, value } of signInsOf(manifest)) {
    if (all.access_token === undefined && namesIn(value).includes('access_token')) continue
    const filled = fill(value, all)
    if (/[^\x20-\x7e]/.test(filled))
      throw new VorelError('auth_error', 'The stored credentials hold characters that cannot be sent. Connect the CRM again.')
    headers[header.toLowerCase()] = filled
  }
  return { baseUrl, headers }
}
