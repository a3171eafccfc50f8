import type { Pool } from 'pg'

export interface TouchedTenant {
  id: string
  name: string
}

export const MOST_NAMED = 20

/** Who is connected to it, whether the connection works at the moment or waits for a sign-in; platform-wide on purpose. */
export const tenantsAt = async (pool: Pool, provider: string): Promise<{ tenants: TouchedTenant[]; tenantCount: number }> => {
  const { rows } = await pool.query<TouchedTenant & { total: number }>(
    `select t.id, t.name, count(*) over ()::integer as total from connection c join tenant t on t.id = c.tenant_id
     where c.provider = $1 and c.status <> 'disconnected' order by t.id limit $2`,
    [provider, MOST_NAMED],
  )
  return { tenants: rows.map(({ id, name }) => ({ id, name })), tenantCount: rows[0]?.total ?? 0 }
}

/** Creates whose outcome is open. */
export const unsettledAt = async (pool: Pool, provider: string): Promise<number> => {
  const { rows } = await pool.query<{ total: number }>(
    "select count(*)::integer as total from crm_operation where provider = $1 and state in ('claimed', 'sent')",
    [provider],
  )
  return rows[0]?.total ?? 0
}
