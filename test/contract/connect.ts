import type { Test } from 'tap'
import type { AnyDriver, DriverContext } from '../../core/driver.ts'
import { OAuthClient } from '../../core/oauth/client.ts'
import { createOutbound } from '../../core/outbound/context.ts'
import { Deadline } from '../../core/outbound/deadline.ts'
import { createSessions } from '../../core/outbound/session.ts'
import { createTransport } from '../../core/outbound/transport.ts'
import type { Sandbox, StartSandbox } from '../../core/sandbox.ts'
import type { Fields, LookupCustomerOutput } from '../../schemas/verbs.ts'
import { KeptTokens, noRenewal, sandboxOAuth, sessionTokens, signInAt } from '../support/sign-in.ts'

export interface Crm {
  sandbox: Sandbox
  driver: AnyDriver
  /** What signs in: what is entered in a form, or the tokens of a grant. */
  credentials: Record<string, unknown>
  /** The grant, where one signs in. */
  tokens: KeptTokens | null
  /** A context of a new call, with the facts that `testConnection` found. */
  call(options?: { deadlineMs?: number; credentials?: Record<string, unknown> }): DriverContext
}

const silent = { debug: () => undefined, warn: () => undefined }

/** A driver connected to its sandbox over real sockets, through the real way out and, where it has one, its sign-in. */
export const connect = async (t: Test, driver: AnyDriver, start: StartSandbox): Promise<Crm> => {
  const sandbox = await start()
  t.teardown(() => sandbox.close())
  const transport = createTransport({ allowAddresses: ['127.0.0.0/8'] })
  const { endpoints, apps } = sandboxOAuth(driver, sandbox)
  const client = new OAuthClient({ transport, endpoints, apps })
  const tokens = sandbox.oauth ? new KeptTokens(client, await signInAt(client, driver, sandbox.settings)) : null
  const session = await sessionTokens(createSessions({ transport, endpoints }), driver, sandbox)
  const outbound = createOutbound({ transport, endpoints, renewer: tokens ?? session ?? noRenewal })
  t.teardown(() => outbound.close())
  let facts: Record<string, string> = {}
  let calls = 0
  const crm: Crm = {
    sandbox,
    driver,
    tokens,
    get credentials() {
      return tokens ? { ...tokens.granted.tokens } : { ...sandbox.credentials, ...session?.tokens }
    },
    call: ({ deadlineMs = 10_000, credentials = {} } = {}) => {
      calls += 1
      const deadline = new Deadline(deadlineMs)
      t.teardown(() => deadline.done())
      const connection = {
        // A throttle of its own for each call: what one test's 429 asked for must not slow the next.
        id: `connection-${calls}`,
        provider: driver.manifest.slug,
        version: tokens?.version ?? session?.version ?? 1,
        tenant: { id: 'tenant-1', region: 'US' },
        settings: sandbox.settings,
        credentials: { ...crm.credentials, ...credentials },
        facts: { ...tokens?.granted.facts, ...facts },
      }
      return outbound.context(driver, connection, { deadline, log: silent })
    },
  }
  const tested = await driver.testConnection(crm.call())
  if (tested.ok) facts = tested.facts ?? {}
  return crm
}

/** Whom a lookup prefers. */
export const bestOf = (found: LookupCustomerOutput) => found?.customers[0] ?? null

/** A person, by native names: what a manifest's default fields make of the usual slots. */
export const person = (driver: AnyDriver, object: string, overrides: Record<string, string> = {}): Fields => {
  const values: Record<string, string> = {
    name: 'Ada Lovelace',
    first_name: 'Ada',
    last_name: 'Lovelace',
    email: 'ada@example.test',
    phone: '+14155550100',
    ...overrides,
  }
  const slots = Object.entries(driver.manifest.objects[object]?.fields ?? {})
  return Object.fromEntries(slots.flatMap(([slot, { field }]) => (values[slot] === undefined ? [] : [[field, values[slot]]])))
}

/** The first object that is a person: it has a phone among its default fields. */
export const personObject = ({ manifest }: AnyDriver): string => {
  const found = Object.entries(manifest.objects).find(([, { fields, standsFor }]) => 'phone' in fields && !standsFor)
  if (!found) throw new Error(`${manifest.slug} has no object with a phone`)
  return found[0]
}

let references = 0
/** A reference as the pipeline makes them: `v` and 26 of `[a-z2-7]`, never the same twice. */
export const reference = (): string => {
  references += 1
  const letters = [...references.toString(26)].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26)))
  return `v${letters.join('').padStart(26, 'a')}`
}
