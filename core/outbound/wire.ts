export interface WireRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: URL
  /** Sent as given. An `accept-encoding` asking for more than gzip, deflate and br gets answers that cannot be read. */
  headers: Record<string, string>
  body?: string | Uint8Array
  /** The total deadline: waiting for a connection, DNS, connect, headers and body. */
  signal: AbortSignal
  /** Counted after decompression. */
  maxAnswerBytes: number
  /** True: a host that a tenant supplied, judged by the address guard. */
  isGuarded: boolean
}

export interface WireAnswer {
  status: number
  /** Names in lower case; a repeated header's values joined with ', '. */
  headers: Record<string, string>
  body: Buffer
}

export type WireFault = 'address_forbidden' | 'unreachable' | 'timeout' | 'reset' | 'answer_too_large' | 'answer_unreadable'

const sentences: Record<WireFault, string> = {
  address_forbidden: 'The host leads to an address that is not allowed.',
  unreachable: 'No connection to the host could be made.',
  timeout: 'The host did not answer in time.',
  reset: 'The host closed the connection before its answer was complete.',
  answer_too_large: 'The answer is larger than allowed.',
  answer_unreadable: 'The answer is not readable HTTP.',
}

/** A request that got no whole answer. Holds no address, URL, header or body. */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly fault: WireFault
  /** Whether any byte of the request could have reached the other side. */
  readonly isSent: boolean
  /** The system's own code, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`: for the operator's log, never for a tenant, who could scan with it. */
  readonly detail: string | undefined

  constructor(fault: WireFault, isSent: boolean, detail?: string) {
    super(sentences[fault])
    this.fault = fault
    this.isSent = isSent
    this.detail = detail
  }
}
