/** Why nobody was signed in through the identity provider: the page's status, and what it says to do. */
export const SIGN_IN_REFUSALS = {
  unknown_state: { status: 400, says: 'This address belongs to no sign-in that was begun here. Sign in again.' },
  used_before: { status: 409, says: 'This sign-in is over already: an address like this works once. Sign in again.' },
  expired: { status: 410, says: 'Too much time went by: a sign-in is good for 10 minutes. Sign in again.' },
  other_browser: {
    status: 403,
    says: 'This sign-in was begun in another browser. Finish it there, or sign in again in this one, with its cookies allowed.',
  },
  access_denied: {
    status: 403,
    says: 'The identity provider did not let you in to this console. Sign in again, or ask its administrator for access.',
  },
  provider_failed: {
    status: 503,
    says: 'The identity provider ended the sign-in with a problem of its own, or does not know this console. Sign in again; if it stays, check the client and its redirect address there.',
  },
  provider_unreachable: {
    status: 503,
    says: 'The identity provider cannot be reached from here. Sign in again in a while; if it stays, check console.oidc.issuer.',
  },
  host_forbidden: {
    status: 502,
    says: 'The identity provider names a host in a private network. Check its address of tokens and keys, or open its range by outbound.allowAddresses.',
  },
  client_refused: {
    status: 502,
    says: 'The identity provider refuses this console itself. Check console.oidc.clientId and VOREL_OIDC_CLIENT_SECRET.',
  },
  code_refused: {
    status: 400,
    says: 'The identity provider does not accept this sign-in any more. Sign in again.',
  },
  answer_invalid: {
    status: 502,
    says: "The identity provider's answer is not what this console asked for, so nobody was signed in. Sign in again; if it stays, check console.oidc.issuer and the clocks.",
  },
  email_unverified: {
    status: 403,
    says: 'The identity provider does not say that your e-mail address is verified. Verify it there, then sign in again.',
  },
  not_allowed: {
    status: 403,
    says: 'You are known to the identity provider but are no operator here. Ask whoever runs this service to add you to console.oidc.allow.',
  },
} as const satisfies Record<string, { status: number; says: string }>

export type SignInRefused = keyof typeof SIGN_IN_REFUSALS

export class SignInRefusal extends Error {
  readonly code: SignInRefused
  /** For the log: a code of the protocol or the network, never words or values of the other side. */
  readonly reason: string | undefined

  constructor(code: SignInRefused, reason?: string) {
    super(SIGN_IN_REFUSALS[code].says)
    this.name = 'SignInRefusal'
    this.code = code
    this.reason = reason
  }

  get status(): number {
    return SIGN_IN_REFUSALS[this.code].status
  }
}
