import { setTimeout as sleep } from 'node:timers/promises'
import type { Idempotency } from '../../schemas/manifest.ts'
import type { CreateRecordOutput } from '../../schemas/verbs.ts'
import { VorelError } from '../errors.ts'
import type { OperationId } from '../store/operations.ts'
import { checked } from './answer.ts'
import { type Call, ours } from './call.ts'
import type { Payload } from './create.ts'
import type { Deps } from './deps.ts'
import { idempotencyOf } from './idempotency.ts'

/** One create, claimed: everything needed to send it, or to send it again. */
export interface Effort {
  call: Call
  id: OperationId
  epoch: number
  reference: string
  payload: Payload
}

export interface Settled {
  created?: CreateRecordOutput
  /** Nobody can find out: a person must look. */
  isFinal: boolean
  /** When to try again. */
  retryMs: number
}

/** Sends the create. Where a repeat would not converge, the operation says `sent` before the first byte goes out. */
export const attempt = async (deps: Deps, { call, id, epoch, reference, payload }: Effort): Promise<CreateRecordOutput> => {
  const { driver } = call.connected
  if (classOf(call) !== 'native' && !(await deps.operations.markSent(id, epoch)))
    throw new VorelError('idempotency_in_progress', 'Another call took this create over. Repeat in 1 s.', {
      retryAfterSeconds: 1,
    })
  const input = { object: call.object, fields: payload.fields, idempotency_key: id.idempotencyKey, reference }
  return checked.createRecord(await call.atProvider((ctx) => driver.createRecord(ctx, input)))
}

const classOf = ({ connected: { driver, row }, object }: Call): Idempotency => idempotencyOf(driver.manifest, row.facts, object)

/** How long the record may stay unfindable, where it has to be found. */
const lagMsOf = (call: Call): number => (classOf(call) === 'search' ? (call.connected.driver.manifest.searchLagMs ?? 0) : 0)

/** Whether the call goes on for long enough to settle a lost create. */
export const canSettle = (call: Call): boolean => call.deadline.remainingMs() >= lagMsOf(call) + 100

/** Finds out what became of a create whose answer was lost, by the provider's class. */
export const settleLost = async (deps: Deps, effort: Effort): Promise<Settled> => {
  const idempotency = classOf(effort.call)
  if (idempotency === 'none') return { isFinal: true, retryMs: 0 }
  const lagMs = lagMsOf(effort.call)
  if (!canSettle(effort.call)) return { isFinal: false, retryMs: lagMs + 1_000 }
  try {
    const created = idempotency === 'native' ? await attempt(deps, effort) : await adoptOrSend(deps, effort, lagMs)
    return { created, isFinal: false, retryMs: 0 }
  } catch (error) {
    const { retryAfterSeconds } = ours(error)
    return { isFinal: false, retryMs: (retryAfterSeconds ?? 2) * 1_000 }
  }
}

const adoptOrSend = async (deps: Deps, effort: Effort, lagMs: number): Promise<CreateRecordOutput> => {
  const { call, reference } = effort
  await sleep(lagMs)
  const found = checked.findByReference(
    await call.atProvider(
      async (ctx) => call.connected.driver.findByReference?.(ctx, { object: call.object, reference }) ?? null,
    ),
  )
  return found ?? attempt(deps, effort)
}
