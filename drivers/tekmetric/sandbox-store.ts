import type { SandboxAnswer } from '../../core/sandbox.ts'

export interface Row extends Record<string, unknown> {
  id: number
  shopId: number
  createdDate: string
  updatedDate: string
  deletedDate: string | null
}

/** The shop that is connected, another that the same key opens, and one that it does not. */
export const SHOP = 3441
export const SECOND_SHOP = 3442
export const CLOSED_SHOP = 3443
/** By whose clocks the connected shop goes. */
export const ZONE = 'America/Chicago'

export const ok = (body: unknown): SandboxAnswer => ({ status: 200, body })
export const saved = (message: string, data: unknown): SandboxAnswer => ok({ type: 'SUCCESS', message, data, details: {} })
export const refused = (status: number, message: string): SandboxAnswer => ({
  status,
  body: { type: 'ERROR', message, data: null, details: {} },
})
export const notFound = refused(404, 'Not found')
export const denied = refused(403, 'Access Denied')

/** What is there from the beginning, of shops that are not connected. */
export const FOREIGN = { contact: 77, unseenContact: 78, repair_order: 79, appointment: 80 }

/** Ids are counted over all shops and tables. */
let lastId = 398_000
const nextId = (): number => {
  lastId += 1
  return lastId
}

export const stamped = <T extends object>(shopId: number, fields: T, id = nextId()) => {
  const now = new Date().toISOString()
  return { ...fields, id, shopId, createdDate: now, updatedDate: now, deletedDate: null as string | null }
}

/** Rows of one kind: the connected shop's, and those of others that the key may or may not see. */
export class Table<T extends Row> {
  /** Kept as it is: whoever has it may add to it, as the shop's staff does. */
  readonly own: T[] = []
  readonly others: T[] = []

  all(): T[] {
    return [...this.own, ...this.others]
  }

  add(row: T): T {
    const list = row.shopId === SHOP ? this.own : this.others
    list.push(row)
    return row
  }

  change(row: T, fields: Partial<T>): T {
    return Object.assign(row, fields, { updatedDate: new Date().toISOString() })
  }
}
