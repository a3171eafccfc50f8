import type { FastifyInstance } from 'fastify'
import { Compile } from 'typebox/compile'
import { describedFields, shownFields } from '../../../core/admin/fields.ts'
import { isVorelError, VorelError } from '../../../core/errors.ts'
import { AskedRow, type ShownFields } from '../../../schemas/mapping.ts'
import type { Input } from '../input.ts'
import type { Visit } from '../visit.ts'
import type { Scene } from './scene.ts'

/** A row as it is being changed: what is stored, or what was entered and refused. */
export interface Draft {
  /** Empty: a slot that is still to be named. */
  slot: string
  field: string
  direction: string
  type: string
  filter: string
  /** What was entered cannot be, in the core's own words. */
  refusal: VorelError | null
}

/** What was entered, over what is stored. */
export const draftOf = ({ object, rows }: Scene, input: Input): Draft => {
  const named = input.text('slot')
  const slot = named === '' || named.includes('.') ? named : `${object}.${named}`
  const stored = rows.find((row) => row.slot === slot)
  return {
    slot,
    field: input.text('typed') || input.text('field') || (stored?.path ?? ''),
    direction: input.text('direction') || (stored?.direction ?? 'both'),
    type: input.text('type'),
    filter: input.text('filter'),
    refusal: null,
  }
}

const Asked = Compile(AskedRow)

/** As a mapping is asked for everywhere; whether it can be is the core's to say. */
export const askedRow = ({ slot, field, direction, type }: Draft): AskedRow => {
  const row = { slot, field, direction, ...(type && { type }) }
  if (Asked.Check(row)) return row
  throw new VorelError('invalid_request', 'Name the slot, such as lead.budget_max, and choose a field. Nothing was changed.')
}

/** The fields to choose from, or why the CRM cannot say. */
export const askedFields = async (
  { pipeline, database }: FastifyInstance,
  { operator: actor, request: { id: requestId } }: Visit,
  { tenant, object }: Scene,
): Promise<{ fields: ShownFields | null; problem: VorelError | null }> => {
  try {
    const described = await describedFields(pipeline, database, tenant.id, object, { actor, requestId })
    return { fields: shownFields(described), problem: null }
  } catch (error) {
    if (!isVorelError(error)) throw error
    return { fields: null, problem: error }
  }
}
