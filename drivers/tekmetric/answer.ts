import Type, { type Static, type TSchema } from 'typebox'
import { VorelError } from '../../core/driver.ts'
import type { Ctx } from './manifest.ts'

/** What every write is answered with. */
const Envelope = Type.Object({ type: Type.String(), data: Type.Optional(Type.Unknown()) })

/** A write, and what it made; that it failed may be said under status 200. */
export const written = async <S extends TSchema>(
  { http }: Ctx,
  method: 'post' | 'patch',
  path: string,
  body: object,
  shape: S,
): Promise<Static<S>> => {
  const { type, data } = await http[method](path, Envelope, body)
  if (type === 'SUCCESS') return http.decode(shape, data)
  const isRefusal = type === 'ERROR' && (data === null || data === undefined)
  throw isRefusal
    ? new VorelError(
        'field_invalid',
        'Tekmetric refused the values. Check them against the fields of the object. Nothing was written.',
      )
    : new VorelError('provider_unavailable', 'Tekmetric does not say whether it has written that. Look the record up.', {
        effect: 'unknown',
      })
}
