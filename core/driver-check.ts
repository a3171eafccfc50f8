import { isDeepStrictEqual } from 'node:util'
import type { Manifest } from '../schemas/manifest.ts'
import type { FoundDriver } from './discover.ts'
import type { AnyDriver } from './driver.ts'
import { type Refusal, type Refuse, refuserOf } from './refusal.ts'

const REQUIRED_VERBS = [
  'testConnection',
  'lookupCustomer',
  'searchRecords',
  'createRecord',
  'updateRecord',
  'listRecent',
] as const

/** Imports a driver and holds its verbs against what its manifest promises. */
export const importDriver = async (
  found: FoundDriver,
  manifest: Manifest,
): Promise<{ driver: AnyDriver | null; refusals: Refusal[] }> => {
  const refuse = refuserOf(found.folder, manifest.slug)
  try {
    const driver = (await found.importDriver()) as AnyDriver
    const refusals = driverRefusals(driver, manifest, refuse)
    return { driver: refusals.length ? null : driver, refusals }
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''
    const refusal = refuse('driver.ts', `cannot be imported: ${reason}`, 'Mend the file; it must export a driver by default.')
    return { driver: null, refusals: [refusal] }
  }
}

const driverRefusals = (driver: AnyDriver, manifest: Manifest, refuse: Refuse): Refusal[] => {
  if (typeof driver !== 'object' || driver === null)
    return [refuse('driver.ts', 'exports no driver by default', 'Write `export default defineDriver({ manifest, … })`.')]
  const isItsOwn = isDeepStrictEqual(driver.manifest, manifest)
  const another = refuse(
    'manifest',
    'of driver.ts is not the manifest.ts beside it',
    "Write `import { manifest } from './manifest.ts'` and hand it on as it is.",
  )
  return [...(isItsOwn ? [] : [another]), ...verbRefusals(driver, manifest, refuse)]
}

const verbRefusals = (driver: AnyDriver, { auth, capabilities, idempotency }: Manifest, refuse: Refuse): Refusal[] => {
  const promised: Record<string, boolean> = {
    ...Object.fromEntries(REQUIRED_VERBS.map((verb) => [verb, true])),
    deleteRecord: capabilities.supportsDelete,
    describeObject: capabilities.supportsDescribe,
    findByReference: idempotency === 'search',
    associate: capabilities.supportsAssociate,
    openSession: auth.kind === 'form' && auth.session !== undefined,
  }
  return Object.entries(promised).flatMap(([verb, isPromised]) => {
    const isThere = typeof driver[verb as keyof AnyDriver] === 'function'
    if (isThere === isPromised) return []
    return isPromised
      ? [refuse(verb, 'is promised by the manifest and not there', 'Write the verb, or switch its capability off.')]
      : [refuse(verb, 'is there although the manifest says that it is not', 'Switch its capability on, or remove the verb.')]
  })
}
