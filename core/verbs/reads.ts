import type {
  ListRecentInput,
  ListRecentOutput,
  LookupCustomerInput,
  LookupCustomerOutput,
  SearchRecordsInput,
  SearchRecordsOutput,
} from '../../schemas/verbs.ts'
import type { Caller, CallOptions } from '../caller.ts'
import { VorelError } from '../errors.ts'
import { toE164 } from '../phone.ts'
import { checked } from './answer.ts'
import { type Call, withCall } from './call.ts'
import type { Deps } from './deps.ts'

/** A read costs the caller's one read and this one audit row. */
const audited = async <T>(deps: Deps, call: Call, answer: T): Promise<T> => {
  await deps.audit.write(call.entry('outcome', { code: 'ok' }))
  return answer
}

export const lookupCustomer = (
  deps: Deps,
  caller: Caller,
  options: CallOptions,
  input: LookupCustomerInput,
): Promise<LookupCustomerOutput> =>
  withCall(deps, caller, options, { verb: 'lookup_customer', fields: Object.keys(input) }, async (call) => {
    const keys = { ...input, ...(input.phone !== undefined && { phone: e164(input.phone, caller.access.tenant.region) }) }
    const { driver } = call.connected
    return audited(deps, call, checked.lookupCustomer(await call.atProvider((ctx) => driver.lookupCustomer(ctx, keys))))
  })

export const searchRecords = (
  deps: Deps,
  caller: Caller,
  options: CallOptions,
  input: SearchRecordsInput,
): Promise<SearchRecordsOutput> =>
  withCall(deps, caller, options, { verb: 'search_records', object: input.object }, async (call) => {
    const { driver } = call.connected
    const found = checked.searchRecords(
      await call.atProvider((ctx) => driver.searchRecords(ctx, { ...input, object: call.object })),
    )
    return audited(deps, call, { matches: found.matches.slice(0, input.limit) })
  })

export const listRecent = (deps: Deps, caller: Caller, options: CallOptions, input: ListRecentInput): Promise<ListRecentOutput> =>
  withCall(deps, caller, options, { verb: 'list_recent', object: input.object }, async (call) => {
    const { driver } = call.connected
    const found = checked.listRecent(await call.atProvider((ctx) => driver.listRecent(ctx, { ...input, object: call.object })))
    return audited(deps, call, { records: found.records.slice(0, input.limit) })
  })

const e164 = (raw: string, region: string): string => {
  const phone = toE164(raw, region)
  if (phone) return phone
  throw new VorelError(
    'invalid_request',
    `phone is no number that could exist in region ${region}. Send it with its country code, such as +14155550100.`,
  )
}
