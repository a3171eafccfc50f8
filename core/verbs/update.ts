import type { UpdateRecordInput, UpdateRecordOutput } from '../../schemas/verbs.ts'
import type { Caller, CallOptions } from '../caller.ts'
import { checked } from './answer.ts'
import { withCall } from './call.ts'
import type { Deps } from './deps.ts'
import { mapFields } from './mapping.ts'
import { planFor } from './plan.ts'

export type Updated = UpdateRecordOutput & { skipped_fields?: string[] }

/** Changes only what is named. What is about to be done is in the audit before it is done. */
export const updateRecord = (deps: Deps, caller: Caller, options: CallOptions, input: UpdateRecordInput): Promise<Updated> => {
  const outline = {
    verb: 'update_record',
    object: input.object,
    fields: Object.keys(input.fields),
    externalId: input.external_id,
  }
  return withCall(deps, caller, options, outline, async (call) => {
    const { driver, row } = call.connected
    const { fields, skipped } = mapFields(call.object, input.fields, await planFor(deps, call), row.onUnmapped)
    await deps.audit.write(call.entry('intent'))
    const { object } = call
    const answer = await call.atProvider((ctx) => driver.updateRecord(ctx, { object, external_id: input.external_id, fields }))
    const updated = checked.updateRecord(answer)
    await deps.audit.write(call.entry('outcome', { code: 'ok' }))
    return skipped.length ? { ...updated, skipped_fields: skipped } : updated
  })
}
