import { randomUUID } from 'node:crypto'
import { isVorelError, VorelError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { connectionOf } from '../verbs/connection.ts'
import type { Deps } from '../verbs/deps.ts'
import { sessionFor, testConnection } from './activate.ts'
import { type Actor, type AdminDeps, audited } from './actor.ts'
import { grantedByApp } from './connections.ts'
import { checkForm } from './form.ts'
import { tenantOf } from './tenants.ts'

/** What the provider said: `reason` in its words where they are known. */
export type Tested = { ok: true; account: string | null; warning: string | null } | { ok: false; reason: string }

interface TestOptions extends Actor {
  tenantId: string
  requestId?: string
}

/** Tests what is stored and leaves it as it is, but for an access token that has to be renewed on the way, as in any call. */
export const testStored = async (
  deps: Pick<Deps, 'registry' | 'keyring' | 'outbound' | 'audit' | 'access'>,
  database: Database,
  options: TestOptions,
): Promise<Tested> => {
  await tenantOf(database, options.tenantId)
  const access = await deps.access.byTenant(options.tenantId)
  if (!access) throw new Error(`Tenant ${options.tenantId} is there and cannot be read`)
  const { driver, row, open } = connectionOf(deps, access)
  return judged(deps, options, row.provider, async () => testConnection(deps, driver, await open()))
}

/** Tests a form as it would be stored, and stores nothing. */
export const testCandidate = async (
  deps: AdminDeps,
  database: Database,
  options: TestOptions & { provider: string; entered: Record<string, string> },
): Promise<Tested> => {
  const { tenantId, provider, entered } = options
  const { region } = await tenantOf(database, tenantId)
  const driver = deps.registry().get(provider)
  const { auth, name } = driver.manifest
  if (auth.kind === 'oauth2' && auth.grant === 'authorization_code')
    throw new VorelError('invalid_request', `${name} is connected by a sign-in in a browser, which tests it: begin one.`)
  const form = checkForm(driver, entered)
  const refusal = deps.outbound.refusalOf(driver, form)
  if (refusal) throw new VorelError('invalid_request', refusal)
  return judged(deps, options, provider, async () => {
    const isForm = auth.kind === 'form'
    const granted = isForm ? null : await grantedByApp(deps, { driver, settings: form.settings })
    const candidate = {
      id: randomUUID(),
      provider,
      version: 0,
      tenant: { id: tenantId, region },
      settings: form.settings,
      credentials: granted ? { ...granted.tokens } : form.credentials,
      facts: granted?.facts ?? {},
    }
    const held = { ...candidate, credentials: isForm ? await sessionFor(deps, driver, candidate) : candidate.credentials }
    try {
      return await testConnection(deps, driver, held)
    } finally {
      if (isForm) await deps.sessions.close(driver, held).catch(() => false)
    }
  })
}

type Answer = Awaited<ReturnType<typeof testConnection>>

/** A refusal is an answer; only what kept us from asking is an error. The audit log has either. */
const judged = async (
  deps: Pick<AdminDeps, 'audit'>,
  { actorType, actorId, tenantId, requestId = randomUUID() }: TestOptions,
  provider: string,
  ask: () => Promise<Answer>,
): Promise<Tested> => {
  const about = { action: 'connection.tested', provider, requestId }
  try {
    return await audited(deps, { actorType, actorId, tenantId }, about, async () => {
      const answer = await ask()
      if (!answer.ok) throw new VorelError('auth_error', answer.reason)
      return { ok: true, account: answer.account ?? null, warning: answer.warning ?? null }
    })
  } catch (error) {
    if (isVorelError(error) && error.code === 'auth_error')
      return { ok: false, reason: error.message.replace(/ Nothing was stored\.$/, '') }
    throw error
  }
}
