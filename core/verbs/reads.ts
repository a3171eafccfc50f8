import type { CrmRecord, ShownRecord } from '../../schemas/record.ts'
import type { CustomerKey, ListRecentInput, LookupCustomerInput, SearchRecordsInput } from '../../schemas/verbs.ts'
import type { Caller, CallOptions } from '../caller.ts'
import { VorelError } from '../errors.ts'
import { phoneIn, toE164 } from '../phone.ts'
import { checked } from './answer.ts'
import { type Call, withCall } from './call.ts'
import type { Deps } from './deps.ts'
import { recordsOf } from './objects.ts'
import { type Plans, plansFor } from './plan.ts'
import { ranked } from './rank.ts'

/** A read costs the caller's one read and this one audit row. */
const audited = async <T>(deps: Deps, call: Call, answer: T): Promise<T> => {
  await deps.audit.write(call.entry('outcome', { code: 'ok' }))
  return answer
}

export interface FoundCustomer {
  customer: ShownRecord | null
  matched_by: CustomerKey | null
  match_count: number
}

export const lookupCustomer = (
  deps: Deps,
  caller: Caller,
  options: CallOptions,
  input: Omit<LookupCustomerInput, 'read'>,
): Promise<FoundCustomer> =>
  withCall(deps, caller, options, { verb: 'lookup_customer', fields: Object.keys(input) }, async (call) => {
    const { region } = caller.access.tenant
    const keys = { ...input, ...(input.phone !== undefined && { phone: e164(input.phone, region) }) }
    const { driver } = call.connected
    const plans = await plansFor(deps, call)
    const asked = { ...keys, ...plans.readingAll() }
    const found = checked.lookupCustomer(await call.atProvider((ctx) => driver.lookupCustomer(ctx, asked)))
    const [customer] = ranked(found?.customers ?? [], keys, region)
    return audited(deps, call, {
      customer: customer ? shown(call, plans, customer) : null,
      matched_by: found?.matched_by ?? null,
      match_count: found?.customers.length ?? 0,
    })
  })

export const searchRecords = (
  deps: Deps,
  caller: Caller,
  options: CallOptions,
  input: Pick<SearchRecordsInput, 'object' | 'query' | 'limit'>,
): Promise<{ matches: ShownRecord[] }> =>
  withCall(deps, caller, options, { verb: 'search_records', object: input.object }, async (call) => {
    const { driver } = call.connected
    const plans = await plansFor(deps, call)
    const phone = phoneIn(input.query, caller.access.tenant.region)
    const asked = { ...input, ...(phone && { phone }), object: recordsIn(call), ...plans.reading(call.object) }
    const found = checked.searchRecords(await call.atProvider((ctx) => driver.searchRecords(ctx, asked)))
    return audited(deps, call, { matches: shownAll(call, plans, found.matches, input.limit) })
  })

export const listRecent = (
  deps: Deps,
  caller: Caller,
  options: CallOptions,
  input: Omit<ListRecentInput, 'read'>,
): Promise<{ records: ShownRecord[] }> =>
  withCall(deps, caller, options, { verb: 'list_recent', object: input.object }, async (call) => {
    const { driver } = call.connected
    const plans = await plansFor(deps, call)
    const asked = { ...input, object: recordsIn(call), ...plans.reading(call.object) }
    const found = checked.listRecent(await call.atProvider((ctx) => driver.listRecent(ctx, asked)))
    return audited(deps, call, { records: shownAll(call, plans, found.records, input.limit) })
  })

const recordsIn = ({ connected, object }: Call): string => recordsOf(connected.driver.manifest, object)

/** Under the name by which they were asked for. */
const shownAll = (call: Call, plans: Plans, records: CrmRecord[], limit: number): ShownRecord[] =>
  records.slice(0, limit).map((record) => {
    const { object } = call
    return { ...withCustom(record, plans.of(object).read), object }
  })

/** By its own slots, and by those of an object that stands for it. */
const shown = ({ connected }: Call, plans: Plans, record: CrmRecord): ShownRecord => {
  const { manifest } = connected.driver
  const same = Object.keys(manifest.objects).filter((object) => recordsOf(manifest, object) === record.object)
  const own = [...same.filter((object) => object !== record.object), ...same.filter((object) => object === record.object)]
  return withCustom(
    record,
    own.flatMap((object) => plans.of(object).read),
  )
}

const withCustom = ({ fields, ...record }: CrmRecord, read: readonly { slot: string; field: string }[]): ShownRecord => {
  if (read.length === 0) return record
  return { ...record, custom: Object.fromEntries(read.map(({ slot, field }) => [slot, fields?.[field] ?? null])) }
}

const e164 = (raw: string, region: string): string => {
  const phone = toE164(raw, region)
  if (phone) return phone
  throw new VorelError(
    'invalid_request',
    `phone is no number that could exist in region ${region}. Send it with its country code, such as +14155550100.`,
  )
}
