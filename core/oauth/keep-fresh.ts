import type { DriverLog } from '../driver.ts'
import { isVorelError } from '../errors.ts'
import type { AccessReader } from '../store/access.ts'
import type { TokenId, TokenStore } from '../store/tokens.ts'
import { connectionOf } from '../verbs/connection.ts'
import type { Deps } from '../verbs/deps.ts'
import type { Coordinator } from './coordinator.ts'

const AT_ONCE = 8
const MOST = 400
const POSTPONED_MS = 3_600_000

export interface KeepFreshDeps extends Pick<Deps, 'registry' | 'keyring'> {
  access: AccessReader
  tokens: TokenStore
  coordinator: Coordinator
}

/** Renews tokens that are due before anybody has to wait for it; gives how many it looked at. */
export const keepFresh = async (deps: KeepFreshDeps, log: DriverLog): Promise<number> => {
  const due = await deps.tokens.due(MOST)
  const queue = due.values()
  const worker = async () => {
    for (const id of queue) await renewOne(deps, log, id)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return due.length
}

const renewOne = async (deps: KeepFreshDeps, log: DriverLog, id: TokenId): Promise<void> => {
  try {
    const access = await deps.access.byTenant(id.tenantId)
    if (access?.connection?.provider !== id.provider) return
    const { driver, open } = connectionOf(deps, access)
    await deps.coordinator.renew(driver, await open())
  } catch (error) {
    const code = isVorelError(error) ? error.code : 'internal'
    log.warn({ provider: id.provider, code }, 'a sign-in could not be renewed ahead of time')
    if (code !== 'auth_error') await deps.tokens.postpone(id, POSTPONED_MS / 12).catch(() => undefined)
    else await deps.tokens.postpone(id, POSTPONED_MS)
  }
}
