import { randomUUID } from 'node:crypto'
import type { AnyDriver, DriverContext, DriverLog } from '../driver.ts'
import { VorelError } from '../errors.ts'
import type { Deadline } from './deadline.ts'
import { createHttp, hostMatches } from './http.ts'
import { Throttles } from './throttle.ts'
import type { Transport } from './transport.ts'

/** A connection, opened: what a driver's context is made from. */
export interface OpenConnection {
  id: string
  tenant: { id: string; region: string }
  settings: Record<string, unknown>
  credentials: Record<string, unknown>
  facts: Record<string, string>
}

export interface Call {
  deadline: Deadline
  log: DriverLog
}

export interface Outbound {
  context(driver: AnyDriver, connection: OpenConnection, call: Call): DriverContext
  /** Why the address in a form would be refused, or null: for a clear word when it is entered. Each dial judges again. */
  refusalOf(driver: AnyDriver, form: Pick<OpenConnection, 'settings' | 'credentials'>): string | null
  close(): Promise<void>
}

export const createOutbound = (transport: Transport): Outbound => {
  const throttles = new Throttles()
  return {
    context: (driver, connection, { deadline, log }) => {
      const values = { ...connection.settings, ...connection.credentials }
      const baseUrl = fillBaseUrl(driver, connection)
      const remainingMs = () => deadline.remainingMs()
      const http = createHttp({
        transport,
        throttle: throttles.of(connection.id, budgetOf(driver, baseUrl)),
        driver,
        baseUrl,
        headers: headersOf(driver, values),
        signal: deadline.signal,
        remainingMs,
      })
      const { settings, credentials, facts, tenant } = connection
      const context: Omit<DriverContext, 'settings' | 'credentials'> = {
        http,
        facts,
        tenant,
        callId: randomUUID(),
        deadline: { remainingMs, signal: deadline.signal },
        log,
      }
      return { ...context, settings, credentials } as DriverContext
    },
    refusalOf: (driver, form) => {
      if (driver.manifest.hosts !== 'tenant') return null
      const url = URL.parse(fillBaseUrl(driver, form))
      return url ? transport.refusalOf(url) : 'The address must be a URL such as https://crm.example.com.'
    },
    close: () => transport.close(),
  }
}

export const fillBaseUrl = (
  { manifest }: AnyDriver,
  { settings, credentials }: Pick<OpenConnection, 'settings' | 'credentials'>,
): string => fill(manifest.baseUrl, { ...settings, ...credentials }).replace(/\/+$/, '')

/** Templates taken apart, texts and names in turn; there are as many as manifests have. */
const templates = new Map<string, string[]>()

const partsOf = (template: string): string[] => {
  const known = templates.get(template)
  if (known) return known
  const parts = template.split(/\{(\w+)\}/)
  templates.set(template, parts)
  return parts
}

const fill = (template: string, values: Record<string, unknown>): string => {
  let text = ''
  for (const [index, part] of partsOf(template).entries()) text += index % 2 ? String(values[part] ?? '') : part
  return text
}

const headersOf = ({ manifest: { auth } }: AnyDriver, values: Record<string, unknown>): Record<string, string> => {
  const headers: Record<string, string> = { 'user-agent': 'Vorel-CRM/1' }
  if (!auth.signIn) return headers
  const value = fill(auth.signIn.value, values)
  if (/[^\x20-\x7e]/.test(value))
    throw new VorelError('auth_error', 'The stored credentials hold characters that cannot be sent. Connect the CRM again.')
  headers[auth.signIn.header.toLowerCase()] = value
  return headers
}

const budgetOf = ({ manifest: { limits } }: AnyDriver, baseUrl: string) => {
  const special = Object.entries(limits.byHost ?? {})
  if (special.length === 0) return limits
  const host = URL.parse(baseUrl)?.host ?? ''
  return special.find(([pattern]) => hostMatches(pattern, host))?.[1] ?? limits
}
