import { lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { isDenied } from './deny-list.ts'
import { type AllowList, isPublicOrigin } from './guard.ts'

type Verdict = (address: string) => boolean

export class AddressForbidden extends Error {
  constructor() {
    super('The host leads to an address that is not allowed.')
  }
}

export interface GuardOptions {
  allow: AllowList
  connectTimeoutMs: number
  /** Which resolver; the system's unless another is given. */
  lookup?: LookupFunction
}

/**
 * Opens connections to hosts that tenants name. The lookup that is judged is the connection's own, so nothing can change between check
 * and dial. Literals never pass a lookup and are judged first; the peer reached is judged last.
 */
export function guardedConnector({ allow, connectTimeoutMs, lookup = systemLookup }: GuardOptions): buildConnector.connector {
  const connectorFor = (isAllowed: Verdict) =>
    judging(isAllowed, buildConnector({ timeout: connectTimeoutMs, allowH2: false, lookup: judged(lookup, isAllowed) }))
  const toAllowed = connectorFor((address) => allow.has(address))
  const toPublic = connectorFor((address) => allow.has(address) || !isDenied(address))
  return (options, callback) => {
    const origin = new URL(`${options.protocol}//${options.host}`)
    return isPublicOrigin(origin) ? toPublic(options, callback) : toAllowed(options, callback)
  }
}

function judging(isAllowed: Verdict, dial: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    if (isIP(options.hostname) && !isAllowed(options.hostname)) {
      return process.nextTick(callback, new AddressForbidden(), null)
    }
    dial(options, (...[error, socket]) => {
      if (error) return callback(error, null)
      if (isAllowed(socket.remoteAddress ?? '')) return callback(null, socket)
      socket.destroy()
      callback(new AddressForbidden(), null)
    })
  }
}

function judged(lookup: LookupFunction, isAllowed: Verdict): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, [])
      const addresses = Array.isArray(found) ? found : []
      const [first] = addresses
      if (!first || !addresses.every(({ address }) => isAllowed(address))) return callback(new AddressForbidden(), [])
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}
