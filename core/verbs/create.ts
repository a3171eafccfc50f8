import type { CreateRecordOutput, Fields, RecordId } from '../../schemas/verbs.ts'
import type { Caller, CallOptions } from '../caller.ts'
import { VorelError } from '../errors.ts'
import type { Finish, Operation, OperationId } from '../store/operations.ts'
import { payloadOf, progressOf, responseOf } from '../vault/keyring.ts'
import { Audited, type Call, ours, withCall } from './call.ts'
import type { Deps } from './deps.ts'
import { idempotencyIn } from './idempotency.ts'
import { mapFields, type Part, refuseEmptyFirst } from './mapping.ts'
import type { Progress } from './parts.ts'
import { erased, subjectsIn, subjectsMade } from './person.ts'
import { plansFor } from './plan.ts'
import { fingerprintOf, referenceOf } from './reference.ts'
import { attempt, canSettle, type Effort, settleLost } from './settle.ts'

export interface CreateInput {
  object: string
  fields: Fields
  idempotency_key: string
}

export type Created = CreateRecordOutput & {
  /** Further records of the same create. */
  associated?: (RecordId & CreateRecordOutput)[]
  skipped_fields?: string[]
}

export interface CreateAnswer {
  created: Created
  /** The answer to an earlier call with this key. */
  isReplayed: boolean
}

/** What is kept, sealed, so that a create can be finished by whoever finds it unsettled. */
export interface Payload {
  parts: Part[]
  skipped: string[]
}

/** How long after its deadline a claim is still respected: time for the answer to be written down. */
export const GRACE_MS = 2_000

/** Most creates end long before their lease does: whoever waits for one looks again soon. */
const LOOK_AGAIN_SECONDS = 2

/** Creates once per key, whatever happens on the way: the claim is written before, the outcome after, each in one statement. */
export const createRecord = (deps: Deps, caller: Caller, options: CallOptions, input: CreateInput): Promise<CreateAnswer> => {
  const outline = { verb: 'create_record', object: input.object, fields: Object.keys(input.fields) }
  return withCall(deps, caller, options, outline, async (call) => {
    const { row } = call.connected
    const id = { tenantId: caller.access.tenant.id, idempotencyKey: input.idempotency_key }
    const fingerprint = fingerprintOf(call.object, input.fields)
    const reference = referenceOf(id.tenantId, id.idempotencyKey)
    const plan = (await plansFor(deps, call)).of(call.object)
    let payload: Payload
    try {
      const given = { object: call.object, fields: input.fields, zone: row.facts.time_zone }
      payload = mapFields(given, plan, row.onUnmapped)
      refuseEmptyFirst(call.object, payload)
    } catch (error) {
      return answeredBefore(deps, call, id, fingerprint, error)
    }
    const claimed = await deps.operations.claim({
      ...id,
      fingerprint,
      reference,
      provider: row.provider,
      object: call.object,
      conversationId: caller.conversationId,
      state: idempotencyIn(call, plan.records) === 'native' ? 'sent' : 'claimed',
      leaseMs: Math.ceil(call.deadline.remainingMs()) + GRACE_MS,
      payload: await deps.keyring.seal(payload, payloadOf(id.tenantId, id.idempotencyKey), call.deadline.signal),
      subjects: subjectsIn(deps.subjects, caller.access.tenant, { object: call.object, fields: input.fields }, plan),
      intent: call.entry('intent'),
    })
    const effort: Claimant = { call, id, reference, payload }
    if (claimed.epoch !== undefined) {
      const progress = await progressIn(deps, id, claimed.progress)
      return { created: await send(deps, { ...effort, epoch: claimed.epoch, progress }), isReplayed: false }
    }
    return existing(deps, effort, claimed.existing ?? (await deps.operations.find(id)), fingerprint)
  })
}

/** Whoever asked for the claim, before it is theirs. */
type Claimant = Omit<Effort, 'epoch' | 'progress'>

export const progressIn = async (
  { keyring }: Deps,
  { tenantId, idempotencyKey }: OperationId,
  sealed: Buffer | null,
): Promise<Progress> => (sealed ? keyring.open(sealed, progressOf(tenantId, idempotencyKey)) : {})

/** A mapping that changed since does not take back what was answered. */
const answeredBefore = async (
  deps: Deps,
  call: Call,
  id: OperationId,
  fingerprint: Buffer,
  why: unknown,
): Promise<CreateAnswer> => {
  const found = await deps.operations.find(id)
  if (found?.state === 'erased') throw erased()
  if (found?.state !== 'done' || !found.fingerprint.equals(fingerprint)) throw why
  refuseForeign(call, found)
  return replay(deps, call, found)
}

/** The driver's call, and its outcome written down. */
const send = async (deps: Deps, effort: Effort): Promise<Created> => {
  const sent = await attempt(deps, effort).catch(ours)
  if (!(sent instanceof VorelError)) return finishDone(deps, effort, sent)
  if (sent.effect === 'none') throw await finishFailed(deps, effort, sent)
  return recover(deps, effort, sent)
}

/** An answer was lost: once more within this call where the provider's class allows it, else by the sweeper, else by a person. */
const recover = async (deps: Deps, effort: Effort, lost: VorelError): Promise<Created> => {
  const settled = await settleLost(deps, effort)
  if (settled.created) return finishDone(deps, effort, settled.created)
  const { id, epoch, call, progress } = effort
  const code = 'outcome_unknown'
  const state = settled.isFinal ? code : 'sent'
  await deps.operations.finish({
    ...id,
    epoch,
    state,
    leaseMs: settled.retryMs,
    response: null,
    subjects: settled.isFinal ? subjectsMade(deps.subjects, call.caller.access.tenant, progress) : [],
    errorCode: lost.code,
    outcome: call.entry('outcome', { code }),
  })
  if (!settled.isFinal) deps.settleLater(settled.retryMs)
  throw new Audited(unknownOutcome(settled.isFinal, lost))
}

export const unknownOutcome = (isFinal: boolean, cause?: unknown): VorelError =>
  new VorelError(
    'outcome_unknown',
    isFinal
      ? 'The CRM may or may not have created the record, and offers no way to find out. Look there before you create it under another key.'
      : 'The CRM did not confirm the record. It is being settled: repeat with the same idempotency_key, never with another.',
    { cause },
  )

/** The record is there: what cannot be written down now is settled later, and not sent again from here. */
export const finishDone = async (deps: Deps, { call, id, epoch, progress }: Effort, created: Created): Promise<Created> => {
  try {
    const finish: Finish = {
      ...id,
      epoch,
      state: 'done',
      leaseMs: 0,
      response: await deps.keyring.seal(created, responseOf(id.tenantId, id.idempotencyKey)),
      subjects: subjectsMade(deps.subjects, call.caller.access.tenant, progress),
      errorCode: null,
      outcome: call.entry('outcome', { code: 'ok', externalId: created.external_id }),
    }
    await deps.operations.finish(finish).catch(() => deps.operations.finish(finish))
  } catch (error) {
    throw unknownOutcome(false, error)
  }
  return created
}

/** Nothing more happened at the provider: the key is free again. */
const finishFailed = async (deps: Deps, { call, id, epoch, progress }: Effort, failure: VorelError): Promise<Audited> => {
  const { code } = failure
  await deps.operations.finish({
    ...id,
    epoch,
    state: 'failed',
    leaseMs: 0,
    response: null,
    subjects: subjectsMade(deps.subjects, call.caller.access.tenant, progress),
    errorCode: code,
    outcome: call.entry('outcome', { code }),
  })
  return new Audited(Object.keys(progress).length ? partly(failure, progress) : failure)
}

/** Some of the records are there: whoever corrects the rest must not lose sight of them. */
const partly = (failure: VorelError, progress: Progress): VorelError =>
  new VorelError(
    failure.code,
    `${failure.message} The ${Object.keys(progress).join(' and ')} of this create is there already: send it again, corrected, with the same idempotency_key, and only the rest is created.`,
    {
      fields: failure.fields ?? [],
      cause: failure,
      ...(failure.retryAfterSeconds !== undefined && { retryAfterSeconds: failure.retryAfterSeconds }),
    },
  )

/** Somebody used the key before: their answer, or why there is none yet. */
const existing = async (deps: Deps, effort: Claimant, found: Operation | null, fingerprint: Buffer): Promise<CreateAnswer> => {
  if (!found || found.state === 'failed') throw inProgress(1)
  if (found.state === 'erased') throw erased()
  if (!found.fingerprint.equals(fingerprint))
    throw new VorelError(
      'idempotency_key_reused',
      'This idempotency_key was used with another payload. Send the first payload again, or choose a new key.',
    )
  refuseForeign(effort.call, found)
  if (found.state === 'done') return replay(deps, effort.call, found)
  // Sent to the CRM that the tenant had then: sending it to this one would not settle it.
  if (found.state === 'outcome_unknown' || found.provider !== effort.call.connected.row.provider) throw unknownOutcome(true)
  return takeOver(deps, effort, found)
}

const refuseForeign = ({ caller: { conversationId } }: Call, found: Operation): void => {
  if (conversationId !== null && found.conversationId !== null && found.conversationId !== conversationId)
    throw new VorelError('forbidden', 'This idempotency_key belongs to another conversation.')
}

const replay = async (deps: Deps, call: Call, found: Operation): Promise<CreateAnswer> => {
  if (!found.response) throw new VorelError('internal', 'The stored answer is gone.')
  const created = await deps.keyring.open<Created>(found.response, responseOf(found.tenantId, found.idempotencyKey))
  await deps.audit.write(call.entry('outcome', { code: 'replayed', externalId: created.external_id }))
  return { created, isReplayed: true }
}

/** Unsettled, and nobody is at it any more: this call finishes it. */
const takeOver = async (deps: Deps, effort: Claimant, found: Operation): Promise<CreateAnswer> => {
  if (found.leaseSeconds > 0) throw inProgress(Math.min(found.leaseSeconds, LOOK_AGAIN_SECONDS))
  if (found.state === 'sent' && !canSettle(effort.call, objectsOf(effort))) {
    deps.settleLater(0) // taken over in vain, it would be kept from the sweeper, who has the time
    throw inProgress(LOOK_AGAIN_SECONDS)
  }
  const taken = await deps.operations.takeOver(effort.id, Math.ceil(effort.call.deadline.remainingMs()) + GRACE_MS)
  if (!taken) throw inProgress(1)
  const mine = { ...effort, epoch: taken.epoch, progress: await progressIn(deps, effort.id, taken.progress) }
  if (taken.state === 'claimed') return { created: await send(deps, mine), isReplayed: false }
  return {
    created: await recover(deps, mine, new VorelError('provider_unavailable', 'An earlier call ended without an answer.')),
    isReplayed: false,
  }
}

const objectsOf = ({ payload }: Claimant): string[] => payload.parts.map(({ object }) => object)

const inProgress = (retryAfterSeconds: number) =>
  new VorelError('idempotency_in_progress', `A create with this key is under way. Repeat in ${retryAfterSeconds} s.`, {
    retryAfterSeconds,
  })
