import { randomUUID } from 'node:crypto'
import type { TestConnectionOutput } from '../../schemas/verbs.ts'
import type { AnyDriver } from '../driver.ts'
import { VorelError } from '../errors.ts'
import type { Granted } from '../oauth/client.ts'
import { oauthOf } from '../oauth/provider.ts'
import { refreshAt } from '../oauth/tokens.ts'
import type { OpenConnection } from '../outbound/context.ts'
import { Deadline } from '../outbound/deadline.ts'
import type { Database } from '../store/database.ts'
import { Connection } from '../store/entities.ts'
import { checked } from '../verbs/answer.ts'
import { ours } from '../verbs/call.ts'
import type { Actor, AdminDeps } from './actor.ts'
import type { Form } from './form.ts'
import { revokeGrant } from './revoke.ts'
import { type EntityManager, storeConnection } from './store-connection.ts'

const TEST_MS = 20_000

/** A connection as it would be, for the provider to judge. */
export interface Candidate {
  driver: AnyDriver
  tenant: { id: string; region: string }
  settings: Form['settings']
  onUnmapped: 'refuse' | 'skip' | undefined
}

export type ConnectResult = Extract<TestConnectionOutput, { ok: true }>

/** What is stored in the same transaction as the connection. */
type Alongside = (em: EntityManager, tested: ConnectResult) => Promise<unknown>

const silent = { debug: () => undefined, warn: () => undefined }

/** Tests credentials; only where that passes are they stored, encrypted, and the connection active. */
export const activate = async (
  deps: AdminDeps,
  database: Database,
  candidate: Candidate,
  { credentials, facts = {}, refreshAt = null }: { credentials: object; facts?: Record<string, string>; refreshAt?: Date | null },
  alongside?: Alongside,
): Promise<ConnectResult> => {
  const { driver, tenant, settings, onUnmapped } = candidate
  const provider = driver.manifest.slug
  const entered = { id: randomUUID(), provider, version: 0, tenant, settings, credentials: { ...credentials }, facts }
  const held = { settings, credentials: await sessionFor(deps, driver, entered) }
  const tested = await testConnection(deps, driver, { ...entered, ...held })
  if (!tested.ok) throw new VorelError('auth_error', `${tested.reason} Nothing was stored.`)
  await storeConnection(
    deps.keyring,
    database,
    {
      ...held,
      tenantId: tenant.id,
      provider,
      facts: { ...facts, ...tested.facts },
      account: tested.account ?? null,
      refreshAt,
      onUnmapped,
    },
    alongside && ((em) => alongside(em, tested)),
  )
  return tested
}

/**
 * The same for a grant, which is ended at the provider where it does not come to be stored; but not beside one that works: some providers give every consent
 * of an account the same tokens, and would end both.
 */
export const activateGrant = async (
  deps: AdminDeps,
  database: Database,
  candidate: Candidate,
  by: Actor & { requestId: string },
  { tokens, facts }: Granted,
  alongside?: Alongside,
): Promise<ConnectResult> => {
  const { driver, tenant, settings } = candidate
  const auth = oauthOf(driver)
  try {
    if (auth.grant === 'authorization_code' && tokens.refresh_token === null && tokens.expires_at !== null)
      throw new VorelError(
        'auth_error',
        `${driver.manifest.name} granted access that ends soon and cannot be renewed. Remove Vorel's access there, then start again. Nothing was stored.`,
      )
    const kept = { credentials: tokens, facts, refreshAt: refreshAt(tokens, auth) }
    return await activate(deps, database, candidate, kept, alongside)
  } catch (error) {
    const present = await database.orm.em
      .fork()
      .count(Connection, { tenant_id: tenant.id, provider: driver.manifest.slug, status: 'active' })
    if (present === 0) await revokeGrant(deps, { ...by, tenantId: tenant.id }, { driver, settings, facts }, tokens)
    throw error
  }
}

/** What to keep: with a token, where the provider exchanges what was entered for one. */
export const sessionFor = async ({ sessions }: Pick<AdminDeps, 'sessions'>, driver: AnyDriver, entered: OpenConnection) => {
  try {
    return await sessions.credentialsOf(driver, entered)
  } catch (error) {
    const refused = ours(error)
    throw refused.code === 'auth_error' ? new VorelError('auth_error', `${refused.message} Nothing was stored.`) : refused
  }
}

export const testConnection = async (
  { outbound }: Pick<AdminDeps, 'outbound'>,
  driver: AnyDriver,
  connection: OpenConnection,
): Promise<TestConnectionOutput> => {
  const deadline = new Deadline(TEST_MS)
  try {
    return checked.testConnection(await driver.testConnection(outbound.context(driver, connection, { deadline, log: silent })))
  } catch (error) {
    throw ours(error)
  } finally {
    deadline.done()
  }
}
