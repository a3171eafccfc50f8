import { erasureKeysOf, erasureTargetOf } from '../erasure/sealed.ts'
import { credentialsOf, leadOf, payloadOf, progressOf, responseOf, serviceSecretOf, signInOf } from './keyring.ts'

// biome-ignore lint/suspicious/noExplicitAny: columns of any table, as the driver of the database gives them
type Row = Record<string, any>

/** A table with sealed values. A value begins with its key's id, which says more than a column beside it could: nobody can change one alone. */
export interface SealedTable {
  table: string
  /** The primary key in its order, with types. */
  key: Record<string, 'text' | 'uuid' | 'bigint'>
  /** Names the key of the table's values once more, for people who look. */
  keyIdColumn?: string
  columns: SealedColumn[]
  /** SQL on `r`: a process may be at work on this row and write it by its place, so it is left alone for now. */
  isBusy?: string
}

export interface SealedColumn {
  name: string
  /** What `belongsTo` needs beside the primary key. */
  with?: string[]
  belongsTo(row: Row): string[]
}

/** Longer than any call may take (`deadlineMs`) with the time that its answer has to be written down. */
const LONGEST_CALL = `interval '150 seconds'`

const operation = (name: string, belongsTo: (tenantId: string, idempotencyKey: string) => string[]): SealedColumn => ({
  name,
  belongsTo: ({ tenant_id, idempotency_key }) => belongsTo(tenant_id, idempotency_key),
})

/** All sealed values that are stored. Each column has an index on its first 8 bytes: `<table>_<column>_key`. */
export const SEALED: SealedTable[] = [
  {
    table: 'tenant_credentials',
    key: { tenant_id: 'text', provider: 'text' },
    keyIdColumn: 'key_id',
    columns: [
      {
        name: 'sealed',
        with: ['token_version'],
        belongsTo: ({ tenant_id, provider, token_version }) => credentialsOf(tenant_id, provider, token_version),
      },
    ],
  },
  {
    table: 'oauth_flow',
    key: { id: 'uuid' },
    columns: [
      {
        name: 'sealed',
        with: ['tenant_id', 'provider'],
        belongsTo: ({ tenant_id, provider, id }) => signInOf(tenant_id, provider, id),
      },
    ],
  },
  {
    table: 'crm_operation',
    key: { tenant_id: 'text', idempotency_key: 'text' },
    columns: [operation('payload', payloadOf), operation('progress', progressOf), operation('response', responseOf)],
    isBusy: `r.state in ('claimed', 'sent') and r.updated_at > clock_timestamp() - ${LONGEST_CALL}`,
  },
  {
    table: 'lead',
    key: { position: 'bigint' },
    keyIdColumn: 'key_id',
    columns: [{ name: 'payload', with: ['tenant_id', 'id'], belongsTo: ({ tenant_id, id }) => leadOf(tenant_id, id) }],
  },
  {
    table: 'service_secret',
    key: { name: 'text' },
    keyIdColumn: 'key_id',
    columns: [{ name: 'sealed', belongsTo: ({ name }) => serviceSecretOf(name) }],
  },
  {
    table: 'erasure',
    key: { id: 'uuid' },
    keyIdColumn: 'key_id',
    columns: [{ name: 'keys', with: ['tenant_id'], belongsTo: ({ tenant_id, id }) => erasureKeysOf(tenant_id, id) }],
  },
  {
    table: 'erasure_target',
    key: { erasure_id: 'uuid', n: 'bigint' },
    keyIdColumn: 'key_id',
    columns: [
      {
        name: 'external_id',
        with: ['tenant_id'],
        belongsTo: ({ tenant_id, erasure_id, n }) => erasureTargetOf(tenant_id, erasure_id, n),
      },
    ],
  },
]

/** SQL: the bytes that name a value's key. */
export const keyIdOf = (column: string): string => `substring(${column} from 1 for 8)`
