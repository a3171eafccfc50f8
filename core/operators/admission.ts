import type { Allow } from './console-config.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

/** What the identity provider vouches for. */
export interface Claims {
  readonly sub: string
  readonly [name: string]: unknown
}

/** Has a colon, which no account's name has. */
const BY_EMAIL = 'oidc:'
const BY_SUBJECT = 'oidc-sub:'
const SUBJECT = /^[\x20-\x7e]{1,255}$/
const EMAIL = /^[\x21-\x7e]{1,254}$/

/** The operator that these claims make; a `SignInRefusal` where no rule lets them in. */
export const admit = (claims: Claims, { emails, claim }: Allow): string => {
  const said = typeof claims.email === 'string' ? claims.email.toLowerCase() : null
  const email = claims.email_verified === true ? said : null
  const isNamed = email !== null && emails.includes(email)
  const isOfClaim = claim !== null && valuesOf(claims[claim.name]).some((value) => claim.values.includes(value))
  if (!isNamed && !isOfClaim)
    throw new SignInRefusal(said !== null && email === null && emails.includes(said) ? 'email_unverified' : 'not_allowed')
  if (email !== null && EMAIL.test(email)) return BY_EMAIL + email
  if (!SUBJECT.test(claims.sub)) throw new SignInRefusal('answer_invalid', 'subject')
  return BY_SUBJECT + claims.sub
}

const valuesOf = (claim: unknown): string[] => [claim].flat().filter((value) => typeof value === 'string')
