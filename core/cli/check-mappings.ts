import type { Database } from '../store/database.ts'
import type { Finding } from './findings.ts'

const MOST = 20

/** Tenants whose CRM changed fields under their mapping: told, and no fault of the installation. */
export const checkMappings = async ({ pool }: Pick<Database, 'pool'>): Promise<Finding[]> => {
  const { rows } = await pool.query<{ tenant_id: string; amount: string }>(
    "select tenant_id, jsonb_array_length(drift) as amount from connection where drift <> '[]' and status <> 'disconnected' order by tenant_id",
  )
  if (rows.length === 0) return []
  const shown = rows.slice(0, MOST).map(({ tenant_id, amount }) => `${tenant_id} (${amount})`)
  const more = rows.length > MOST ? ` and ${rows.length - MOST} more` : ''
  const detail = `fields that changed at the CRM under a mapping: ${shown.join(', ')}${more}`
  return [{ subject: 'mappings', isFine: true, detail, remedy: 'Look at each: vorel drift <tenant>.' }]
}
