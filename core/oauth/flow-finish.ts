import { activateGrant, type ConnectResult } from '../admin/activate.ts'
import { type AdminDeps, audited } from '../admin/actor.ts'
import { VorelError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { OAuthFlow } from '../store/entities.ts'
import { signInOf } from '../vault/keyring.ts'
import { ours } from '../verbs/call.ts'
import type { Kept } from './flow.ts'
import { signInError } from './flow-error.ts'
import { REFUSALS, type Refused, refusedBy } from './flow-refusal.ts'
import { type Flow, Flows, hashOf } from './flow-store.ts'
import { GrantError } from './grant-error.ts'

/** What the provider sent the browser back with. */
export interface Callback {
  /** The slug of the path that it came to. */
  provider: string
  parameters: URLSearchParams
  /** The cookie that belongs to this state, where the browser has one. */
  cookie: string | null
  requestId: string
}

/** How a sign-in ended, for its page and the log. */
export interface SignInEnd {
  /** `ok`, a refusal of ours, or an error's code. */
  code: string
  status: number
  detail: string | null
  /** The provider's name; null where the sign-in is not known to be for it. */
  provider: string | null
  tenantId: string | null
  account: string | null
  warning: string | null
  /** Of what was not foreseen. */
  cause?: unknown
}

const TOKEN_CALL_MS = 20_000

/** Takes the one callback of a sign-in, and connects the tenant where the grant passes the test. What fails leaves nothing behind. */
export const finishSignIn = async (deps: AdminDeps, database: Database, callback: Callback): Promise<SignInEnd> => {
  const { provider, parameters, cookie } = callback
  const flows = new Flows(database.pool)
  const stateHash = hashOf(parameters.get('state') ?? '')
  const flow = await flows.take(stateHash, provider, cookie === null ? null : hashOf(cookie))
  if (!flow) {
    const { refused, tenantId } = await flows.reasonAgainst(stateHash, provider)
    return refuse(deps, callback, refused, tenantId, SERVICE)
  }
  const refused = refusedBy(parameters)
  if (refused) {
    await flows.fail(flow.id, refused, REFUSALS[refused].detail)
    return refuse(deps, callback, refused, flow.tenant.id, flow.actor)
  }
  try {
    return connected(deps, flow, callback, await connect(deps, database, flow, callback))
  } catch (error) {
    const { code, status, message: detail, cause } = ours(error)
    await flows.fail(flow.id, code, detail)
    const end = { code, status, detail, provider: nameOf(deps, provider), tenantId: flow.tenant.id }
    return { ...end, account: null, warning: null, ...(code === 'internal' && { cause }) }
  }
}

const SERVICE = { actorType: 'system', actorId: 'sign-in' } as const

const refuse = async (
  deps: AdminDeps,
  { provider, requestId }: Callback,
  code: Refused,
  tenantId: string | null,
  actor: Flow['actor'],
): Promise<SignInEnd> => {
  const known = deps.registry().loaded(provider) ? provider : null
  const entry = { ...actor, tenantId, action: 'connection.sign_in_refused', provider: known, requestId }
  await deps.audit.write({ ...entry, phase: 'outcome', code })
  return { code, ...REFUSALS[code], provider: nameOf(deps, provider), tenantId, account: null, warning: null }
}

const nameOf = (deps: AdminDeps, slug: string): string | null => deps.registry().loaded(slug)?.listed.name ?? null

const connected = (
  deps: AdminDeps,
  { tenant }: Flow,
  { provider }: Callback,
  { account, warning }: ConnectResult,
): SignInEnd => ({
  code: 'ok',
  status: 200,
  detail: null,
  provider: nameOf(deps, provider),
  tenantId: tenant.id,
  account: account ?? null,
  warning: warning ?? null,
})

const connect = (
  deps: AdminDeps,
  database: Database,
  flow: Flow,
  { provider, parameters, requestId }: Callback,
): Promise<ConnectResult> => {
  const { tenant, actor, settings, onUnmapped } = flow
  const about = { action: 'connection.activated', provider, requestId }
  return audited(deps, { ...actor, tenantId: tenant.id }, about, async () => {
    const driver = deps.registry().get(provider)
    const kept = await deps.keyring.open<Kept>(flow.sealed, signInOf(tenant.id, provider, flow.id))
    const begun = { ...kept, state: parameters.get('state') ?? '' }
    const signal = AbortSignal.timeout(TOKEN_CALL_MS)
    const granted = await deps.oauth.exchange({ driver, settings, facts: {} }, begun, parameters, signal).catch((error) => {
      throw error instanceof GrantError ? signInError(driver, error) : error
    })
    const candidate = { driver, tenant, settings, onUnmapped }
    return activateGrant(deps, database, candidate, { ...actor, requestId }, granted, async (em, { account, warning }) => {
      const row = { ended_at: new Date(), code: 'ok', account: account ?? null, warning: warning ?? null }
      const recorded = await em.nativeUpdate(OAuthFlow, { id: flow.id, ended_at: null }, row)
      if (recorded === 0)
        throw new VorelError('invalid_request', 'The sign-in was ended meanwhile. Start again. Nothing was stored.')
    })
  })
}
