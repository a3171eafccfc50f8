import Type from 'typebox'
import { path, type RawAnswer } from '../../core/driver.ts'
import type { RecordId } from '../../schemas/verbs.ts'
import { API_VERSION, nativeOf } from './manifest.ts'
import type { Ctx } from './map.ts'
import { refusal } from './refusal.ts'

/** Told as a batch of one: what went wrong with it may stand in a success. */
const Associated = Type.Object({
  status: Type.String(),
  numErrors: Type.Optional(Type.Integer()),
  errors: Type.Optional(Type.Array(Type.Unknown())),
})

/** The association without a label, which is there once however often it is made, and seen from both records. */
export const associate = async ({ http }: Ctx, from: RecordId, to: RecordId): Promise<void> => {
  const [one, other] = [nativeOf(from.object), nativeOf(to.object)]
  const answer = await http.raw({
    method: 'PUT',
    path: path`/crm/objects/${API_VERSION}/${one}/${from.external_id}/associations/default/${other}/${to.external_id}`,
    headers: { accept: 'application/json' },
  })
  const { errors = [], numErrors = errors.length } = http.decode(Associated, jsonOf(answer))
  if (numErrors > 0) throw refusal({ ...answer, status: 400, json: errors[0] })
}

const jsonOf = ({ body }: RawAnswer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
