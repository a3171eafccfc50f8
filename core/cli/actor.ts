import { userInfo } from 'node:os'
import type { Actor } from '../admin/actor.ts'

/** Whom the audit log names for what the command line does. */
export const cliActor = (): Actor => ({ actorType: 'platform_operator', actorId: `cli:${userName()}` })

const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}` // a container's user need not have a name
  }
}
