import { defineEntity, p } from '@mikro-orm/core'

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
    settings: p.json<Record<string, unknown>>(),
    facts: p.json<Record<string, string>>(),
    on_unmapped: p.string(),
    mapping_version: p.integer(),
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
    options: p.json<{ value: string; label: string }[] | null>().nullable(),
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

export const entities = [Tenant, Connection, TenantCredentials, FieldMapping, ApiKey]
