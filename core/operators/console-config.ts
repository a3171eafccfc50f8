import Type, { type Static } from 'typebox'
import type { Config } from '../config.ts'
import { type Env, isLocal } from '../environment.ts'

/** How operators sign in to the console, as `vorel.config.ts` says it. */
export const ConsoleSettings = Type.Object(
  {
    passwords: Type.Optional(Type.Boolean({ description: 'Whether accounts with passwords sign in; true' })),
    oidc: Type.Optional(
      Type.Object(
        {
          issuer: Type.String({ description: 'The address by which the identity provider calls itself' }),
          clientId: Type.String({ minLength: 1 }),
          scopes: Type.Optional(Type.Array(Type.String({ pattern: '^[\\x21-\\x7e]+$' }), { description: 'openid and email' })),
          allow: Type.Object(
            {
              emails: Type.Optional(Type.Array(Type.String(), { description: 'Whole addresses; they count where verified' })),
              claim: Type.Optional(
                Type.Object(
                  { name: Type.String({ minLength: 1 }), values: Type.Array(Type.String({ minLength: 1 })) },
                  { additionalProperties: false },
                ),
              ),
            },
            { additionalProperties: false, description: 'Who may come in: by either rule' },
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)
export type ConsoleSettings = Static<typeof ConsoleSettings>

/** Who of the identity provider's users may come in: whom either rule names. */
export interface Allow {
  /** In lower case. */
  emails: string[]
  claim: { name: string; values: string[] } | null
}

export interface OidcConfig {
  issuer: string
  clientId: string
  clientSecret: string
  scopes: string[]
  allow: Allow
}

export interface ConsoleConfig {
  hasPasswords: boolean
  oidc: OidcConfig | null
}

export const consoleOf = (
  { passwords: hasPasswords = true, oidc }: ConsoleSettings = {},
  env: Env,
  mode: Config['mode'],
  faults: string[],
): ConsoleConfig => {
  if (!oidc) {
    if (!hasPasswords)
      faults.push('console.passwords is false and console.oidc is missing: nobody could sign in. Set one of the two.')
    return { hasPasswords, oidc: null }
  }
  const clientSecret = env.VOREL_OIDC_CLIENT_SECRET
  if (!clientSecret)
    faults.push('VOREL_OIDC_CLIENT_SECRET is missing. Set the secret that the identity provider gave to console.oidc.clientId.')
  checkIssuer(oidc.issuer, mode, faults)
  const { issuer, clientId, scopes = ['email'] } = oidc
  const allow = allowOf(oidc.allow, faults)
  return {
    hasPasswords,
    oidc: { issuer, clientId, clientSecret: clientSecret ?? '', scopes: [...new Set(['openid', ...scopes])], allow },
  }
}

const checkIssuer = (issuer: string, mode: Config['mode'], faults: string[]): void => {
  const url = URL.parse(issuer)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username)
    faults.push('console.oidc.issuer is no http or https address. Set the identity provider\'s "issuer", without query or user.')
  else if (mode === 'production' && url.protocol === 'http:' && !isLocal(url))
    faults.push('console.oidc.issuer is plain http: whoever is on the way could sign in as anybody. Set an https address.')
}

const allowOf = ({ emails = [], claim }: NonNullable<ConsoleSettings['oidc']>['allow'], faults: string[]): Allow => {
  for (const email of emails)
    if (!/^[^\s@*]+@[^\s@*]+$/.test(email))
      faults.push(`console.oidc.allow.emails holds '${email}'. Write whole addresses, such as ada@example.com.`)
  if (claim && ['email', 'email_verified'].includes(claim.name))
    faults.push(`console.oidc.allow.claim is ${claim.name}, which says nothing unless it is verified. Use allow.emails.`)
  if (!emails.length && !claim?.values.length)
    faults.push(
      'console.oidc.allow names nobody: every user of the identity provider would be an operator. List emails, or a claim with its values.',
    )
  return { emails: emails.map((email) => email.toLowerCase()), claim: claim ?? null }
}
