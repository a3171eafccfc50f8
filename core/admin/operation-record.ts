import type { CrmRecord } from '../../schemas/record.ts'
import { VorelError } from '../errors.ts'
import { Deadline } from '../outbound/deadline.ts'
import { AccessReader } from '../store/access.ts'
import type { Database } from '../store/database.ts'
import type { UnknownOperation } from '../store/unknown-operations.ts'
import { checked } from '../verbs/answer.ts'
import { ours } from '../verbs/call.ts'
import { connectionOf } from '../verbs/connection.ts'
import { recordsOf } from '../verbs/objects.ts'
import type { AdminDeps } from './actor.ts'

const LOOK_MS = 10_000
/** The object that every lookup finds by its id. */
const PERSON = 'contact'

const silent = { debug: () => undefined, warn: () => undefined }

/**
 * The record that somebody says is there, where a lookup can tell. Null: it cannot, or the tenant has another CRM by now. Of people it can, and then
 * nobody is refused.
 */
export const recordAt = async (
  deps: AdminDeps,
  { pool }: Database,
  { tenant_id, provider }: UnknownOperation,
  { object, external_id }: { object: string; external_id: string },
): Promise<CrmRecord | null> => {
  const access = await new AccessReader(pool).byTenant(tenant_id)
  if (access?.connection?.provider !== provider || access.connection.status !== 'active') return null
  const { driver, open } = connectionOf(deps, access)
  const isPerson = recordsOf(driver.manifest, object) === PERSON
  const deadline = new Deadline(LOOK_MS)
  try {
    const context = deps.outbound.context(driver, await open(), { deadline, log: silent })
    const found = checked.lookupCustomer(await driver.lookupCustomer(context, { external_id }))
    const [record] = found?.customers.filter((one) => one.external_id === external_id) ?? []
    if (!record && isPerson) throw new VorelError('record_not_found', `${driver.manifest.name} has no ${object} of that id.`)
    return record && recordsOf(driver.manifest, record.object) === recordsOf(driver.manifest, object) ? record : null
  } catch (error) {
    if (isPerson) throw ours(error)
    return null
  } finally {
    deadline.done()
  }
}
