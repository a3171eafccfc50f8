import type { ErasureTarget, ListedErasure, ShownErasure, SignedCertificate } from '../../schemas/erasure.ts'
import type { Database } from '../store/database.ts'
import type { Deps } from '../verbs/deps.ts'
import { unknownErasure } from './erasures.ts'
import { erasureTargetOf } from './sealed.ts'

const MOST = 500

const iso = (time: string): string => new Date(time).toISOString()

const LISTED = `select e.id, e.tenant_id, e.state, e.keys_given, e.actor_id as requested_by, e.created_at, e.completed_at,
    (select count(*)::int from erasure_target g where g.tenant_id = e.tenant_id and g.erasure_id = e.id) as targets,
    (select count(*)::int from erasure_target g where g.tenant_id = e.tenant_id and g.erasure_id = e.id
      and g.state in ('manual_required', 'failed')) as waiting`

const listed = (row: ListedErasure): ListedErasure => ({
  id: row.id,
  tenant_id: row.tenant_id,
  state: row.state,
  keys_given: row.keys_given,
  requested_by: row.requested_by,
  targets: row.targets,
  waiting: row.waiting,
  created_at: iso(row.created_at),
  completed_at: row.completed_at && iso(row.completed_at),
})

/** The newest first; of one tenant, or of all for whoever operates the platform. */
export const listErasures = async ({ pool }: Database, tenantId?: string): Promise<ListedErasure[]> => {
  const { rows } = await pool.query<ListedErasure>(
    `${LISTED} from erasure e where $1::text is null or e.tenant_id = $1 order by e.created_at desc limit ${MOST}`,
    [tenantId ?? null],
  )
  return rows.map(listed)
}

type TargetRow = Omit<ErasureTarget, 'external_id'> & { sealed: Buffer | null }

const TARGETS = `select n, provider, object, external_id as sealed, state, is_hard_deleted as hard_deleted, reason,
    detail as instead_of_delete, attempts, resolved_by, updated_at
  from erasure_target where tenant_id = $1 and erasure_id = $2 order by n`

/** One erasure with its records; the ids of those that are not settled are opened for whoever has to look there. */
export const showErasure = async ({ keyring }: Pick<Deps, 'keyring'>, { pool }: Database, id: string): Promise<ShownErasure> => {
  const { rows } = await pool.query<ListedErasure & { scrubbed: Record<string, number>; certificate: SignedCertificate | null }>(
    `${LISTED}, e.scrubbed, e.certificate from erasure e where e.id = $1`,
    [id],
  )
  const [row] = rows
  if (!row) throw unknownErasure()
  const known = await pool.query<TargetRow>(TARGETS, [row.tenant_id, id])
  const targets = known.rows.map(
    async ({ sealed, updated_at, ...target }): Promise<ErasureTarget> => ({
      ...target,
      external_id: sealed && (await keyring.open<string>(sealed, erasureTargetOf(row.tenant_id, id, target.n))),
      updated_at: iso(updated_at),
    }),
  )
  const { scrubbed, certificate } = row
  return { ...listed(row), scrubbed, certificate, targets: await Promise.all(targets) }
}

/** A record that waits for an operator. */
export interface ManualTarget {
  erasure_id: string
  tenant_id: string
  n: number
  provider: string
  object: string
  state: 'manual_required' | 'failed'
  reason: string | null
  instead_of_delete: string | null
  since: string
}

/** All that wait for an operator, of all tenants, the oldest first. */
export const openManual = async ({ pool }: Database): Promise<ManualTarget[]> => {
  const { rows } = await pool.query<ManualTarget>(
    `select erasure_id, tenant_id, n, provider, object, state, reason, detail as instead_of_delete, updated_at as since
     from erasure_target where state in ('manual_required', 'failed') order by updated_at limit ${MOST}`,
  )
  return rows.map(({ since, ...target }) => ({ ...target, since: iso(since) }))
}
