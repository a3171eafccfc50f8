import { VorelError } from '../errors.ts'
import { sentenceOf } from '../refusal.ts'
import type { DriverState, ListedDriver } from '../registry.ts'
import type { Database } from '../store/database.ts'
import type { Deps } from '../verbs/deps.ts'
import { inFlightAt, livingProcesses } from './processes.ts'
import { readSwitches } from './store.ts'
import { type TouchedTenant, tenantsAt, unsettledAt } from './touched.ts'

export interface SwitchOptions {
  provider: string
  isOn: boolean
}

/** What a switch would do, before it is done. */
export interface SwitchPlan {
  provider: string
  now: DriverState
  after: DriverState
  /** The first of them. */
  tenants: TouchedTenant[]
  tenantCount: number
  /** Calls under way in all processes; they finish. */
  inFlight: number
  warnings: string[]
}

export const planSwitch = async (
  { drivers }: Pick<Deps, 'drivers'>,
  { pool }: Database,
  { provider, isOn }: SwitchOptions,
): Promise<SwitchPlan> => {
  const now = listedIn(drivers, provider)
  const switches = { ...(await readSwitches(pool)), [provider]: { isOn, changedBy: '', changedAt: '' } }
  const after = (await drivers.preview(switches)).loaded(provider)?.listed ?? now
  const [{ tenants, tenantCount }, unsettled, inFlight] = await Promise.all([
    tenantsAt(pool, provider),
    unsettledAt(pool, provider),
    callsUnderWay(drivers, pool, provider),
  ])
  const facts = { isOn, now, after, isOffInFile: drivers.laid().providers[provider] === false, tenantCount, unsettled }
  return { provider, now: now.state, after: after.state, tenants, tenantCount, inFlight, warnings: warningsOf(facts) }
}

/** The provider as it stands, or an error that says why nobody can switch it. */
export const listedIn = (drivers: Deps['drivers'], provider: string): ListedDriver => {
  const listed = drivers.registry().loaded(provider)?.listed
  if (!listed)
    throw new VorelError('not_found', `There is no provider '${provider.slice(0, 40)}' here. GET /api/providers lists them.`)
  return listed
}

const callsUnderWay = async ({ processId, inFlight }: Deps['drivers'], pool: Database['pool'], provider: string) => {
  const others = (await livingProcesses(pool)).filter(({ id }) => id !== processId)
  return inFlightAt(others, provider) + (inFlight.bySlug()[provider] ?? 0)
}

interface Facts {
  isOn: boolean
  now: ListedDriver
  after: ListedDriver
  isOffInFile: boolean
  tenantCount: number
  unsettled: number
}

const warningsOf = ({ isOn, now, after, isOffInFile, tenantCount, unsettled }: Facts): string[] => {
  if (now.state === 'reserved') return [now.manifest?.reservedReason ?? 'It is reserved and cannot be switched on.']
  if (isOffInFile) return ['The config file switches it off by name, and that wins: change it there.']
  const isGoingOff = now.state === 'on' && after.state !== 'on'
  return [
    now.state === after.state && `It is ${now.state} already: nothing changes.`,
    ...(isOn ? after.refusals.map((refusal) => `Its driver is refused: ${sentenceOf(refusal)}`) : []),
    isGoingOff &&
      tenantCount > 0 &&
      'Calls of its tenants answer provider_disabled until it is on again. Their credentials and mappings stay.',
    isGoingOff &&
      unsettled > 0 &&
      `Creates that are not settled yet: ${unsettled}. They wait while it is off, and after some hours end as outcome_unknown.`,
  ].filter((warning) => warning !== false)
}
