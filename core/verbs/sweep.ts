import { randomUUID } from 'node:crypto'
import type { Caller, CallOptions } from '../caller.ts'
import { VorelError } from '../errors.ts'
import { leadIdOf } from '../leads/key.ts'
import type { Operation, OperationId, OperationState } from '../store/operations.ts'
import { payloadOf } from '../vault/keyring.ts'
import { type Call, ours, withCall } from './call.ts'
import { finishDone, GRACE_MS, type Payload, progressIn } from './create.ts'
import type { Deps } from './deps.ts'
import { subjectsMade } from './person.ts'
import { attempt, type Effort, settleLost } from './settle.ts'

const AT_ONCE = 50
const DEADLINE_MS = 20_000
const MAX_ATTEMPTS = 20
const LONGEST_WAIT_MS = 3_600_000
/** Others wait behind a lead, for as long as its CRM is away and not much longer. */
const LONGEST_LEAD_WAIT_MS = 30_000
/** Sweeps come every minute by themselves. */
const BETWEEN_SWEEPS_MS = 60_000

/**
 * Settles creates that were left open by a crash or a lost answer; gives how many it looked at. Leases that go on are looked at again
 * when the first of them ends: after a crash that is when healing can begin.
 */
export const sweep = async (deps: Deps, log: CallOptions['log']): Promise<number> => {
  const open = await deps.operations.expired(AT_ONCE)
  for (const id of open) await settleOne(deps, log, id)
  const nextMs = open.length ? null : await deps.operations.nextLeaseEndMs()
  if (nextMs !== null && nextMs < BETWEEN_SWEEPS_MS) deps.settleLater(nextMs)
  return open.length
}

const settleOne = async (deps: Deps, log: CallOptions['log'], id: OperationId): Promise<void> => {
  const taken = await deps.operations.takeOver(id, DEADLINE_MS + GRACE_MS)
  const access = taken && (await deps.access.byTenant(id.tenantId))
  if (!taken || !access) return
  const caller: Caller = {
    actorType: 'system',
    actorId: 'sweeper',
    access,
    requestId: randomUUID(),
    conversationId: taken.conversationId,
  }
  try {
    await withCall(
      deps,
      caller,
      { deadlineMs: DEADLINE_MS, log },
      { verb: 'create_record', object: taken.object },
      async (call) => settleCall(deps, await effortOf(deps, call, taken), taken),
    )
  } catch (error) {
    log.warn({ code: ours(error).code, attempts: taken.attempts }, 'a create could not be settled yet')
    await close(deps, caller, taken, isHopeless(taken) ? 'outcome_unknown' : 'sent')
  }
}

/** A lead is tried for as long as it waits. */
const isHopeless = ({ attempts, idempotencyKey }: Operation): boolean =>
  attempts >= MAX_ATTEMPTS && leadIdOf(idempotencyKey) === null

const putOffMs = ({ attempts, idempotencyKey }: Operation): number =>
  Math.min(leadIdOf(idempotencyKey) === null ? LONGEST_WAIT_MS : LONGEST_LEAD_WAIT_MS, 2_000 * 2 ** Math.min(attempts, 12))

const payloadIn = async ({ keyring }: Deps, { payload, tenantId, idempotencyKey }: Operation): Promise<Payload> => {
  if (!payload) throw new Error('The operation has no payload')
  return keyring.open(payload, payloadOf(tenantId, idempotencyKey))
}

const effortOf = async (deps: Deps, call: Call, taken: Operation): Promise<Effort> => ({
  call,
  id: { tenantId: taken.tenantId, idempotencyKey: taken.idempotencyKey },
  epoch: taken.epoch,
  reference: taken.reference,
  payload: await payloadIn(deps, taken),
  progress: await progressIn(deps, taken, taken.progress),
})

const settleCall = async (deps: Deps, effort: Effort, taken: Operation): Promise<void> => {
  const { caller } = effort.call
  const isBegun = Object.keys(effort.progress).length > 0
  // Claimed and never sent: nothing happened, and the key is free again.
  if (taken.state === 'claimed' && !isBegun) return close(deps, caller, taken, 'failed')
  if (taken.provider !== effort.call.connected.row.provider) return close(deps, caller, taken, 'outcome_unknown')
  if (taken.state === 'claimed') return goOn(deps, effort, taken)
  const settled = await settleLost(deps, effort)
  if (settled.created) await finishDone(deps, effort, settled.created)
  else await close(deps, caller, taken, settled.isFinal || isHopeless(taken) ? 'outcome_unknown' : 'sent')
}

/** Between two records, and the next one was not on its way. */
const goOn = async (deps: Deps, effort: Effort, taken: Operation): Promise<void> => {
  const sent = await attempt(deps, effort).catch(ours)
  if (!(sent instanceof VorelError)) return void (await finishDone(deps, effort, sent))
  const { caller } = effort.call
  // Refused: whoever repeats it with the same key goes on from here.
  if (sent.effect === 'none') return close(deps, caller, taken, 'failed')
  return close(deps, caller, taken, isHopeless(taken) ? 'outcome_unknown' : 'sent')
}

const close = async (
  deps: Deps,
  caller: Caller,
  taken: Operation,
  state: Exclude<OperationState, 'claimed' | 'erased'>,
): Promise<void> => {
  const code = state === 'failed' ? 'not_sent' : 'outcome_unknown'
  await deps.operations.finish({
    tenantId: taken.tenantId,
    idempotencyKey: taken.idempotencyKey,
    epoch: taken.epoch,
    state,
    leaseMs: putOffMs(taken),
    response: null,
    subjects:
      state === 'sent' ? [] : subjectsMade(deps.subjects, caller.access.tenant, await progressIn(deps, taken, taken.progress)),
    errorCode: code,
    outcome: {
      actorType: caller.actorType,
      actorId: caller.actorId,
      tenantId: taken.tenantId,
      action: 'create_record',
      provider: taken.provider,
      object: taken.object,
      requestId: caller.requestId,
      conversationId: taken.conversationId,
      phase: 'outcome',
      code,
    },
  })
}
