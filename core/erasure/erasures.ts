import { randomUUID } from 'node:crypto'
import type { CustomerKey } from '../../schemas/verbs.ts'
import { type Actor, audited } from '../admin/actor.ts'
import { tenantOf } from '../admin/tenants.ts'
import { VorelError } from '../errors.ts'
import { toE164 } from '../phone.ts'
import type { Database } from '../store/database.ts'
import type { PersonKeys } from '../subjects.ts'
import type { Deps } from '../verbs/deps.ts'
import { erasureKeysOf } from './sealed.ts'

/** What asking for an erasure needs; the command line has it without a running service. */
export type ErasureDeps = Pick<Deps, 'audit' | 'keyring' | 'subjects'> & Partial<Pick<Deps, 'eraseLater'>>

const KEYS: readonly CustomerKey[] = ['phone', 'email', 'external_id']

/** Asks for a person to be forgotten; gives the one under way where there is one for the same keys. */
export const startErasure = async (
  deps: ErasureDeps,
  database: Database,
  actor: Actor,
  { tenantId, ...given }: PersonKeys & { tenantId: string },
): Promise<{ erasureId: string; isNew: boolean }> => {
  const tenant = await tenantOf(database, tenantId)
  const keys = checkedKeys(given, tenant.region)
  const subjects = deps.subjects.of(tenant, keys)
  const known = await openOne(database, tenantId, subjects)
  if (known) return { erasureId: known, isNew: false }
  const erasureId = randomUUID()
  const names = KEYS.filter((key) => keys[key])
  const about = { action: 'erasure.requested', externalId: erasureId, fields: names }
  const isNew = await audited(deps, { ...actor, tenantId }, about, async () => {
    const sealed = await deps.keyring.seal(keys, erasureKeysOf(tenantId, erasureId))
    const { rowCount } = await database.pool.query(
      `insert into erasure (id, tenant_id, subjects, keys_given, key_id, keys, actor_type, actor_id)
       values ($1, $2, $3::bytea[], $4, $5, $6, $7, $8) on conflict do nothing`,
      [erasureId, tenantId, subjects, names, deps.keyring.currentId, sealed, actor.actorType, actor.actorId],
    )
    return rowCount === 1
  })
  deps.eraseLater?.()
  return { erasureId: isNew ? erasureId : ((await openOne(database, tenantId, subjects)) ?? erasureId), isNew }
}

const checkedKeys = ({ phone, email, external_id }: PersonKeys, region: string): PersonKeys => {
  if (!phone && !email && !external_id)
    throw new VorelError('invalid_request', 'Name the person by phone, email or external_id, or by several of them.')
  const e164 = phone ? toE164(phone, region) : null
  if (phone && !e164)
    throw new VorelError(
      'invalid_request',
      `phone is no number that could exist in region ${region}. Send it with its country code, such as +14155550100.`,
    )
  return { ...(e164 && { phone: e164 }), ...(email && { email: email.trim() }), ...(external_id && { external_id }) }
}

const openOne = async ({ pool }: Database, tenantId: string, subjects: Buffer[]): Promise<string | undefined> => {
  const { rows } = await pool.query<{ id: string }>(
    `select id from erasure where tenant_id = $1 and subjects = $2::bytea[] and state <> 'done'`,
    [tenantId, subjects],
  )
  return rows[0]?.id
}

interface Which {
  erasureId: string
  n: number
}

/** An operator says that a target which asked for a person is dealt with. */
export const resolveTarget = async (
  deps: Pick<ErasureDeps, 'audit' | 'eraseLater'>,
  database: Database,
  actor: Actor,
  { erasureId, n }: Which,
): Promise<void> => {
  const { pool } = database
  const { rows } = await pool.query<{ tenant_id: string; provider: string; object: string }>(
    `select tenant_id, provider, object from erasure_target
     where erasure_id = $1 and n = $2 and state in ('manual_required', 'failed')`,
    [erasureId, n],
  )
  const [target] = rows
  if (!target) throw new VorelError('not_found', 'This erasure has no such target that waits for a person. Look at it again.')
  const { tenant_id: tenantId, provider, object } = target
  const about = { action: 'erasure.resolved', provider, object, requestId: erasureId }
  await audited(deps, { ...actor, tenantId }, about, async () => {
    const { rowCount } = await pool.query(
      `update erasure_target set state = 'deleted', resolved_by = $4, external_id = null, key_id = null, updated_at = now()
       where tenant_id = $1 and erasure_id = $2 and n = $3 and state in ('manual_required', 'failed')`,
      [tenantId, erasureId, n, actor.actorId],
    )
    if (rowCount === 0) throw new VorelError('not_found', 'The target was settled meanwhile. Look at the erasure again.')
    await goOn(database, tenantId, erasureId)
  })
  deps.eraseLater?.()
}

/** Tries again what failed, or what waits for a person though the provider might do it now. Gives how many those are. */
export const retryErasure = async (
  deps: Pick<ErasureDeps, 'audit' | 'eraseLater'>,
  database: Database,
  actor: Actor,
  { erasureId }: Pick<Which, 'erasureId'>,
): Promise<number> => {
  const { pool } = database
  const { rows } = await pool.query<{ tenant_id: string }>('select tenant_id from erasure where id = $1', [erasureId])
  const tenantId = rows[0]?.tenant_id
  if (!tenantId) throw unknownErasure()
  const about = { action: 'erasure.retried', externalId: erasureId, requestId: erasureId }
  const count = await audited(deps, { ...actor, tenantId }, about, async () => {
    // Where no record is known, the person is looked for again.
    const looked = await pool.query(
      `delete from erasure_target where tenant_id = $1 and erasure_id = $2 and state in ('manual_required', 'failed')
         and external_id is null and reason <> 'outcome_unknown'`,
      [tenantId, erasureId],
    )
    const again = await pool.query(
      `update erasure_target set state = 'pending', reason = null, detail = null, attempts = 0, next_at = now(), updated_at = now()
       where tenant_id = $1 and erasure_id = $2 and state in ('manual_required', 'failed') and external_id is not null`,
      [tenantId, erasureId],
    )
    await goOn(database, tenantId, erasureId)
    return (looked.rowCount ?? 0) + (again.rowCount ?? 0)
  })
  deps.eraseLater?.()
  return count
}

const goOn = ({ pool }: Database, tenantId: string, erasureId: string) =>
  pool.query(
    `update erasure set state = 'deleting', attempts = 0, next_at = now()
     where tenant_id = $1 and id = $2 and state = 'waiting'`,
    [tenantId, erasureId],
  )

export const unknownErasure = () =>
  new VorelError('not_found', 'There is no erasure with this id. List them: GET /api/tenant/forget.')
