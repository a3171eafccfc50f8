import t from 'tap'
import type { AnyDriver } from '../../core/driver.ts'
import { isVorelError } from '../../core/errors.ts'
import type { Fault, StartSandbox } from '../../core/sandbox.ts'
import { type Crm, connect, person, personObject, reference } from './connect.ts'

interface Expected {
  read: string
  create: string
  /** What is known of a create afterwards, and how many records it may leave. */
  effect: 'none' | 'unknown'
  records: 0 | 1
}

const unknown = (read: string, records: 0 | 1): Expected => ({ read, create: read, effect: 'unknown', records })
const refused = (code: string): Expected => ({ read: code, create: code, effect: 'none', records: 0 })

/** Each fault on every attempt, and what a caller is told. */
const EXPECTED: Record<Fault, Expected> = {
  unauthorized: refused('auth_error'),
  rate_limited: refused('provider_rate_limited'),
  server_error: unknown('provider_unavailable', 0),
  unavailable: unknown('provider_unavailable', 0),
  slow_headers: unknown('provider_timeout', 0),
  dripping_body: unknown('provider_timeout', 1),
  reset_before: unknown('provider_unavailable', 0),
  reset_after: unknown('provider_unavailable', 1),
  truncated_json: unknown('provider_unavailable', 1),
  html_200: unknown('provider_unavailable', 0),
  wrong_types: unknown('provider_unavailable', 1),
  huge_body: unknown('provider_unavailable', 1),
  redirect: refused('provider_unavailable'),
}

/** A failure is an error of ours with the right code, never an empty answer, and a create's outcome is never claimed to be known when it is not. */
export const driverFaults = (driver: AnyDriver, start: StartSandbox, slug: string): void => {
  const object = personObject(driver)
  const add = (crm: Crm, deadlineMs: number) =>
    driver.createRecord(crm.call({ deadlineMs }), {
      object,
      fields: person(driver, object),
      idempotency_key: 'key',
      reference: reference(),
    })

  for (const [fault, expected] of Object.entries(EXPECTED) as [Fault, Expected][]) {
    const deadlineMs = expected.read === 'provider_timeout' ? 600 : 4_000

    t.test(`${slug}: ${fault} on a read is ${expected.read}`, async (t) => {
      const crm = await connect(t, driver, start)
      await add(crm, 4_000) // some providers say "nobody" without a body, which no fault of a body could spoil
      crm.sandbox.play(fault, { times: 100 })
      const error = await driver
        .lookupCustomer(crm.call({ deadlineMs }), { email: 'ada@example.test' })
        .catch((error: unknown) => error)
      t.ok(isVorelError(error), `an error of ours, not ${String(error)}`)
      t.equal(isVorelError(error) && error.code, expected.read)
      if (fault === 'rate_limited') t.ok(isVorelError(error) && (error.retryAfterSeconds ?? 0) >= 1, 'says how long to wait')
    })

    t.test(`${slug}: ${fault} on a create is ${expected.create}, effect ${expected.effect}`, async (t) => {
      const crm = await connect(t, driver, start)
      crm.sandbox.play(fault, { times: 100, on: 'write' })
      const error = await add(crm, deadlineMs).catch((error: unknown) => error)
      t.ok(isVorelError(error), `an error of ours, not ${String(error)}`)
      t.equal(isVorelError(error) && error.code, expected.create)
      t.equal(isVorelError(error) && error.effect, expected.effect)
      t.equal(crm.sandbox.records(object).length, expected.records, 'records left behind')
    })
  }

  t.test(`${slug}: a read survives one reset and one 503`, async (t) => {
    const crm = await connect(t, driver, start)
    for (const fault of ['reset_before', 'unavailable'] as const) {
      crm.sandbox.play(fault)
      t.equal(await driver.lookupCustomer(crm.call(), { email: 'nobody@example.test' }), null, fault)
    }
  })

  t.test(`${slug}: a write that may have arrived is not sent twice`, async (t) => {
    const crm = await connect(t, driver, start)
    const atConnect = crm.sandbox.writes().length
    crm.sandbox.play('reset_after', { on: 'write' })
    await add(crm, 4_000).catch(() => undefined)
    t.equal(crm.sandbox.writes().length - atConnect, 1)
  })
}
