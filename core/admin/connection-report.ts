import { tokensIn } from '../oauth/tokens.ts'
import type { BudgetLeft } from '../outbound/throttle.ts'
import type { Database } from '../store/database.ts'
import { Connection, TenantCredentials } from '../store/entities.ts'
import { credentialsOf } from '../vault/keyring.ts'
import type { Deps } from '../verbs/deps.ts'
import { notConnected } from './connections.ts'
import { tenantOf } from './tenants.ts'

export interface ConnectionReport {
  /** Null: nothing is stored. */
  token: {
    /** When the stored credentials were last replaced or renewed. */
    rotated_at: string
    /** Of the access token; null where there is none, or the provider does not say. */
    expires_at: string | null
    /** When it is renewed without anybody asking. */
    refresh_due_at: string | null
  } | null
  /** The newest first. */
  recent_errors: RecentError[]
  /** In the process that answers; null where it made no request for this connection lately. */
  budget_left: (BudgetLeft & { process: string }) | null
}

export interface RecentError {
  at: string
  verb: string
  code: string
  request_id: string
}

const MOST_ERRORS = 20
/** Of a tenant's rows, the newest so many are looked at. */
const LOOKED_AT = 5_000

type ReportDeps = Pick<Deps, 'keyring' | 'outbound' | 'drivers'>

export const connectionReport = async (deps: ReportDeps, database: Database, tenantId: string): Promise<ConnectionReport> => {
  await tenantOf(database, tenantId)
  const connection = await database.orm.em.fork().findOne(Connection, { tenant_id: tenantId })
  if (!connection) throw notConnected(tenantId)
  const budget = deps.outbound.budgetLeft(connection.id)
  return {
    token: await tokenOf(deps, database, tenantId, connection.provider),
    recent_errors: await recentErrors(database, tenantId),
    budget_left: budget && { process: deps.drivers.processId, ...budget },
  }
}

const tokenOf = async ({ keyring }: ReportDeps, { orm }: Database, tenantId: string, provider: string) => {
  const stored = await orm.em.fork().findOne(TenantCredentials, { tenant_id: tenantId, provider })
  if (!stored) return null
  const { sealed, token_version, rotated_at, refresh_at } = stored
  // What cannot be opened is told by the calls themselves, and by `vorel check`.
  const credentials = await keyring
    .open<Record<string, unknown>>(Buffer.from(sealed), credentialsOf(tenantId, provider, token_version))
    .catch(() => ({}))
  const expiresAt = tokensIn(credentials)?.expires_at ?? null
  return {
    rotated_at: rotated_at.toISOString(),
    expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    refresh_due_at: refresh_at?.toISOString() ?? null,
  }
}

const recentErrors = async ({ pool }: Database, tenantId: string): Promise<RecentError[]> => {
  const { rows } = await pool.query<RecentError>(
    `select at, action as verb, code, request_id from (
       select seq, at, action, code, request_id, phase from audit_log where tenant_id = $1 order by seq desc limit $2
     ) as latest where phase = 'outcome' and code not in ('ok', 'replayed') order by seq desc limit $3`,
    [tenantId, LOOKED_AT, MOST_ERRORS],
  )
  return rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() }))
}
