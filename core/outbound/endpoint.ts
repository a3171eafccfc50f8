import type { Manifest } from '../../schemas/manifest.ts'
import { VorelError } from '../errors.ts'

/** By slug: where requests to a provider go instead of its own host. Set by the operator, for sandboxes and egress proxies. */
export type Endpoints = Readonly<Record<string, string>>

/** `*.example.com` covers every name below example.com, and not example.com itself. */
export const hostMatches = (pattern: string, host: string): boolean =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1 : host === pattern

export const isDeclared = ({ hosts }: Manifest, { host }: URL): boolean =>
  hosts === 'tenant' || hosts.some((pattern) => hostMatches(pattern, host))

export interface Destination {
  url: URL
  headers: Record<string, string>
}

/** Where a request goes: a host that the manifest declares, or in its place the one that the operator set. */
export const destinationOf = (manifest: Manifest, url: URL, endpoints: Endpoints): Destination => {
  if (!isDeclared(manifest, url))
    throw new VorelError('internal', 'The driver tried to reach a host that its manifest does not declare.')
  const endpoint = endpoints[manifest.slug]
  if (!endpoint) return { url, headers: {} }
  return { url: replaced(url, endpoint), headers: { 'x-forwarded-host': url.host } }
}

/** The same path and query elsewhere; set part by part, since a path that begins with `//` would be read as a host. */
export const replaced = ({ pathname, search }: URL, endpoint: string): URL =>
  Object.assign(new URL(endpoint), { pathname, search })
