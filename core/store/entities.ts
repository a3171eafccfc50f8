import { defineEntity, p } from '@mikro-orm/core'
import type { Drift, FieldDescription, FieldOption } from '../../schemas/field.ts'
import type { MappingRow } from '../../schemas/mapping.ts'

/** The tables as operators and the command line read and write them. The calls' own statements are in the files beside this one. */
export const Tenant = defineEntity({
  name: 'Tenant',
  tableName: 'tenant',
  properties: {
    id: p.string().primary(),
    name: p.string(),
    region: p.string(),
    created_at: p.datetime().onCreate(() => new Date()),
  },
})

export const Connection = defineEntity({
  name: 'Connection',
  tableName: 'connection',
  properties: {
    id: p.uuid().primary(),
    tenant_id: p.string(),
    provider: p.string(),
    status: p.string(),
    /** Why it is not active, in the provider's words where they are known. */
    status_reason: p.string().nullable(),
    /** What the provider calls it, for people. */
    account: p.string().nullable(),
    settings: p.json<Record<string, unknown>>(),
    facts: p.json<Record<string, string>>(),
    on_unmapped: p.string(),
    /** Moves with everything that changes how a call's fields are mapped. */
    mapping_version: p.integer(),
    drift: p.json<Drift[]>().onCreate(() => []),
    drift_checked_at: p.datetime().nullable(),
    created_at: p.datetime().onCreate(() => new Date()),
    updated_at: p
      .datetime()
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
})

export const TenantCredentials = defineEntity({
  name: 'TenantCredentials',
  tableName: 'tenant_credentials',
  properties: {
    tenant_id: p.string().primary(),
    provider: p.string().primary(),
    key_id: p.string(),
    sealed: p.blob(),
    token_version: p.integer(),
    rotated_at: p.datetime(),
    /** Who renews them now; null with a `refresh_until` in the future: nobody is to try before. */
    refresh_claim: p.uuid().nullable(),
    refresh_until: p.datetime().nullable(),
    /** When they are renewed without anybody asking. */
    refresh_at: p.datetime().nullable(),
  },
})

/** A sign-in at a provider, from its start until its callback. */
export const OAuthFlow = defineEntity({
  name: 'OAuthFlow',
  tableName: 'oauth_flow',
  properties: {
    id: p.uuid().primary(),
    tenant_id: p.string(),
    provider: p.string(),
    state_hash: p.blob(),
    /** Of the cookie of the browser that began it; null: begun by a program. */
    browser_hash: p.blob().nullable(),
    settings: p.json<Record<string, unknown>>(),
    on_unmapped: p.string().nullable(),
    /** The PKCE verifier and the redirect URI. */
    sealed: p.blob(),
    actor_type: p.string(),
    actor_id: p.string(),
    created_at: p.datetime().onCreate(() => new Date()),
    expires_at: p.datetime(),
    used_at: p.datetime().nullable(),
    ended_at: p.datetime().nullable(),
    /** How it ended: `ok` or an error's code. */
    code: p.string().nullable(),
    detail: p.string().nullable(),
    account: p.string().nullable(),
    warning: p.string().nullable(),
  },
})

export const FieldMapping = defineEntity({
  name: 'FieldMapping',
  tableName: 'field_mapping',
  properties: {
    tenant_id: p.string().primary(),
    provider: p.string().primary(),
    slot: p.string().primary(),
    path: p.string(),
    type: p.string(),
    options: p.json<FieldOption[] | null>().nullable(),
    direction: p.string(),
    /** What the provider called the field when it was mapped. */
    label: p.string().nullable(),
  },
})

/** A provider's fields as it last described them. */
export const DescribedObject = defineEntity({
  name: 'DescribedObject',
  tableName: 'field_description',
  properties: {
    tenant_id: p.string().primary(),
    provider: p.string().primary(),
    object: p.string().primary(),
    /** Of another connection it says nothing. */
    connection_id: p.uuid(),
    is_open: p.boolean(),
    fields: p.json<FieldDescription[]>(),
    described_at: p.datetime(),
  },
})

/** All rows of a mapping as they stood after a change. */
export const MappingVersion = defineEntity({
  name: 'MappingVersion',
  tableName: 'mapping_version',
  properties: {
    tenant_id: p.string().primary(),
    provider: p.string().primary(),
    version: p.integer().primary(),
    rows: p.json<MappingRow[]>(),
    change: p.string(),
    actor_type: p.string(),
    actor_id: p.string(),
    created_at: p.datetime().onCreate(() => new Date()),
  },
})

export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: p.string().primary(),
    tenant_id: p.string(),
    prefix: p.string(),
    hash: p.blob(),
    scopes: p.array(),
    created_at: p.datetime().onCreate(() => new Date()),
    revoked_at: p.datetime().nullable(),
  },
})

export const entities = [Tenant, Connection, TenantCredentials, FieldMapping, DescribedObject, MappingVersion, ApiKey, OAuthFlow]
