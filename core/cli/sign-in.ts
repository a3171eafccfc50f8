import { setTimeout as sleep } from 'node:timers/promises'
import { startSignIn } from '../oauth/flow.ts'
import { type FlowStatus, Flows } from '../oauth/flow-store.ts'
import type { Announce } from './answer.ts'
import { CliError } from './fail.ts'
import { progress } from './progress.ts'
import type { Session } from './session.ts'

const LOOK_AGAIN_MS = 500
const PATIENCE_MS = 2_000

interface Asked {
  tenantId: string
  provider: string
  entered: Record<string, string>
  onUnmapped?: 'refuse' | 'skip'
}

/** Begins a sign-in, tells where it goes on, and waits until the service has had its answer. */
export const signInThere = async (
  { deps, database, actor, config: { publicUrl } }: Session,
  { tenantId, provider, entered: settings, onUnmapped }: Asked,
  announce: Announce,
): Promise<Pick<FlowStatus, 'account' | 'warning'>> => {
  const begun = await startSignIn(deps, database, { actor, tenantId, provider, settings, onUnmapped, publicUrl })
  const { flowId, authorizeUrl, expiresAt } = begun
  announce({
    json: { authorize_url: authorizeUrl, flow_id: flowId, expires_at: expiresAt.toISOString() },
    text: authorizeUrl,
    note: `Open this address where somebody of '${tenantId}' is signed in, and consent. It is good until ${timeOf(expiresAt)}.`,
  })
  if (!(await isServing(publicUrl)))
    progress(
      `Note: no service answers at ${publicUrl}, where ${provider} sends the browser back to. Start it, or correct PUBLIC_URL.`,
    )
  progress('Waiting. Ctrl-C ends the waiting alone: the address stays good.')
  const ended = await endOf(new Flows(database.pool), tenantId, flowId)
  if (ended.status === 'failed') throw new CliError(ended.detail ?? 'The sign-in did not succeed.', ended.code ?? 'internal')
  return ended
}

const timeOf = (time: Date): string => time.toTimeString().slice(0, 5)

const isServing = async (publicUrl: string): Promise<boolean> => {
  try {
    return (await fetch(`${publicUrl}/health`, { signal: AbortSignal.timeout(PATIENCE_MS) })).ok
  } catch {
    return false
  }
}

const endOf = async (flows: Flows, tenantId: string, flowId: string): Promise<FlowStatus> => {
  for (;;) {
    const found = await flows.status(tenantId, flowId)
    if (!found) throw new CliError('The sign-in is no longer known. Start it again.', 'expired')
    if (found.status !== 'pending') return found
    await sleep(LOOK_AGAIN_MS)
  }
}
