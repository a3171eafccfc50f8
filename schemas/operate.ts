import Type, { type Static } from 'typebox'
import { ConnectRequest, ShownConnection, TenantParams } from './connections.ts'
import { SCOPES } from './scopes.ts'
import { Nullable, Text } from './text.ts'

const Time = Type.String({ format: 'date-time' })
const Slug = Type.String({ pattern: '^[a-z][a-z0-9_]*$', maxLength: 40, examples: ['odoo'] })
const State = Type.Enum(['on', 'off', 'reserved', 'refused'])
const closed = { additionalProperties: false }

export const ProviderParams = Type.Object({ slug: Slug })
export type ProviderParams = Static<typeof ProviderParams>

export const Providers = Type.Object({
  providers: Type.Array(
    Type.Object({
      provider: Type.String(),
      name: Type.String(),
      state: State,
      status: Nullable(Type.String({ description: 'available, reserved or example' })),
      version: Type.String({ description: "Changes with any file of the driver's folder" }),
      docs_url: Nullable(Type.String()),
      reserved_reason: Nullable(Type.String()),
      in_file: Nullable(Type.Boolean({ description: 'What the config file says; false wins over everything' })),
      switched: Nullable(Type.Object({ is_on: Type.Boolean(), changed_by: Type.String(), changed_at: Time })),
      capabilities: Nullable(Type.Object({}, { additionalProperties: true })),
      objects: Type.Array(Type.String()),
      auth: Nullable(
        Type.Object({
          kind: Type.String(),
          grant: Nullable(Type.String()),
          form: Type.Object({}, { additionalProperties: true, description: 'A JSON schema of what is asked' }),
          secrets: Type.Array(Type.String(), { description: 'Fields of the form that are stored encrypted' }),
        }),
      ),
      tenant_count: Type.Integer(),
      refusals: Type.Array(Type.String()),
    }),
  ),
})

export const PlanQuery = Type.Object({ on: Type.Enum(['true', 'false']) }, closed)
export type PlanQuery = Static<typeof PlanQuery>

export const SwitchPlan = Type.Object({
  provider: Type.String(),
  now: State,
  after: State,
  tenants: Type.Array(Type.Object({ id: Type.String(), name: Type.String() }), { description: 'The first of them' }),
  tenant_count: Type.Integer(),
  in_flight: Type.Integer({ description: 'Calls under way in all processes; they finish' }),
  warnings: Type.Array(Type.String()),
})

export const SwitchRequest = Type.Object({ on: Type.Boolean() }, closed)
export type SwitchRequest = Static<typeof SwitchRequest>
export const Switched = Type.Object({ provider: Type.String(), state: State })

export const TenantsQuery = Type.Object(
  {
    status: Type.Optional(
      Type.Enum(['pending', 'active', 'reauth_required', 'disconnected', 'none'], { description: 'none: connected to nothing' }),
    ),
    provider: Type.Optional(Slug),
    search: Type.Optional(Text({ maxLength: 100, description: 'Part of the id or the name' })),
    after: Type.Optional(Type.String({ maxLength: 63, description: '`next` of the page before' })),
    limit: Type.Optional(Type.String({ pattern: '^([1-9]\\d{0,2})$', description: '50 unless given' })),
  },
  closed,
)
export type TenantsQuery = Static<typeof TenantsQuery>

export const ShownTenant = Type.Object({ id: Type.String(), name: Type.String(), region: Type.String() })
export const ListedTenant = Type.Object({
  ...ShownTenant.properties,
  provider: Nullable(Type.String()),
  status: Nullable(Type.String()),
  status_reason: Nullable(Type.String()),
})
export const Tenants = Type.Object({
  tenants: Type.Array(ListedTenant),
  next: Nullable(Type.String({ description: '`after` of the next page; null: there is none' })),
})

const TenantName = Text({ minLength: 1, maxLength: 200 })
export const NewTenant = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 63, examples: ['acme'] }),
    name: Type.Optional(TenantName),
    region: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166; US unless given' })),
  },
  closed,
)
export type NewTenant = Static<typeof NewTenant>
export const TenantChange = Type.Object({ name: TenantName }, closed)
export type TenantChange = Static<typeof TenantChange>

export const KeyParams = Type.Object({ ...TenantParams.properties, key_id: Type.String({ pattern: '^key_[0-9a-f]{1,32}$' }) })
export type KeyParams = Static<typeof KeyParams>
const Scopes = Type.Array(Type.Enum([...SCOPES]), { minItems: 1, maxItems: SCOPES.length })
export const NewKey = Type.Object({ scopes: Scopes }, closed)
export type NewKey = Static<typeof NewKey>
const keyHead = { id: Type.String(), prefix: Type.String(), scopes: Type.Array(Type.String()) }
export const MadeKey = Type.Object({ ...keyHead, key: Type.String({ description: 'In this answer and nowhere else' }) })
export const Keys = Type.Object({ keys: Type.Array(Type.Object({ ...keyHead, created_at: Time, revoked_at: Nullable(Time) })) })
export const RevokedKey = Type.Object({ id: Type.String(), revoked: Type.Literal(true) })

export const TestRequest = Type.Object(
  {
    provider: Type.Optional(ConnectRequest.properties.provider),
    settings: ConnectRequest.properties.settings,
    credentials: ConnectRequest.properties.credentials,
  },
  { ...closed, description: 'Nothing: what is stored is tested. A provider with its form filled in: that, and it is not stored' },
)
export type TestRequest = Static<typeof TestRequest>
export const Tested = Type.Object({
  ok: Type.Boolean(),
  account: Type.Optional(Nullable(Type.String())),
  warning: Type.Optional(Nullable(Type.String())),
  reason: Type.Optional(Type.String({ description: "Why not, in the provider's words where they are known" })),
})

export const ConnectionInFull = Type.Object({
  ...ShownConnection.properties,
  token: Nullable(
    Type.Object({ rotated_at: Time, expires_at: Nullable(Time), refresh_due_at: Nullable(Time) }, { description: 'Its age' }),
  ),
  recent_errors: Type.Array(Type.Object({ at: Time, verb: Type.String(), code: Type.String(), request_id: Type.String() }), {
    description: 'The last 20 that failed, the newest first',
  }),
  budget_left: Nullable(
    Type.Object(
      {
        process: Type.String(),
        requests_per_second: Nullable(Type.Number()),
        requests_now: Nullable(Type.Integer()),
        concurrency: Type.Integer(),
        running: Type.Integer(),
        waiting: Type.Integer(),
        blocked_ms: Type.Integer(),
      },
      { description: 'Towards the provider, of the process that answers: each has its own. Null: it made no request lately' },
    ),
  ),
})

export const AuditQuery = Type.Object(
  {
    tenant: Type.Optional(TenantParams.properties.tenant_id),
    actor_type: Type.Optional(Type.Enum(['tool', 'platform_operator', 'system', 'api_key'])),
    action: Type.Optional(Text({ maxLength: 80 })),
    code: Type.Optional(Text({ maxLength: 80 })),
    from: Type.Optional(Time),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Not included' })),
    before: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,14}$', description: '`next` of the page before' })),
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9]\\d{0,2})$', description: 'Of a page; 100 unless given. CSV has all rows' }),
    ),
  },
  closed,
)
export type AuditQuery = Static<typeof AuditQuery>

export const AuditPage = Type.Object({
  rows: Type.Array(
    Type.Object({
      seq: Type.Integer(),
      at: Time,
      actor_type: Type.String(),
      actor_id: Type.String(),
      tenant_id: Nullable(Type.String()),
      action: Type.String(),
      provider: Nullable(Type.String()),
      object: Nullable(Type.String()),
      external_id: Nullable(Type.String()),
      request_id: Type.String(),
      conversation_id: Nullable(Type.String()),
      phase: Type.String(),
      code: Nullable(Type.String()),
      fields: Nullable(Type.Array(Type.String())),
    }),
  ),
  next: Nullable(Type.String({ description: '`before` of the next page; null: there is none' })),
})
