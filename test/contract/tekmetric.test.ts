import type { AnyDriver } from '../../core/driver.ts'
import type { Sandbox, StartSandbox } from '../../core/sandbox.ts'
import tekmetric from '../../drivers/tekmetric/driver.ts'
import startSandbox from '../../drivers/tekmetric/sandbox.ts'
import { staffOrder } from '../../drivers/tekmetric/sandbox-orders.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { driverContract } from './driver.ts'

/** The sandbox of the test under way. */
let shop: Sandbox | undefined

const variant =
  (name = ''): StartSandbox =>
  async (options) => {
    shop = await startSandbox({ ...options, variant: name })
    return shop
  }

/** What no program can make, the shop's staff does. */
const madeByStaff = () => {
  const order = staffOrder()
  shop?.records('repair_order').push(order)
  return { external_id: String(order.id), record_url: null }
}

/** An appointment has a time, which the suite's person lacks. */
const completed: AnyDriver = {
  ...tekmetric,
  createRecord: async (ctx, input) => {
    if (input.object === 'repair_order') return madeByStaff()
    const lacking: Fields = input.object === 'appointment' ? { startTime: '2026-12-01T15:00:00.000Z' } : {}
    return tekmetric.createRecord(ctx, { ...input, fields: { ...lacking, ...input.fields } })
  },
}

driverContract(completed, variant())
driverContract(completed, variant('merged+literal+expiring+local+older'), 'tekmetric with every other answer')
driverContract(completed, variant('bearer'), 'tekmetric with a token for a key')
