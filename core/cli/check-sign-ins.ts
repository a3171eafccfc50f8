import type { Config } from '../config.ts'
import type { Registry } from '../registry.ts'
import type { Finding } from './findings.ts'

/** Providers with a sign-in of their own need the platform's app there. Nobody has to use all of them, so a missing one is told and no fault. */
export const checkSignIns = ({ oauthApps }: Pick<Config, 'oauthApps'>, registry: Registry): Finding[] => {
  const signIns = registry.list().filter(({ state, manifest }) => state === 'on' && manifest?.auth.kind === 'oauth2')
  if (signIns.length === 0) return []
  const slugs = signIns.map(({ slug }) => slug)
  const set = slugs.filter((slug) => oauthApps[slug])
  const missing = slugs.filter((slug) => !oauthApps[slug])
  const without = missing.length ? `; without one, and not to be connected: ${missing.join(', ')}` : ''
  const detail = `your apps: ${set.join(', ') || 'none'}${without}`
  return [{ subject: 'sign-ins', isFine: true, detail }]
}
