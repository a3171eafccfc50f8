import type { CrmRecord } from '../../schemas/record.ts'
import type { Caller, CallOptions } from '../caller.ts'
import { VorelError } from '../errors.ts'
import { ours } from '../verbs/call.ts'
import { deleteRecord } from '../verbs/delete.ts'
import type { Deps } from '../verbs/deps.ts'
import { againMs, callerOf, everybody, needsPerson, optionsOf } from './call.ts'
import type { Ended, ErasureStore, Taken, Target } from './store.ts'

/** Deletes one record, and looks whether it is gone. */
export const removeTarget = async (
  deps: Deps,
  store: ErasureStore,
  log: CallOptions['log'],
  taken: Taken,
  target: Target,
): Promise<Ended> => {
  const caller = await callerOf(deps, taken)
  try {
    return await remove({ deps, store, log, taken, caller }, target)
  } catch (error) {
    return afterFailure(ours(error), target)
  }
}

interface Work {
  deps: Deps
  store: ErasureStore
  log: CallOptions['log']
  taken: Taken
  caller: Caller
}

const remove = async (work: Work, target: Target): Promise<Ended> => {
  const { deps, store, log, taken, caller } = work
  const { provider, object, externalId } = target
  const { connection } = caller.access
  if (connection && connection.provider !== provider) throw otherProvider(provider)
  if (externalId === null) throw new Error('A target that waits for a person is not pending')
  const record = { object, external_id: externalId }
  const before = (await canDelete(work, provider)) ? await sameRecord(work, target) : null
  if (before && !isSomebodyOf(work, target, before)) return SOMEBODY_ELSE
  await store.markSent(taken, target)
  const removed = await deleteRecord(deps, caller, optionsOf(log), record).catch(gone)
  const isHardDeleted = removed?.hard_deleted
  if (!removed && !target.wasSent) return { state: 'already_absent' }
  const isGone = !removed || (before ? !(await sameRecord(work, target)) : await isAbsent(work, record))
  if (isGone) return { state: 'deleted', isHardDeleted: isHardDeleted ?? isPermanent(work, provider) }
  throw new VorelError('provider_unavailable', 'The CRM said that it deleted the record, and still shows it.')
}

const manifestOf = ({ deps }: Work, provider: string) => deps.registry().loaded(provider)?.listed.manifest
const canDelete = async (work: Work, provider: string) => manifestOf(work, provider)?.capabilities.supportsDelete === true
const isPermanent = (work: Work, provider: string) => manifestOf(work, provider)?.capabilities.deletesPermanently === true

/** The record as a lookup finds it by its id; null where it does not, or where lookups are about other objects. */
const sameRecord = async ({ deps, log, caller }: Work, { object, externalId }: Target): Promise<CrmRecord | null> => {
  const found = await everybody(deps, caller, log, { external_id: externalId ?? '' })
  return found.find((record) => record.object === object && record.external_id === externalId) ?? null
}

/** Another account may have somebody else under the same id: whoever agrees with nothing that is known is left alone. */
const isSomebodyOf = ({ deps, taken, caller }: Work, { subjects, externalId }: Target, { phone, email }: CrmRecord): boolean => {
  const { tenant } = caller.access
  const known = [...taken.subjects, ...subjects]
  const theirs = [{ phone }, { email }, ...(taken.keys.external_id === externalId ? [{ external_id: externalId }] : [])]
  return theirs.flatMap((keys) => deps.subjects.of(tenant, keys)).some((hash) => known.some((other) => other.equals(hash)))
}

const SOMEBODY_ELSE: Ended = {
  state: 'manual_required',
  reason: 'record_conflict',
  detail:
    'The record has another phone and e-mail than when it was made. Look whose it is, and delete it in the CRM where it is theirs.',
}

const gone = (error: unknown): null => {
  if (ours(error).code === 'record_not_found') return null
  throw error
}

/** Where no lookup can tell: what is gone cannot be deleted once more. Some say "deleted" each time, and are believed. */
const isAbsent = async ({ deps, log, caller }: Work, record: { object: string; external_id: string }): Promise<boolean> => {
  await deleteRecord(deps, caller, optionsOf(log), record).catch(gone)
  return true
}

const otherProvider = (provider: string) =>
  new VorelError('not_connected', `The record is at ${provider}, which the tenant is no longer connected to. Delete it there.`)

const afterFailure = (error: VorelError, { attempts }: Target): Ended => {
  const told = { reason: error.code, detail: error.message, attempts: attempts + 1 }
  if (needsPerson(error)) return { state: 'manual_required', ...told }
  const afterMs = againMs(attempts + 1, error)
  return afterMs === null ? { state: 'failed', ...told } : { state: 'pending', afterMs, ...told }
}
