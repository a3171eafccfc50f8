import type { PoolClient } from 'pg'
import type { NewTarget, Taken } from './store.ts'

interface LeadRow {
  id: string
  provider: string | null
  object: string
  subjects: Buffer[]
  external_id: string | null
}

const OF_PERSON = `tenant_id = $1 and subjects && $2::bytea[] and created_at <= $3`

/** Whoever has the turn may be sending one this moment: while that is so, and till the transaction ends, nobody else takes it. */
const TURN = `select d.holder is not null and d.lease_until > clock_timestamp() as is_busy from lead_delivery d where d.tenant_id = $1 for update`

const FIND = `select id, provider, object, subjects, external_id from lead
  where ${OF_PERSON} and (state not in ('waiting', 'erased') or (state = 'waiting' and not $4)) order by position for update`

const SCRUB = `update lead set state = 'erased', fingerprint = '\\x', payload = null, external_id = null, record_url = null, error_code = null,
    error_detail = null, next_at = null, updated_at = now()
  where tenant_id = $1 and id = any($2)`

/** Empties the leads of the person, those that wait with them: what is not at the CRM yet never gets there. */
export const scrubLeads = async (
  client: PoolClient,
  { tenantId, subjects, createdAt }: Taken,
): Promise<{ count: number; targets: NewTarget[] }> => {
  const turn = await client.query<{ is_busy: boolean }>(TURN, [tenantId])
  const isBusy = turn.rows[0]?.is_busy === true
  const { rows } = await client.query<LeadRow>(FIND, [tenantId, subjects, createdAt, isBusy])
  const { rowCount } = await client.query(SCRUB, [tenantId, rows.map(({ id }) => id)])
  return { count: rowCount ?? 0, targets: rows.flatMap(targetOf) }
}

/** Leads that wait and may be under way: they are looked at again. */
export const hasLeadsUnderWay = async (client: PoolClient, { tenantId, subjects, createdAt }: Taken): Promise<boolean> =>
  (await client.query(`select from lead where ${OF_PERSON} and state = 'waiting' limit 1`, [tenantId, subjects, createdAt]))
    .rowCount === 1

const targetOf = ({ provider, object, external_id, subjects }: LeadRow): NewTarget[] =>
  provider && external_id ? [{ provider, object, externalId: external_id, subjects }] : []
