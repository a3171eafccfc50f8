import { randomUUID } from 'node:crypto'
import { type Actor, audited } from '../admin/actor.ts'
import { VorelError } from '../errors.ts'
import type { DriverState } from '../registry.ts'
import type { Database } from '../store/database.ts'
import type { Deps } from '../verbs/deps.ts'
import { listedIn, type SwitchOptions } from './plan.ts'
import { writeSwitch } from './store.ts'

/** Switches a provider for all processes: this one at once, the others within two seconds. */
export const applySwitch = async (
  deps: Pick<Deps, 'drivers' | 'audit'>,
  { pool }: Database,
  actor: Actor & { requestId?: string },
  { provider, isOn }: SwitchOptions,
): Promise<{ provider: string; state: DriverState }> => {
  const { actorType, actorId, requestId = randomUUID() } = actor
  refuseOverFile(deps.drivers, provider, isOn)
  const about = { action: isOn ? 'provider.switched_on' : 'provider.switched_off', provider, requestId }
  const first = () =>
    audited(deps, { actorType, actorId, tenantId: null }, about, () => writeSwitch(pool, provider, isOn, actorId))
  await deps.drivers.apply({ actorType, actorId }, { first })
  return { provider, state: listedIn(deps.drivers, provider).state }
}

const refuseOverFile = (drivers: Deps['drivers'], provider: string, isOn: boolean): void => {
  const { state, name, manifest } = listedIn(drivers, provider)
  if (state === 'reserved')
    throw new VorelError('provider_reserved', manifest?.reservedReason ?? `${name} is reserved and cannot be switched on.`)
  if (isOn && drivers.laid().providers[provider] === false)
    throw new VorelError(
      'provider_disabled',
      `The config file switches ${name} off by name, and that wins over the console. Change it there; it counts without a restart.`,
    )
}
