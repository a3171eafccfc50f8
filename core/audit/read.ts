import type { Pool } from 'pg'

export { auditCsv } from './csv.ts'

import { type ActorType, AUDIT_COLUMNS } from '../store/audit.ts'

/** A row of the audit log, by the names it is shown under. */
export interface AuditRow {
  seq: number
  /** ISO 8601. */
  at: string
  actor_type: ActorType
  actor_id: string
  tenant_id: string | null
  action: string
  provider: string | null
  object: string | null
  external_id: string | null
  request_id: string
  conversation_id: string | null
  phase: 'intent' | 'outcome'
  code: string | null
  fields: string[] | null
}

export interface AuditFilter {
  tenantId?: string | undefined
  actorType?: ActorType | undefined
  action?: string | undefined
  code?: string | undefined
  /** From this moment on, it included. */
  from?: Date | undefined
  /** Before this moment. */
  to?: Date | undefined
  /** The last seq of the page before. */
  beforeSeq?: number | undefined
  limit: number
}

/** The newest first. Without a tenant: those of all, for operators of the platform alone. */
export const readAudit = async (pool: Pool, filter: AuditFilter): Promise<AuditRow[]> => {
  const values: unknown[] = [filter.limit]
  const conditions = conditionsOf(filter).map(([condition, value]) => condition.replace('?', `$${values.push(value)}`))
  const where = conditions.length ? `where ${conditions.join(' and ')}` : ''
  const { rows } = await pool.query<Omit<AuditRow, 'seq' | 'at'> & { seq: string; at: string }>(
    `select seq, at, ${AUDIT_COLUMNS} from audit_log ${where} order by seq desc limit $1`,
    values,
  )
  return rows.map((row) => ({ ...row, seq: Number(row.seq), at: new Date(row.at).toISOString() }))
}

const conditionsOf = ({ tenantId, actorType, action, code, from, to, beforeSeq }: AuditFilter): [string, unknown][] =>
  (
    [
      ['tenant_id = ?', tenantId],
      ['actor_type = ?', actorType],
      ['action = ?', action],
      ['code = ?', code],
      ['at >= ?', from],
      ['at < ?', to],
      ['seq < ?', beforeSeq],
    ] satisfies [string, unknown][]
  ).filter(([, value]) => value !== undefined)

/** All that match, the newest first, a page at a time. */
export async function* auditPages(pool: Pool, filter: Omit<AuditFilter, 'limit'>, pageRows = 1_000): AsyncGenerator<AuditRow[]> {
  let beforeSeq = filter.beforeSeq
  while (true) {
    const rows = await readAudit(pool, { ...filter, beforeSeq, limit: pageRows })
    if (rows.length) yield rows
    if (rows.length < pageRows) return
    beforeSeq = rows.at(-1)?.seq
  }
}
