import type { Pool } from 'pg'
import type { Tracer } from '../observe/tracer.ts'
import { Batch, STATEMENTS } from './batch.ts'

export type ActorType = 'tool' | 'platform_operator' | 'system' | 'api_key'

/** Who did what to what. Field names only: no values, no tokens, no person's data. */
export interface AuditEntry {
  actorType: ActorType
  actorId: string
  tenantId: string | null
  /** A verb, or an operator's action such as `connection.activated`. */
  action: string
  provider?: string | null
  object?: string | null
  externalId?: string | null
  requestId: string
  conversationId?: string | null
  phase: 'intent' | 'outcome'
  /** `ok` or the error's code; none for an intent. */
  code?: string | null
  fields?: string[] | null
}

/** The columns an entry fills, in the order of `auditValues`. `fields` travels as a JSON text: arrays of arrays must be of one length. */
export const AUDIT_COLUMNS =
  'actor_type, actor_id, tenant_id, action, provider, object, external_id, request_id, conversation_id, phase, code, fields'
const TYPES = Array.from({ length: 12 }, () => 'text[]')

export const auditArrays = (entries: AuditEntry[]): unknown[][] => [
  entries.map((entry) => entry.actorType),
  entries.map((entry) => entry.actorId),
  entries.map((entry) => entry.tenantId),
  entries.map((entry) => entry.action),
  entries.map((entry) => entry.provider ?? null),
  entries.map((entry) => entry.object ?? null),
  entries.map((entry) => entry.externalId ?? null),
  entries.map((entry) => entry.requestId),
  entries.map((entry) => entry.conversationId ?? null),
  entries.map((entry) => entry.phase),
  entries.map((entry) => entry.code ?? null),
  entries.map((entry) => (entry.fields?.length ? entry.fields.join(' ') : null)),
]

/** `unnest($first::text[], …)` for `auditArrays`, to be named with AUDIT_COLUMNS. */
export const auditUnnest = (first: number): string => TYPES.map((type, index) => `$${first + index}::${type}`).join(', ')

/** What to select from such an unnest, to insert it. */
export const auditSelect = (alias: string): string =>
  AUDIT_COLUMNS.split(', ')
    .map((column) => (column === 'fields' ? `string_to_array(${alias}.fields, ' ')` : `${alias}.${column}`))
    .join(', ')

const INSERT = `insert into audit_log (${AUDIT_COLUMNS})
  select ${auditSelect('a')} from unnest(${auditUnnest(1)}) as a (${AUDIT_COLUMNS})`

/** Appends to the audit log. A call whose row cannot be written must not be answered as done. */
export class AuditLog {
  readonly #batch: Batch<AuditEntry, void>

  constructor(pool: Pool, tracer?: Tracer) {
    this.#batch = new Batch({
      name: 'audit-insert',
      tracer,
      ...STATEMENTS,
      run: async (entries) => {
        await pool.query({ name: 'audit-insert', text: INSERT, values: auditArrays(entries) })
        return entries.map(() => undefined)
      },
    })
  }

  write(entry: AuditEntry): Promise<void> {
    return this.#batch.add(entry)
  }
}
