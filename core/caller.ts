import type { DriverLog } from './driver.ts'
import type { Access } from './store/access.ts'
import type { ActorType } from './store/audit.ts'

/** Who makes a call, and what was read of their tenant for it. */
export interface Caller {
  actorType: ActorType
  actorId: string
  access: Access
  requestId: string
  conversationId: string | null
}

export interface CallOptions {
  deadlineMs: number
  log: DriverLog
}
