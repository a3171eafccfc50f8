import type { CrmRecord } from '../../schemas/record.ts'
import type { LookupCustomerInput } from '../../schemas/verbs.ts'
import type { Caller, CallOptions } from '../caller.ts'
import type { VorelError } from '../errors.ts'
import { checked } from '../verbs/answer.ts'
import { withCall } from '../verbs/call.ts'
import type { Deps } from '../verbs/deps.ts'
import type { Taken } from './store.ts'

/** Of one call to the provider. A lease covers three of them. */
const DEADLINE_MS = 10_000

export const optionsOf = (log: CallOptions['log']): CallOptions => ({ deadlineMs: DEADLINE_MS, log })

/** The service itself, for an erasure: the audit ties what it does to that by the request id. */
export const callerOf = async (deps: Deps, { id, tenantId }: Taken): Promise<Caller> => {
  const access = await deps.access.byTenant(tenantId)
  if (!access) throw new Error(`Tenant ${tenantId} is there and cannot be read`)
  return { actorType: 'system', actorId: 'erasure', access, requestId: id, conversationId: null }
}

/** Everybody whom one key finds. */
export const everybody = (
  deps: Deps,
  caller: Caller,
  log: CallOptions['log'],
  key: Omit<LookupCustomerInput, 'read'>,
): Promise<CrmRecord[]> =>
  withCall(deps, caller, optionsOf(log), { verb: 'lookup_customer', fields: Object.keys(key) }, async (call) => {
    const { driver } = call.connected
    const found = checked.lookupCustomer(await call.atProvider((ctx) => driver.lookupCustomer(ctx, key)))
    await deps.audit.write(call.entry('outcome', { code: 'ok' }))
    return found?.customers ?? []
  })

/** What stands in the way until somebody changes the connection: a person has to. */
const NEEDS_A_PERSON = new Set([
  'not_connected',
  'connection_not_active',
  'auth_error',
  'provider_disabled',
  'provider_reserved',
  'object_unsupported',
  'delete_unsupported',
])

export const needsPerson = (error: VorelError): boolean => NEEDS_A_PERSON.has(error.code)

const MAX_ATTEMPTS = 12
const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 3_600_000

/** How long to wait after so many attempts; null: it has been tried often enough. */
export const againMs = (attempts: number, { retryAfterSeconds }: Partial<VorelError> = {}): number | null =>
  attempts >= MAX_ATTEMPTS
    ? null
    : Math.max((retryAfterSeconds ?? 0) * 1_000, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1)))
