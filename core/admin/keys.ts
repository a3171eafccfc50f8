import { randomBytes } from 'node:crypto'
import { SCOPES, type Scope } from '../../schemas/scopes.ts'
import { makeApiKey } from '../api-key.ts'
import { VorelError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { ApiKey } from '../store/entities.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'
import { tenantOf } from './tenants.ts'

export interface ListedKey {
  id: string
  tenant_id: string
  prefix: string
  scopes: string[]
  created_at: string
  revoked_at: string | null
}

/** The key itself is in this answer and nowhere else. */
export const createKey = async (
  deps: Pick<AdminDeps, 'audit'>,
  database: Database,
  options: Actor & { tenantId: string; scopes: string[] },
): Promise<{ id: string; key: string; prefix: string; scopes: string[] }> => {
  const { tenantId, scopes } = options
  const unknown = scopes.filter((scope) => !SCOPES.includes(scope as Scope))
  if (unknown.length || scopes.length === 0)
    throw new VorelError(
      'invalid_request',
      `${unknown.length ? `There is no scope ${unknown.join(', ')}` : 'A key needs a scope'}. Scopes: ${SCOPES.join(', ')}.`,
    )
  await tenantOf(database, tenantId)
  const id = `key_${randomBytes(8).toString('hex')}`
  const { key, prefix, hash } = makeApiKey()
  await audited(deps, options, { action: 'api_key.created', externalId: id }, async () => {
    const em = database.orm.em.fork()
    em.create(ApiKey, { id, tenant_id: tenantId, prefix, hash, scopes, created_at: new Date() })
    await em.flush()
  })
  return { id, key, prefix, scopes }
}

export const listKeys = async ({ pool }: Database, tenantId: string): Promise<ListedKey[]> => {
  const { rows } = await pool.query<ListedKey>(
    'select id, tenant_id, prefix, scopes, created_at, revoked_at from api_key where tenant_id = $1 order by created_at',
    [tenantId],
  )
  return rows
}

/** Counts from the next request on. */
export const revokeKey = async (
  deps: Pick<AdminDeps, 'audit'>,
  database: Database,
  options: Actor & { tenantId: string; id: string },
): Promise<void> =>
  audited(deps, options, { action: 'api_key.revoked', externalId: options.id }, async () => {
    const changed = await database.orm.em
      .fork()
      .nativeUpdate(ApiKey, { id: options.id, tenant_id: options.tenantId, revoked_at: null }, { revoked_at: new Date() })
    if (changed === 0) throw new VorelError('invalid_request', `Tenant '${options.tenantId}' has no valid key '${options.id}'.`)
  })
