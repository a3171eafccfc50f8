import type { DeleteRecordInput, DeleteRecordOutput } from '../../schemas/verbs.ts'
import type { Caller, CallOptions } from '../caller.ts'
import { VorelError } from '../errors.ts'
import { checked } from './answer.ts'
import { withCall } from './call.ts'
import type { Deps } from './deps.ts'
import { recordsOf } from './objects.ts'

/** Deletes at the provider, where that is possible. What is about to be done is in the audit before it is done. */
export const deleteRecord = (
  deps: Deps,
  caller: Caller,
  options: CallOptions,
  input: DeleteRecordInput,
): Promise<DeleteRecordOutput> => {
  const { external_id } = input
  return withCall(
    deps,
    caller,
    options,
    { verb: 'delete_record', object: input.object, externalId: external_id },
    async (call) => {
      const { driver } = call.connected
      const { name, capabilities } = driver.manifest
      const { deleteRecord: remove } = driver
      if (!remove)
        throw new VorelError('delete_unsupported', capabilities.insteadOfDelete ?? `${name} deletes no records by its API.`)
      await deps.audit.write(call.entry('intent'))
      const object = recordsOf(driver.manifest, call.object)
      const removed = checked.deleteRecord(await call.atProvider((ctx) => remove(ctx, { object, external_id })))
      await deps.audit.write(call.entry('outcome', { code: 'ok' }))
      return removed
    },
  )
}
