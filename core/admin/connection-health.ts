import type { Database } from '../store/database.ts'

/** How a tenant's connection is doing: dates and counts, nothing secret. */
export interface ConnectionHealth {
  credentials_at: string | null
  /** When a token is renewed without anybody asking; null where none expires. */
  renewal_at: string | null
  /** Creates whose outcome is open. */
  open_creates: number
}

const READ = `select
    (select rotated_at from tenant_credentials where tenant_id = $1 and provider = $2) as credentials_at,
    (select refresh_at from tenant_credentials where tenant_id = $1 and provider = $2) as renewal_at,
    (select count(*)::int from crm_operation where tenant_id = $1 and state in ('claimed', 'sent', 'outcome_unknown')) as open_creates`

export const connectionHealth = async ({ pool }: Database, tenantId: string, provider: string): Promise<ConnectionHealth> => {
  const { rows } = await pool.query<ConnectionHealth>(READ, [tenantId, provider])
  return rows[0] ?? { credentials_at: null, renewal_at: null, open_creates: 0 }
}
