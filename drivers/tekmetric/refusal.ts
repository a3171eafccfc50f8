import { type Refusal, VorelError } from '../../core/driver.ts'
import { tableOf } from './fields.ts'

/** The first wait that Tekmetric asks for is 2 s and up to one more; it names none itself. */
const WAIT_SECONDS = 3

const NAMES = new Set([
  ...['contact', 'repair_order', 'appointment'].flatMap((object) => Object.keys(tableOf(object))),
  'phones',
  'address',
  'shopId',
])

/** Tekmetric's three kinds of refusal, one of them without a body, by our codes. Its texts may quote values, and are not passed on. */
export const refusal = ({ status, json }: Refusal): VorelError | undefined => {
  const { error, message, details } = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  switch (status) {
    case 400:
      return typeof error === 'string' ? refusedSignIn() : badRequest(JSON.stringify([message, details]))
    case 401:
      return isOfClient(error) ? refusedSignIn() : refusedToken()
    case 403:
      return notGranted()
    case 404:
      return new VorelError('record_not_found', 'Tekmetric has no such record.')
    case 429:
      return new VorelError('provider_rate_limited', `Tekmetric asks to slow down. Try again in ${WAIT_SECONDS} s.`, {
        retryAfterSeconds: WAIT_SECONDS,
      })
    default:
      return undefined
  }
}

/** What the token endpoint says of client id and secret. */
const isOfClient = (error: unknown): boolean =>
  ['invalid_client', 'unauthorized', 'unauthorized_client', 'invalid_grant'].includes(String(error))

const refusedSignIn = () =>
  new VorelError(
    'auth_error',
    'Tekmetric knows no such client id and secret. Check api_key, and whether it is for this environment; Tekmetric gives out new ones.',
  )

const refusedToken = () =>
  new VorelError(
    'auth_error',
    'Tekmetric refuses the access token. Check api_key, and whether it is for this environment; Tekmetric gives out new ones.',
    { isExpired: true },
  )

const notGranted = () =>
  new VorelError(
    'auth_error',
    'Tekmetric does not let the key do this at this shop: have it grant the shop, the resource or writing, whichever lacks.',
  )

const badRequest = (said: string): VorelError => {
  const fields = [...new Set(said.match(/\w+/g))].filter((word) => NAMES.has(word))
  return new VorelError(
    'field_invalid',
    `Tekmetric refused the values${fields.length ? ` of ${fields.join(', ')}` : ''}. Check them against the fields of the object. Nothing was written.`,
    { fields },
  )
}
