import { randomUUID } from 'node:crypto'
import type { Drift } from '../../schemas/field.ts'
import { VorelError } from '../errors.ts'
import { signInError } from '../oauth/flow-error.ts'
import { GrantError } from '../oauth/grant-error.ts'
import type { Database } from '../store/database.ts'
import { Connection } from '../store/entities.ts'
import { activate, activateGrant, type Candidate, type ConnectResult } from './activate.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'
import { checkForm } from './form.ts'
import { tenantOf } from './tenants.ts'

export type { ConnectResult } from './activate.ts'

export interface ConnectOptions extends Actor {
  tenantId: string
  provider: string
  /** The form as filled in, secrets and all. */
  entered: Record<string, string>
  onUnmapped?: 'refuse' | 'skip'
  /** Under which the audit log has it. */
  requestId?: string
}

const TOKEN_CALL_MS = 20_000

/** Tests what was entered, or what the platform's own app is granted; only where that passes is it stored, and the connection active. */
export const connectTenant = async (deps: AdminDeps, database: Database, options: ConnectOptions): Promise<ConnectResult> => {
  const { tenantId, provider, onUnmapped, actorType, actorId, requestId = randomUUID() } = options
  const { region } = await tenantOf(database, tenantId)
  const driver = deps.registry().get(provider)
  const { auth, name } = driver.manifest
  if (auth.kind === 'oauth2' && auth.grant === 'authorization_code')
    throw new VorelError(
      'invalid_request',
      `${name} is connected by a sign-in in a browser: vorel connect ${tenantId} ${provider}.`,
    )
  const form = checkForm(driver, options.entered)
  const refusal = deps.outbound.refusalOf(driver, form)
  if (refusal) throw new VorelError('invalid_request', refusal)
  const candidate = { driver, tenant: { id: tenantId, region }, settings: form.settings, onUnmapped }
  return audited(deps, options, { action: 'connection.activated', provider, requestId }, async () => {
    if (auth.kind === 'form') return activate(deps, database, candidate, form)
    const granted = await grantedByApp(deps, candidate)
    return activateGrant(deps, database, candidate, { actorType, actorId, requestId }, granted)
  })
}

export const grantedByApp = async (
  { oauth }: Pick<AdminDeps, 'oauth'>,
  { driver, settings }: Pick<Candidate, 'driver' | 'settings'>,
) => {
  try {
    return await oauth.clientCredentials({ driver, settings, facts: {} }, AbortSignal.timeout(TOKEN_CALL_MS))
  } catch (error) {
    throw error instanceof GrantError ? signInError(driver, error) : error
  }
}

/** A connection as operators see it: nothing secret. */
export interface ShownConnection {
  provider: string
  status: string
  status_reason: string | null
  account: string | null
  settings: Record<string, unknown>
  on_unmapped: string
  drift: Drift[]
  drift_checked_at: string | null
}

export const showConnection = async (database: Database, tenantId: string): Promise<ShownConnection> => {
  await tenantOf(database, tenantId)
  const found = await database.orm.em.fork().findOne(Connection, { tenant_id: tenantId })
  if (!found) throw notConnected(tenantId)
  const { provider, status, status_reason = null, account = null, settings, on_unmapped, drift, drift_checked_at } = found
  const checked = drift_checked_at?.toISOString() ?? null
  return { provider, status, status_reason, account, settings, on_unmapped, drift, drift_checked_at: checked }
}

export const notConnected = (tenantId: string): VorelError =>
  new VorelError('not_connected', `Tenant '${tenantId}' has no CRM connected. Connect one: vorel connect ${tenantId} <provider>.`)
