import { randomUUID } from 'node:crypto'
import type { AnyDriver, DriverContext, DriverLog } from '../driver.ts'
import { fill, type Values, valuesOf } from '../fill.ts'
import { type Renewer, tokenSignIn } from '../oauth/sign-in.ts'
import { hasTokens, withoutTokens } from '../oauth/tokens.ts'
import type { Deadline } from './deadline.ts'
import { type Endpoints, hostMatches } from './endpoint.ts'
import { createHttp, type HttpOptions } from './http.ts'
import { fixedSignIn } from './sign-in.ts'
import { type BudgetLeft, Throttles } from './throttle.ts'
import type { Transport } from './transport.ts'

/** A connection, opened: what a driver's context is made from. */
export interface OpenConnection {
  id: string
  provider: string
  /** Of the credentials; 0: not stored. */
  version: number
  tenant: { id: string; region: string }
  settings: Record<string, unknown>
  credentials: Record<string, unknown>
  facts: Record<string, string>
}

export interface Call {
  deadline: Deadline
  log: DriverLog
  /** A request goes out, for the first time or again. */
  onAttempt?: () => void
}

export interface Outbound {
  context(driver: AnyDriver, connection: OpenConnection, call: Call): DriverContext
  /** Why the address in a form would be refused, or null: for a clear word when it is entered. Each dial judges again. */
  refusalOf(driver: AnyDriver, form: Pick<OpenConnection, 'settings' | 'credentials'>): string | null
  /** Of a connection's budget towards its provider, in this process; null where it made no request lately. */
  budgetLeft(connectionId: string): BudgetLeft | null
  close(): Promise<void>
}

export interface OutboundOptions {
  transport: Transport
  endpoints: Endpoints
  /** Where tokens are renewed. */
  renewer: Renewer
}

export const createOutbound = ({ transport, endpoints, renewer }: OutboundOptions): Outbound => {
  const throttles = new Throttles()
  return {
    context: (driver, connection, call) => {
      const throttle = throttles.of(connection.id, budgetOf(driver, baseUrlOf(driver, connection)))
      const signIn = hasTokens(driver, connection)
        ? tokenSignIn(driver, connection, renewer, call.deadline)
        : fixedSignIn(driver, connection)
      return contextWith({ transport, endpoints, throttle, signIn }, driver, connection, call)
    },
    refusalOf: (driver, form) => {
      if (driver.manifest.hosts !== 'tenant') return null
      const url = URL.parse(baseUrlOf(driver, { ...form, facts: {} }))
      return url ? transport.refusalOf(url) : 'The address must be a URL such as https://crm.example.com.'
    },
    budgetLeft: (connectionId) => throttles.leftOf(connectionId),
    close: () => transport.close(),
  }
}

type Way = Pick<HttpOptions, 'transport' | 'endpoints' | 'throttle' | 'signIn'>

/** A driver's context on a given way out. Tokens are the way's, and no driver sees one. */
export const contextWith = (
  way: Way,
  driver: AnyDriver,
  connection: OpenConnection,
  { deadline, log, onAttempt }: Call,
): DriverContext => {
  const remainingMs = () => deadline.remainingMs()
  const http = createHttp({ ...way, driver, signal: deadline.signal, remainingMs, ...(onAttempt && { onAttempt }) })
  const { settings, facts, tenant } = connection
  const credentials = driver.manifest.auth.kind === 'oauth2' ? {} : withoutTokens(connection.credentials)
  const context: Omit<DriverContext, 'settings' | 'credentials'> = {
    http,
    facts,
    tenant,
    callId: randomUUID(),
    deadline: { remainingMs, signal: deadline.signal },
    log,
  }
  return { ...context, settings, credentials } as DriverContext
}

const baseUrlOf = ({ manifest }: AnyDriver, values: Values): string => fill(manifest.baseUrl, valuesOf(manifest, values))

const budgetOf = ({ manifest: { limits } }: AnyDriver, baseUrl: string) => {
  const special = Object.entries(limits.byHost ?? {})
  if (special.length === 0) return limits
  const host = URL.parse(baseUrl)?.host ?? ''
  return special.find(([pattern]) => hostMatches(pattern, host))?.[1] ?? limits
}
