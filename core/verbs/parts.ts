import type { CreateRecordOutput } from '../../schemas/verbs.ts'
import { VorelError } from '../errors.ts'
import { progressOf } from '../vault/keyring.ts'
import { checked } from './answer.ts'
import type { Deps } from './deps.ts'
import { idempotencyIn } from './idempotency.ts'
import type { Part } from './mapping.ts'
import { fingerprintOf, referenceOf } from './reference.ts'
import type { Effort } from './settle.ts'

/** A record that is there, and of which fields. */
export interface Made extends CreateRecordOutput {
  fingerprint: string
}

/** By object: the records of one create that are there. */
export type Progress = Record<string, Made>

/** A create of one record, or of the first of several, has the caller's own key. */
export const keyOfPart = ({ id, reference }: Effort, object: string, isFirst: boolean) =>
  isFirst
    ? { idempotency_key: id.idempotencyKey, reference }
    : {
        idempotency_key: `${id.idempotencyKey}:${object}`,
        reference: referenceOf(id.tenantId, `${id.idempotencyKey}\n${object}`),
      }

const printOf = ({ object, fields }: Part): string => fingerprintOf(object, fields).toString('base64')

/** The first record that is not there: the only one whose create may be on its way. */
export const nextPart = ({ payload: { parts }, progress }: Effort): { part: Part; isFirst: boolean } | null => {
  const at = parts.findIndex(({ object }) => !Object.hasOwn(progress, object))
  const part = parts[at]
  return part ? { part, isFirst: at === 0 } : null
}

/** Notes that a record is there, before the next one is sent. */
export const noteMade = async (deps: Deps, effort: Effort, part: Part, made: CreateRecordOutput): Promise<void> => {
  const { id, epoch, payload, progress } = effort
  progress[part.object] = { ...made, fingerprint: printOf(part) }
  if (payload.parts.length === 1) return
  const next = nextPart(effort)
  const state = next && idempotencyIn(effort.call, next.part.object) !== 'native' ? 'claimed' : 'sent'
  const sealed = await deps.keyring.seal(progress, progressOf(id.tenantId, id.idempotencyKey))
  if (!(await deps.operations.note(id, epoch, state, sealed))) throw takenOver()
}

export const takenOver = () =>
  new VorelError('idempotency_in_progress', 'Another call took this create over. Repeat in 1 s.', { retryAfterSeconds: 1 })

/** A payload that was corrected after a refusal may differ in a record that is there by now. */
export const correct = async ({ call, payload: { parts }, progress }: Effort): Promise<void> => {
  for (const part of parts) {
    const made = progress[part.object]
    if (!made || made.fingerprint === printOf(part)) continue
    const { driver } = call.connected
    const change = { object: part.object, external_id: made.external_id, fields: part.fields }
    checked.updateRecord(await call.atProvider((ctx) => driver.updateRecord(ctx, change)))
  }
}

/** Ties the first record to each of the others. */
export const associate = async ({ call, payload: { parts }, progress }: Effort): Promise<void> => {
  const [first, ...others] = parts.map(({ object }) => ({ object, external_id: progress[object]?.external_id ?? '' }))
  const { driver } = call.connected
  for (const to of others)
    if (first) checked.associate(await call.atProvider(async (ctx) => driver.associate?.(ctx, { from: first, to })))
}
