import Type, { type Static } from 'typebox'
import { FieldType } from './field.ts'

export const CONTRACT_VERSION = 1

const Idempotency = Type.Enum(['native', 'search', 'none'])
export type Idempotency = Static<typeof Idempotency>

const Name = Type.String({ pattern: '^[a-z][a-z0-9_]*$', maxLength: 40 })

/** Where a slot goes when a tenant has mapped nothing. */
export const DefaultField = Type.Object(
  {
    field: Type.String({ minLength: 1 }),
    type: FieldType,
    options: Type.Optional(Type.Array(Type.String())),
    object: Type.Optional(Name),
  },
  { additionalProperties: false },
)
export type DefaultField = Static<typeof DefaultField>

export const ObjectSpec = Type.Object(
  {
    native: Type.String({ minLength: 1, description: "The provider's own name for it" }),
    standsFor: Type.Optional(
      Type.String({
        description:
          'The provider has no such object: its records are of that one, and what its fields have for another `object` makes a second record, associated',
      }),
    ),
    aliases: Type.Optional(Type.Array(Name)),
    fields: Type.Record(Name, DefaultField),
    idempotency: Type.Optional(Idempotency),
  },
  { additionalProperties: false },
)
export type ObjectSpec = Static<typeof ObjectSpec>

const SignIn = Type.Object(
  { header: Type.String(), value: Type.String({ description: 'With {field} from the form, secret or not' }) },
  { additionalProperties: false },
)

const FormAuth = Type.Object(
  {
    kind: Type.Literal('form'),
    fields: Type.Any({ description: 'A TypeBox object: the form in the console and the check of what is entered' }),
    signIn: Type.Optional(Type.Union([SignIn, Type.Array(SignIn)])),
    session: Type.Optional(
      Type.Object(
        {
          needs: Type.Array(Type.String(), {
            description: 'Fields of the form. Filled in, they are exchanged for an {access_token}: `openSession`',
          }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)

const Words = Type.Array(Type.String({ minLength: 1 }))
const Template = Type.String({ minLength: 1, description: 'With {name} of a setting, a fact or a table' })

/** A provider's OAuth 2.0 as data: what the standard leaves open, and where the provider leaves the standard. */
const OAuth2Auth = Type.Object(
  {
    kind: Type.Literal('oauth2'),
    grant: Type.Enum(['authorization_code', 'client_credentials']),
    fields: Type.Any({ description: 'A TypeBox object of settings asked before the sign-in (region, practice); no secrets' }),
    signIn: SignIn,
    issuer: Type.Optional(Type.String({ description: 'Where callbacks carry `iss` (RFC 9207): the only value it may have' })),
    authorizeUrl: Type.Optional(Template),
    tokenUrl: Template,
    revokeUrl: Type.Optional(Template),
    scopes: Words,
    scopeSeparator: Type.Optional(Type.String({ description: "' ' unless given" })),
    authorizeParams: Type.Optional(Type.Record(Type.String(), Type.String())),
    clientAuthentication: Type.Enum(['body', 'basic']),
    usesPkce: Type.Boolean(),
    appBy: Type.Optional(
      Type.String({ description: "The setting or fact by whose value the operator's app may differ: another id or secret" }),
    ),
    accessTokenSeconds: Type.Optional(
      Type.Integer({ minimum: 1, description: 'How long an access token lives where the answer does not say' }),
    ),
    lifetimeMember: Type.Optional(
      Type.String({ description: 'A member of the answer that, where present, has the seconds in place of expires_in' }),
    ),
    refreshWithinSeconds: Type.Optional(
      Type.Integer({ minimum: 3600, description: 'A refresh token unused for longer dies; one is used in time' }),
    ),
    tokenFacts: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Members of a token answer kept as facts; an address only where it is https and its host is in `hosts`',
      }),
    ),
    callbackFacts: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'Parameters of the callback kept as facts under that name; only values that a table of that name knows',
      }),
    ),
    deadGrantErrors: Type.Optional(Words),
    throttledErrors: Type.Optional(Words),
    throttledSeconds: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
)

const pace = {
  requestsPerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  burst: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: "How many may go at once after a pause, within the provider's window; 1 unless given",
    }),
  ),
  concurrency: Type.Optional(Type.Integer({ minimum: 1 })),
}

export const Limits = Type.Object(
  {
    ...pace,
    answerBytes: Type.Optional(Type.Integer({ minimum: 1024 })),
    byHost: Type.Optional(Type.Record(Type.String(), Type.Object(pace, { additionalProperties: false }))),
  },
  { additionalProperties: false },
)
export type Limits = Static<typeof Limits>

export const Capabilities = Type.Object(
  {
    supportsDelete: Type.Boolean(),
    deletesPermanently: Type.Boolean(),
    supportsDescribe: Type.Boolean(),
    supportsAssociate: Type.Boolean(),
    insteadOfDelete: Type.Optional(
      Type.String({ description: 'Without supportsDelete: what a person can do instead, in a sentence' }),
    ),
  },
  { additionalProperties: false },
)
export type Capabilities = Static<typeof Capabilities>

/** What a driver says of itself. Plain data: it is read before any of the driver's code runs. */
export const Manifest = Type.Object(
  {
    slug: Name,
    name: Type.String({ minLength: 1 }),
    docsUrl: Type.String({ pattern: '^https?://' }),
    contractVersion: Type.Integer(),
    status: Type.Enum(['available', 'reserved', 'example'], {
      description: 'example: no provider, but a driver to read and try',
    }),
    reservedReason: Type.Optional(Type.String()),
    auth: Type.Union([FormAuth, OAuth2Auth]),
    baseUrl: Template,
    tables: Type.Optional(
      Type.Record(
        Name,
        Type.Object({ by: Name, values: Type.Record(Type.String(), Type.String()) }, { additionalProperties: false }),
        { description: 'Values that follow from a choice: by the value of a setting or fact' },
      ),
    ),
    capabilities: Capabilities,
    objects: Type.Record(Name, ObjectSpec),
    hosts: Type.Union([Type.Array(Type.String()), Type.Literal('tenant')], {
      description: "The only hosts that are called; 'tenant': the tenant names it, and the address guard judges it",
    }),
    limits: Limits,
    idempotency: Idempotency,
    searchLagMs: Type.Optional(Type.Integer({ minimum: 0, description: 'How long a new record may stay unfindable' })),
  },
  { additionalProperties: false },
)
type ManifestShape = Static<typeof Manifest>

export type FormFields = Type.TObject
type DeepReadonly<T> = T extends (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T
type WithForm<T> = DeepReadonly<Omit<T, 'fields'>> & { readonly fields: FormFields }
export type FormAuth = WithForm<Static<typeof FormAuth>>
export type OAuth2Auth = WithForm<Static<typeof OAuth2Auth>>
export type Manifest = DeepReadonly<Omit<ManifestShape, 'auth'>> & { readonly auth: FormAuth | OAuth2Auth }

/** The headers that sign a request in. */
export const signInsOf = ({ auth: { signIn = [] } }: Manifest): readonly { header: string; value: string }[] =>
  'header' in signIn ? [signIn] : signIn
