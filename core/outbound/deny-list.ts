import { BlockList, isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

// IANA's special-purpose registry for IPv4, and one platform address outside of it
const deniedIPv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT; 100.100.100.200 is Alibaba's metadata
  '127.0.0.0/8',
  '168.63.129.16/32', // Azure's platform: public by its looks
  '169.254.0.0/16', // link-local, and the metadata services of most clouds
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

// everything outside 2000::/3 is denied as a whole; these lie inside it
const globalIPv6 = ['2000::/3']
const deniedIPv6 = [
  '2001::/23', // Teredo and protocol assignments
  '2001:db8::/32',
  '2002::/16', // 6to4 carries an IPv4 address of anybody's choice
  '2620:4f:8000::/48',
  '3fff::/20',
]

export type AddressSet = (plain: string) => boolean

/** Builds the set that the CIDRs describe; throws on one that is none, naming it. Holds addresses as `plainAddress` gives them. */
export function addressSet(cidrs: readonly string[]): AddressSet {
  // apart, because a mapped range such as ::ffff:0:0/96 in a list of both would match every IPv4 address
  const sets = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const cidr of cidrs) {
    if (!ipaddr.isValidCIDR(cidr) || !isIP(cidr.slice(0, cidr.indexOf('/')))) {
      throw new Error(`'${cidr}' is no address range. Write it as address/bits: 10.1.0.0/16 or ::1/128.`)
    }
    const [network, bits] = ipaddr.parseCIDR(cidr)
    sets[network.kind()].addSubnet(network.toString(), bits, network.kind())
  }
  return (plain) => (isIP(plain) === 4 ? sets.ipv4.check(plain, 'ipv4') : sets.ipv6.check(plain, 'ipv6'))
}

const isSpecialIPv4 = addressSet(deniedIPv4)
const isSpecialIPv6 = addressSet(deniedIPv6)
const isGlobalIPv6 = addressSet(globalIPv6)

const dotted = (high = 0, low = 0) => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
const isMapped = ([a, b, c, d, e, f]: number[]) => !a && !b && !c && !d && !e && f === 0xffff
const isNat64 = ([a, b, c, d, e, f]: number[]) => a === 0x64 && b === 0xff9b && !c && !d && !e && !f

/** The address as it is judged: no zone, and the IPv4 address that a mapped or NAT64 one stands for. `null`: not an address. */
export function plainAddress(address: string): string | null {
  const family = isIP(address)
  if (family !== 6) return family === 4 ? address : null
  const { parts } = ipaddr.IPv6.parse(address)
  if (isMapped(parts) || isNat64(parts)) return dotted(parts[6], parts[7])
  return parts.map((part) => part.toString(16)).join(':')
}

/** Whether no tenant may make us talk to this address. What is not an address is denied as well. */
export function isDenied(address: string): boolean {
  const plain = plainAddress(address)
  if (plain === null) return true
  if (isIP(plain) === 4) return isSpecialIPv4(plain)
  return !isGlobalIPv6(plain) || isSpecialIPv6(plain)
}
