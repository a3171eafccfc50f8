import { Compile } from 'typebox/compile'
import { OpenSessionOutput } from '../../schemas/verbs.ts'
import type { AnyDriver, DriverContext } from '../driver.ts'
import { VorelError } from '../errors.ts'
import { hasSession, type Tokens, tokensIn, withoutTokens } from '../oauth/tokens.ts'
import { contextWith, type OpenConnection } from './context.ts'
import { Deadline } from './deadline.ts'
import type { Endpoints } from './endpoint.ts'
import { fixedSignIn } from './sign-in.ts'
import { Throttles } from './throttle.ts'
import type { Transport } from './transport.ts'

/** Exchanges what was entered in a form for a token, where the provider wants that. */
export interface Sessions {
  /** Rejects with `VorelError`: `auth_error` where the provider refuses what was entered. */
  open(driver: AnyDriver, connection: OpenConnection): Promise<Tokens>
  /** What to keep of a form as credentials: with its token, where there is a session. */
  credentialsOf(driver: AnyDriver, connection: OpenConnection): Promise<Record<string, unknown>>
  /** Ends the token as far as the provider can; false where it cannot. */
  close(driver: AnyDriver, connection: OpenConnection): Promise<boolean>
}

const OPEN_MS = 20_000
const CLOSE_MS = 5_000
const answerShape = Compile(OpenSessionOutput)
const silent = { debug: () => undefined, warn: () => undefined }

export const createSessions = ({ transport, endpoints }: { transport: Transport; endpoints: Endpoints }): Sessions => {
  const throttles = new Throttles()
  const within = async <T>(
    ms: number,
    driver: AnyDriver,
    connection: OpenConnection,
    run: (ctx: DriverContext) => Promise<T>,
  ) => {
    const deadline = new Deadline(ms)
    const throttle = throttles.of(connection.id, driver.manifest.limits)
    try {
      const way = { transport, endpoints, throttle, signIn: fixedSignIn(driver, connection) }
      return await run(contextWith(way, driver, connection, { deadline, log: silent }))
    } finally {
      deadline.done()
    }
  }
  const open: Sessions['open'] = async (driver, connection) => {
    const entered = { ...connection, credentials: withoutTokens(connection.credentials) }
    return tokensOf(await within(OPEN_MS, driver, entered, async (ctx) => driver.openSession?.(ctx)))
  }
  return {
    open,
    credentialsOf: async (driver, connection) =>
      hasSession(driver, connection)
        ? { ...connection.credentials, ...(await open(driver, connection)) }
        : connection.credentials,
    close: async (driver, connection) => {
      const { closeSession } = driver
      if (!closeSession || !tokensIn(connection.credentials)) return false
      await within(CLOSE_MS, driver, connection, (ctx) => closeSession(ctx))
      return true
    },
  }
}

const tokensOf = (answer: unknown): Tokens => {
  if (!answerShape.Check(answer))
    throw new VorelError('provider_unavailable', "The driver's answer does not keep its contract; tell whoever maintains it.")
  const { access_token, expires_at } = answer
  return {
    access_token,
    refresh_token: null,
    expires_at: expires_at === null ? null : Date.parse(expires_at),
    issued_at: Date.now(),
  }
}
