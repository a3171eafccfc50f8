import type { CallOptions } from '../caller.ts'
import type { VorelError } from '../errors.ts'
import { ours } from '../verbs/call.ts'
import type { Deps } from '../verbs/deps.ts'
import { againMs, callerOf, everybody, needsPerson } from './call.ts'
import type { ErasureStore, NewTarget, Taken } from './store.ts'

/** The provider could not be asked; it is again in that time. */
export interface Later {
  afterMs: number
  attempts: number
}

export interface Found {
  targets: NewTarget[]
  later?: Later
}

/** Whomever each of the keys finds at the provider now, but for whom a newer create is about. */
export const findPersons = async (deps: Deps, store: ErasureStore, log: CallOptions['log'], taken: Taken): Promise<Found> => {
  const caller = await callerOf(deps, taken)
  const { tenant, connection } = caller.access
  if (!connection) return { targets: [] }
  const { provider } = connection
  const targets: NewTarget[] = []
  for (const [key, value] of Object.entries(taken.keys)) {
    const found = await everybody(deps, caller, log, { [key]: value }).catch(ours)
    if (!Array.isArray(found)) return notAsked(provider, taken, found, targets)
    for (const { object, external_id } of found) {
      const [subject] = deps.subjects.of(tenant, { external_id })
      if (subject && !(await store.isNewer(taken, subject))) targets.push({ provider, object, externalId: external_id })
    }
  }
  return { targets }
}

const notAsked = (provider: string, { attempts }: Taken, why: VorelError, targets: NewTarget[]): Found => {
  const afterMs = needsPerson(why) ? null : againMs(attempts + 1, why)
  if (afterMs !== null) return { targets, later: { afterMs, attempts: attempts + 1 } }
  const detail = `Nobody could be looked up: ${why.message} Then try again, or look for the person in the CRM and say that it is done.`
  return { targets: [...targets, { provider, object: 'customer', externalId: null, manual: { reason: why.code, detail } }] }
}
