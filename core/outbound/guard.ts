import { isIP } from 'node:net'
import { addressSet, plainAddress } from './deny-list.ts'

/** The addresses an operator opened for tenant-supplied hosts; normally none. */
export interface AllowList {
  readonly isEmpty: boolean
  has(address: string): boolean
}

/** Throws on a CIDR that is none, naming it. */
export function allowList(cidrs: readonly string[]): AllowList {
  const isListed = addressSet(cidrs)
  return {
    isEmpty: cidrs.length === 0,
    has(address) {
      const plain = plainAddress(address)
      return plain !== null && isListed(plain)
    },
  }
}

const longestUrl = 2048
const ports = new Set(['', '443', '8443'])
const localName = /(^|\.)(localhost|localdomain|local|internal|home\.arpa|onion)$/

/** The host of a URL or an origin, an IPv6 literal without its brackets. */
const bareHost = (hostname: string) => (hostname.startsWith('[') ? hostname.slice(1, -1) : hostname)

/**
 * Why a URL that a tenant gave is refused, or `null`. Judges `url` as parsed, so every spelling of an address counts as that address.
 * With an allow list, a name may be local, plain `http:` or on any port: whoever dials then admits allowed addresses only (`isPublicOrigin`).
 */
export function checkTenantUrl(url: URL, allow: AllowList): string | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'The URL must begin with https://.'
  if (url.username || url.password) return 'The URL must not hold a user name or password; enter them in fields of their own.'
  if (url.href.length > longestUrl) return `The URL must be at most ${longestUrl} characters long.`
  const host = bareHost(url.hostname)
  if (isIP(host))
    return allow.has(host) ? null : 'The URL must name a host; addresses are refused unless the operator allows them.'
  return allow.isEmpty ? checkPublicName(url) : null
}

function checkPublicName({ protocol, port, hostname }: URL): string | null {
  if (protocol !== 'https:') return 'The URL must begin with https://.'
  if (!ports.has(port)) return 'The URL must use port 443 or 8443.'
  if (hostname.endsWith('.')) return 'The host name must not end in a dot.'
  if (!hostname.includes('.')) return 'The host name must be a full one, such as crm.example.com.'
  if (localName.test(hostname)) return 'The host name belongs to a private network; give one that the internet can reach.'
  return null
}

/** Whether tenants may reach public addresses at this origin: https, a usual port, a full name. Elsewhere only allowed ones. */
export const isPublicOrigin = (origin: URL) => !isIP(bareHost(origin.hostname)) && checkPublicName(origin) === null
