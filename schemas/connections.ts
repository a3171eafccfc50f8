import Type, { type Static } from 'typebox'
import { Drift } from './field.ts'
import { Nullable, Text } from './text.ts'

const Entered = Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,63}$' }), Text({ maxLength: 4096 }), {
  additionalProperties: false,
  maxProperties: 50,
})
const OnUnmapped = Type.Enum(['refuse', 'skip'], {
  description: 'What a create does with a slot that has no field; `refuse`, unless it was chosen before',
})

export const TenantParams = Type.Object({ tenant_id: Type.String({ minLength: 1, maxLength: 63 }) })
export type TenantParams = Static<typeof TenantParams>

export const RecordParams = Type.Object({
  ...TenantParams.properties,
  object: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]*$', maxLength: 40 }),
  external_id: Text({ minLength: 1, maxLength: 255 }),
})
export type RecordParams = Static<typeof RecordParams>

export const SignInParams = Type.Object({ ...TenantParams.properties, flow_id: Type.String({ format: 'uuid' }) })
export type SignInParams = Static<typeof SignInParams>

export const ConnectRequest = Type.Object(
  {
    provider: Type.String({ pattern: '^[a-z][a-z0-9_]*$', maxLength: 40, examples: ['odoo'] }),
    settings: Type.Optional(Entered),
    credentials: Type.Optional(Entered),
    on_unmapped: Type.Optional(OnUnmapped),
  },
  {
    additionalProperties: false,
    description: "`settings` and `credentials` together fill in the provider's form: its driver's README",
  },
)
export type ConnectRequest = Static<typeof ConnectRequest>

export const Connected = Type.Object({
  provider: Type.String(),
  status: Type.Literal('active'),
  account: Nullable(Type.String()),
  warning: Nullable(Type.String()),
})

export const SignInBegun = Type.Object({
  flow_id: Type.String(),
  authorize_url: Type.String({ description: 'Where a person of the tenant signs in and consents' }),
  expires_at: Type.String({ format: 'date-time' }),
})

export const ShownConnection = Type.Object({
  provider: Type.String(),
  status: Type.String({ description: 'pending, active, reauth_required or disconnected' }),
  status_reason: Nullable(Type.String()),
  account: Nullable(Type.String()),
  settings: Type.Record(Type.String(), Type.Unknown(), { description: 'As entered, less the secrets' }),
  on_unmapped: Type.String(),
  drift: Type.Array(Drift, { description: 'What the CRM changed under the mapping, as last looked at' }),
  drift_checked_at: Nullable(Type.String({ format: 'date-time' })),
})

export const SignInStatus = Type.Object({
  status: Type.Enum(['pending', 'done', 'failed']),
  provider: Type.String(),
  code: Nullable(Type.String({ description: 'How it failed' })),
  detail: Nullable(Type.String()),
  account: Nullable(Type.String()),
  warning: Nullable(Type.String()),
  expires_at: Type.String({ format: 'date-time' }),
})

export const Disconnected = Type.Object({
  provider: Type.String(),
  status: Type.Literal('disconnected'),
  revocation: Type.Enum(['done', 'failed', 'none'], {
    description: 'Of the grant at the provider; `none`: there was none, or the provider has no way to end one',
  }),
})
