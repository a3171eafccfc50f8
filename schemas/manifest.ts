import Type, { type Static } from 'typebox'
import { FieldType } from './field.ts'

export const CONTRACT_VERSION = 1

const Name = Type.String({ pattern: '^[a-z][a-z0-9_]*$', maxLength: 40 })

/** Where a slot goes when a tenant has mapped nothing. */
export const DefaultField = Type.Object(
  { field: Type.String({ minLength: 1 }), type: FieldType, options: Type.Optional(Type.Array(Type.String())) },
  { additionalProperties: false },
)
export type DefaultField = Static<typeof DefaultField>

export const ObjectSpec = Type.Object(
  {
    native: Type.String({ minLength: 1, description: "The provider's own name for it" }),
    aliases: Type.Optional(Type.Array(Name)),
    fields: Type.Record(Name, DefaultField),
  },
  { additionalProperties: false },
)
export type ObjectSpec = Static<typeof ObjectSpec>

const FormAuth = Type.Object(
  {
    kind: Type.Literal('form'),
    fields: Type.Any({ description: 'A TypeBox object: the form in the console and the check of what is entered' }),
    signIn: Type.Optional(
      Type.Object(
        { header: Type.String(), value: Type.String({ description: 'With {field} from the form, secret or not' }) },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)

/** `custom_webhook` signs each request over its body: nothing the outbound layer could do for it. */
export const Limits = Type.Object(
  {
    requestsPerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    concurrency: Type.Optional(Type.Integer({ minimum: 1 })),
    answerBytes: Type.Optional(Type.Integer({ minimum: 1024 })),
    byHost: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object(
          {
            requestsPerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
            concurrency: Type.Optional(Type.Integer({ minimum: 1 })),
          },
          { additionalProperties: false },
        ),
      ),
    ),
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
    status: Type.Enum(['available', 'reserved']),
    reservedReason: Type.Optional(Type.String()),
    auth: FormAuth,
    baseUrl: Type.String({ minLength: 1, description: 'With {field} from the form where tenants differ' }),
    capabilities: Capabilities,
    objects: Type.Record(Name, ObjectSpec),
    hosts: Type.Union([Type.Array(Type.String()), Type.Literal('tenant')], {
      description: "The only hosts that are called; 'tenant': the tenant names it, and the address guard judges it",
    }),
    limits: Limits,
    idempotency: Type.Enum(['native', 'search', 'none']),
    searchLagMs: Type.Optional(Type.Integer({ minimum: 0, description: 'How long a new record may stay unfindable' })),
  },
  { additionalProperties: false },
)
type ManifestShape = Static<typeof Manifest>

export type FormFields = Type.TObject
export interface FormAuth {
  readonly kind: 'form'
  readonly fields: FormFields
  readonly signIn?: { readonly header: string; readonly value: string }
}

type DeepReadonly<T> = T extends (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T
export type Manifest = DeepReadonly<Omit<ManifestShape, 'auth'>> & { readonly auth: FormAuth }
