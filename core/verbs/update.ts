import type { UpdateRecordInput, UpdateRecordOutput } from '../../schemas/verbs.ts'
import type { Caller, CallOptions } from '../caller.ts'
import { VorelError } from '../errors.ts'
import { checked } from './answer.ts'
import { withCall } from './call.ts'
import type { Deps } from './deps.ts'
import { type Mapped, mapFields } from './mapping.ts'
import { type Plan, plansFor } from './plan.ts'

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
    const plan = (await plansFor(deps, call)).of(call.object)
    const given = { object: call.object, fields: input.fields, zone: row.facts.time_zone }
    const mapped = mapFields(given, plan, row.onUnmapped)
    refuseOthers(call.object, mapped, plan)
    const { skipped } = mapped
    const [{ object, fields } = { object: plan.records, fields: {} }] = mapped.parts
    await deps.audit.write(call.entry('intent'))
    const answer = await call.atProvider((ctx) => driver.updateRecord(ctx, { object, external_id: input.external_id, fields }))
    const updated = checked.updateRecord(answer)
    await deps.audit.write(call.entry('outcome', { code: 'ok' }))
    return skipped.length ? { ...updated, skipped_fields: skipped } : updated
  })
}

/** The id names one record; what is kept on another is changed there. */
const refuseOthers = (object: string, { parts: [, ...others] }: Mapped, { write }: Plan): void => {
  if (others.length === 0) return
  const away = others.map((other) => other.object)
  const fields = [...write].flatMap(([slot, place]) => (away.includes(place.object) ? [`${object}.${slot}`] : []))
  throw new VorelError(
    'field_invalid',
    `Some of the fields given are kept on the ${away.join(' and ')} that belongs to this ${object}. Change them there: update that record by its own id. Nothing was written.`,
    { fields },
  )
}
