import { randomUUID } from 'node:crypto'
import type { InferEntity } from '@mikro-orm/core'
import type { AnyDriver } from '../driver.ts'
import { Flows } from '../oauth/flow-store.ts'
import { tokensIn } from '../oauth/tokens.ts'
import type { OpenConnection } from '../outbound/context.ts'
import type { Database } from '../store/database.ts'
import { Connection, TenantCredentials } from '../store/entities.ts'
import { credentialsOf } from '../vault/keyring.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'
import { notConnected } from './connections.ts'
import { type Revocation, revokeGrant } from './revoke.ts'
import { tenantOf } from './tenants.ts'

export interface DisconnectOptions extends Actor {
  tenantId: string
  requestId?: string
}

export interface Disconnected {
  provider: string
  status: 'disconnected'
  revocation: Revocation
}

const CANCELLED = 'The CRM was disconnected meanwhile. Start the sign-in again to connect it.'
const MOST_RENEWALS = 5

/** Ends the grant at the provider as far as it can, and deletes the credentials. Settings and mappings stay, for who connects again. */
export const disconnectTenant = async (
  deps: AdminDeps,
  database: Database,
  options: DisconnectOptions,
): Promise<Disconnected> => {
  const { tenantId, requestId = randomUUID() } = options
  await tenantOf(database, tenantId)
  const found = await database.orm.em.fork().findOne(Connection, { tenant_id: tenantId })
  if (!found) throw notConnected(tenantId)
  const { provider } = found
  return audited(deps, options, { action: 'connection.disconnected', provider, requestId }, async () => {
    await new Flows(database.pool).cancel(tenantId, 'disconnected', CANCELLED)
    // First of all: from here on no call is made with them, and no renewal begins.
    const off = { status: 'disconnected', status_reason: null, account: null, updated_at: new Date() }
    await database.orm.em.fork().nativeUpdate(Connection, { id: found.id }, off)
    const revocation = await forget(deps, database, { ...options, requestId }, found)
    return { provider, status: 'disconnected', revocation }
  })
}

type Known = Pick<InferEntity<typeof Connection>, 'provider' | 'settings' | 'facts'>

/** Revokes what is stored and deletes it; a renewal that was under way may have stored something newer meanwhile. */
const forget = async (
  deps: AdminDeps,
  { orm }: Database,
  by: DisconnectOptions & { requestId: string },
  { provider, settings, facts }: Known,
): Promise<Revocation> => {
  const id = { tenant_id: by.tenantId, provider }
  let revocation: Revocation = 'none'
  for (let turn = 0; turn < MOST_RENEWALS; turn += 1) {
    const em = orm.em.fork()
    const stored = await em.findOne(TenantCredentials, id)
    if (!stored) break
    const { token_version, sealed } = stored
    revocation = await revoked(deps, by, { provider, settings, facts, sealed: Buffer.from(sealed), version: token_version })
    if ((await em.nativeDelete(TenantCredentials, { ...id, token_version })) > 0) return revocation
  }
  await orm.em.fork().nativeDelete(TenantCredentials, id)
  return revocation
}

const revoked = async (
  deps: AdminDeps,
  by: DisconnectOptions & { requestId: string },
  { provider, settings, facts, sealed, version }: Known & { sealed: Buffer; version: number },
): Promise<Revocation> => {
  const known = deps.registry().loaded(provider)
  const credentials = await opened(deps, sealed, credentialsOf(by.tenantId, provider, version))
  if (known?.listed.manifest?.auth.kind === 'form') {
    const stored = { id: by.requestId, provider, version, settings, facts, credentials: credentials ?? {} }
    return known.driver ? closeSession(deps, by, known.driver, stored) : 'none'
  }
  const tokens = credentials && tokensIn(credentials)
  if (!known?.driver || !tokens) return 'failed'
  return revokeGrant(deps, by, { driver: known.driver, settings, facts }, tokens)
}

/** The tenant's own credentials stay valid there; a token that they were exchanged for need not. */
const closeSession = async (
  { sessions }: AdminDeps,
  { tenantId }: DisconnectOptions,
  driver: AnyDriver,
  stored: Omit<OpenConnection, 'tenant'>,
): Promise<Revocation> => {
  try {
    return (await sessions.close(driver, { ...stored, tenant: { id: tenantId, region: '' } })) ? 'done' : 'none'
  } catch {
    return 'failed'
  }
}

/** What cannot be opened is deleted all the same. */
const opened = async ({ keyring }: AdminDeps, sealed: Buffer, belongsTo: string[]) => {
  try {
    return await keyring.open<Record<string, unknown>>(sealed, belongsTo)
  } catch {
    return null
  }
}
