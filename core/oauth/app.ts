import type { AnyDriver } from '../driver.ts'
import { VorelError } from '../errors.ts'
import { type Values, valuesOf } from '../fill.ts'
import { oauthOf } from './provider.ts'

/** The platform's own app at a provider, as the operator registered it there. */
export interface OAuthApp {
  clientId?: string
  clientSecret?: string
  /** What differs by the value of the manifest's `appBy`, in capitals: another region's secret. */
  variants: Readonly<Record<string, { clientId?: string; clientSecret?: string }>>
}

/** By slug. */
export type OAuthApps = Readonly<Record<string, OAuthApp>>

/** The id and secret for this connection, or an error that names the settings to make. */
export const appOf = (apps: OAuthApps, driver: AnyDriver, values: Values): { clientId: string; clientSecret: string } => {
  const { slug, name } = driver.manifest
  const { appBy } = oauthOf(driver)
  const variant = appBy === undefined ? '' : String(valuesOf(driver.manifest, values)[appBy] ?? '').toUpperCase()
  const app = apps[slug]
  const { clientId, clientSecret } = { ...app, ...app?.variants[variant] }
  if (clientId && clientSecret) return { clientId, clientSecret }
  const prefix = `VOREL_OAUTH_${slug.toUpperCase()}`
  const special = /^[A-Z0-9_]+$/.test(variant)
    ? ` (where '${variant.toLowerCase()}' has its own: ${prefix}_CLIENT_ID_${variant})`
    : ''
  throw new VorelError(
    'auth_error',
    `Vorel's own app at ${name} is not set up here. Its operator registers one there and sets ${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET${special}.`,
  )
}
