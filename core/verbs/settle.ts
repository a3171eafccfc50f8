import { setTimeout as sleep } from 'node:timers/promises'
import type { Idempotency } from '../../schemas/manifest.ts'
import type { OperationId } from '../store/operations.ts'
import { checked } from './answer.ts'
import { type Call, ours } from './call.ts'
import type { Created, Payload } from './create.ts'
import type { Deps } from './deps.ts'
import { idempotencyIn } from './idempotency.ts'
import { associate, correct, keyOfPart, nextPart, noteMade, type Progress, takenOver } from './parts.ts'

/** One create, claimed: everything needed to send it, or to send it again. */
export interface Effort {
  call: Call
  id: OperationId
  epoch: number
  reference: string
  payload: Payload
  /** The records that are there already. */
  progress: Progress
}

export interface Settled {
  created?: Created
  /** Nobody can find out: a person must look. */
  isFinal: boolean
  /** When to try again. */
  retryMs: number
}

/** Sends what is missing of the create. Where a repeat would not converge, the operation says `sent` before the first byte goes out. */
export const attempt = async (deps: Deps, effort: Effort): Promise<Created> => {
  const { call, id, epoch, payload } = effort
  const { driver } = call.connected
  await correct(effort)
  for (let next = nextPart(effort); next; next = nextPart(effort)) {
    const { part, isFirst } = next
    if (idempotencyIn(call, part.object) !== 'native' && !(await deps.operations.markSent(id, epoch))) throw takenOver()
    const input = { ...part, ...keyOfPart(effort, part.object, isFirst) }
    await noteMade(deps, effort, part, checked.createRecord(await call.atProvider((ctx) => driver.createRecord(ctx, input))))
  }
  if (payload.parts.length > 1) await associate(effort)
  return createdOf(effort)
}

const createdOf = ({ payload: { parts, skipped }, progress }: Effort): Created => {
  const [first, ...associated] = parts.map(({ object }) => {
    const { external_id = '', record_url = null } = progress[object] ?? {}
    return { object, external_id, record_url }
  })
  const { external_id = '', record_url = null } = first ?? {}
  return {
    external_id,
    record_url,
    ...(associated.length && { associated }),
    ...(skipped.length && { skipped_fields: skipped }),
  }
}

/** The class of the one create that may be on its way; where none is, a repeat changes nothing. */
const classInDoubt = (effort: Effort): Idempotency => {
  const next = nextPart(effort)
  return next ? idempotencyIn(effort.call, next.part.object) : 'native'
}

/** How long a record may stay unfindable, where one may have to be found. */
export const lagMsOf = (call: Call, objects: string[]): number => {
  const isSearched = objects.some((object) => idempotencyIn(call, object) === 'search')
  return isSearched ? (call.connected.driver.manifest.searchLagMs ?? 0) : 0
}

/** Whether the call goes on for long enough to settle a lost create. */
export const canSettle = (call: Call, objects: string[]): boolean => call.deadline.remainingMs() >= lagMsOf(call, objects) + 100

/** Finds out what became of a create whose answer was lost, by the provider's class. */
export const settleLost = async (deps: Deps, effort: Effort): Promise<Settled> => {
  const idempotency = classInDoubt(effort)
  if (idempotency === 'none') return { isFinal: true, retryMs: 0 }
  const inDoubt = [nextPart(effort)?.part.object ?? []].flat()
  const lagMs = lagMsOf(effort.call, inDoubt)
  if (!canSettle(effort.call, inDoubt)) return { isFinal: false, retryMs: lagMs + 1_000 }
  try {
    if (idempotency === 'search') await adopt(deps, effort, lagMs)
    return { created: await attempt(deps, effort), isFinal: false, retryMs: 0 }
  } catch (error) {
    const { retryAfterSeconds } = ours(error)
    return { isFinal: false, retryMs: (retryAfterSeconds ?? 2) * 1_000 }
  }
}

/** Takes the record for made where the provider has it by now. */
const adopt = async (deps: Deps, effort: Effort, lagMs: number): Promise<void> => {
  const next = nextPart(effort)
  if (!next) return
  await sleep(lagMs)
  const { call } = effort
  const { object } = next.part
  const { reference } = keyOfPart(effort, object, next.isFirst)
  const { driver } = call.connected
  const asked = call.atProvider(async (ctx) => driver.findByReference?.(ctx, { object, reference }) ?? null)
  const found = checked.findByReference(await asked)
  if (found) await noteMade(deps, effort, next.part, found)
}
