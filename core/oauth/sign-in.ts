import type { AnyDriver } from '../driver.ts'
import { isVorelError, VorelError } from '../errors.ts'
import type { OpenConnection } from '../outbound/context.ts'
import type { Deadline } from '../outbound/deadline.ts'
import { type Signed, type SignIn, signedWith } from '../outbound/sign-in.ts'
import { hasExpired, tokensIn } from './tokens.ts'

/** The tokens of a connection as they are now. */
export interface Renewed {
  version: number
  credentials: Record<string, unknown>
  facts: Record<string, string>
}

export interface Renewer {
  /**
   * Tokens newer than those of `connection`: somebody else's, or asked for now. Rejects with `VorelError`. Goes on to its end although nobody
   * may be waiting any more.
   */
  renew(driver: AnyDriver, connection: OpenConnection): Promise<Renewed>
}

/** One token may be replaced twice on behalf of one request: by somebody else's, and by a fresh one. */
const MOST_RENEWALS = 2

/** Signs in with the access token that is valid at the moment of each request. */
export const tokenSignIn = (driver: AnyDriver, opened: OpenConnection, renewer: Renewer, deadline: Deadline): SignIn => {
  let connection = opened
  let renewals = 0
  /** Under which version of the tokens a request was signed: of several at a time, the first to be refused renews for all. */
  const versions = new WeakMap<Signed, number>()
  const renew = async () => {
    renewals += 1
    connection = { ...connection, ...(await within(deadline, renewer.renew(driver, connection))) }
  }
  return {
    current: async () => {
      const tokens = tokensIn(connection.credentials)
      if (!tokens) await renew()
      else if (hasExpired(tokens) && renewals < MOST_RENEWALS) await renew().catch(goOnWithWhatThereIs)
      const signed = signedWith(driver, connection)
      versions.set(signed, connection.version)
      return signed
    },
    renewed: async (refused) => {
      if (versions.get(refused) !== connection.version) return true
      if (renewals >= MOST_RENEWALS) return false
      const before = connection.version
      await renew()
      return connection.version !== before
    },
  }
}

/** Clocks differ: where no new token is to be had now, the provider decides about the old one. */
const goOnWithWhatThereIs = (error: unknown): void => {
  if (!isVorelError(error) || !error.retryable) throw error
}

const within = <T>({ signal }: Deadline, asked: Promise<T>): Promise<T> => {
  const outOfTime = () =>
    new VorelError('provider_timeout', 'The CRM is slow to renew its sign-in. Try again; the renewal goes on meanwhile.')
  if (signal.aborted) return Promise.reject(outOfTime())
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(outOfTime())
    signal.addEventListener('abort', giveUp, { once: true })
    asked.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
