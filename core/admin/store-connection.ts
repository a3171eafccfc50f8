import { randomUUID } from 'node:crypto'
import { LockMode } from '@mikro-orm/core'
import type { Database } from '../store/database.ts'
import { Connection, DescribedObject, FieldMapping, TenantCredentials } from '../store/entities.ts'
import { credentialsOf, type Keyring } from '../vault/keyring.ts'
import type { Form } from './form.ts'

/** What is stored of a connection whose test passed. */
export interface NewConnection extends Form {
  tenantId: string
  provider: string
  facts: Record<string, string>
  account: string | null
  /** When tokens are to be renewed without anybody asking; null for what does not expire. */
  refreshAt: Date | null
  onUnmapped: 'refuse' | 'skip' | undefined
}

export type EntityManager = ReturnType<Database['orm']['em']['fork']>

/** Replaces what the tenant was connected to. `alongside` is stored with it, or neither is. */
export const storeConnection = async (
  keyring: Keyring,
  { orm }: Database,
  connection: NewConnection,
  alongside: (em: EntityManager) => Promise<unknown> = async () => undefined,
): Promise<void> =>
  orm.em.fork().transactional(async (em) => {
    // One at a time for a tenant, without holding up the calls that only refer to it.
    await em.execute('select from tenant where id = ? for no key update', [connection.tenantId])
    await replaceOther(em, connection)
    await storeCredentials(em, keyring, connection)
    await storeRow(em, connection)
    await em.execute('update lead_delivery set next_at = now(), failures = 0 where tenant_id = ?', [connection.tenantId])
    await alongside(em)
  })

const replaceOther = async (em: EntityManager, { tenantId, provider }: NewConnection): Promise<void> => {
  await em.nativeDelete(Connection, { tenant_id: tenantId, provider: { $ne: provider } })
  await em.nativeDelete(TenantCredentials, { tenant_id: tenantId, provider: { $ne: provider } })
}

const storeCredentials = async (
  em: EntityManager,
  keyring: Keyring,
  { tenantId, provider, credentials, refreshAt }: NewConnection,
): Promise<void> => {
  const id = { tenant_id: tenantId, provider }
  const kept = await em.findOne(TenantCredentials, id, { lockMode: LockMode.PESSIMISTIC_WRITE })
  const version = (kept?.token_version ?? 0) + 1
  const row = {
    key_id: keyring.currentId,
    sealed: await keyring.seal(credentials, credentialsOf(tenantId, provider, version)),
    token_version: version,
    rotated_at: new Date(),
    refresh_claim: null,
    refresh_until: null,
    refresh_at: refreshAt,
  }
  if (kept) em.assign(kept, row)
  else em.create(TenantCredentials, { ...id, ...row })
}

const storeRow = async (
  em: EntityManager,
  { tenantId, provider, settings, facts, account, onUnmapped }: NewConnection,
): Promise<void> => {
  const same = await em.findOne(Connection, { tenant_id: tenantId, provider })
  const active = {
    status: 'active',
    status_reason: null,
    account,
    settings,
    facts,
    ...(onUnmapped && { on_unmapped: onUnmapped }),
    updated_at: new Date(),
  }
  if (same) {
    // It may be another account: what was described and found at the last one says nothing of it.
    await em.nativeDelete(DescribedObject, { tenant_id: tenantId, provider })
    const mapping_version = same.mapping_version > 0 ? same.mapping_version + 1 : 0
    em.assign(same, { ...active, mapping_version, drift: [], drift_checked_at: null }, { mergeObjectProperties: false })
  } else
    em.create(Connection, {
      id: randomUUID(),
      tenant_id: tenantId,
      provider,
      on_unmapped: 'refuse',
      mapping_version: (await em.count(FieldMapping, { tenant_id: tenantId, provider })) > 0 ? 1 : 0,
      created_at: new Date(),
      ...active,
    })
  await em.flush()
}
