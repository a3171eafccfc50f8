import type { WireRequest } from './wire.ts'

const name = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const value = /^[\t\x20-\x7e\x80-\xff]*$/
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'upgrade', 'expect'])

/**
 * Throws a `TypeError` unless HTTP can carry the request. It must be known before undici sees it: a request that undici itself rejects
 * leaves its connection marked busy for ever, so a line break in one tenant's key would use up the pool for everybody.
 */
export function assertWellFormed({ headers, body }: WireRequest): void {
  for (const key in headers) {
    const text = headers[key]
    if (!name.test(key) || typeof text !== 'string' || !value.test(text)) {
      throw new TypeError('A header of the request holds a character that HTTP does not allow, such as a line break.')
    }
    if (ownHeaders.has(key.toLowerCase())) throw new TypeError(`The header '${key}' is set by the transport alone.`)
  }
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new TypeError('The body of the request must be text or bytes.')
  }
}
