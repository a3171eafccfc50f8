import type { AnyDriver, DriverContext } from '../../core/driver.ts'
import type { StartSandbox } from '../../core/sandbox.ts'
import mindbody from '../../drivers/mindbody/driver.ts'
import startSandbox from '../../drivers/mindbody/sandbox.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { reference } from './connect.ts'
import { driverContract } from './driver.ts'

const TOMORROW_NOON = `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}T20:00:00.000Z`

/** What the suite's person lacks: for an appointment whose it is, what, where, with whom and when; and the fields of a site that asks for more. */
const lacking = async (ctx: DriverContext, object: string): Promise<Fields> => {
  const asked = (ctx.facts.required_client_fields ?? '').split(',').filter(Boolean)
  if (object === 'contact') return Object.fromEntries(asked.map((name) => [name, 'as asked for']))
  const { external_id } = await create(ctx, 'contact', { FirstName: 'Grace', LastName: 'Hopper' }, reference())
  return {
    ClientUniqueId: external_id,
    LocationId: 1,
    SessionTypeId: 17,
    StaffId: 100_000_279,
    StartDateTime: TOMORROW_NOON,
  }
}

const create = async (ctx: DriverContext, object: string, fields: Fields, ref: string) =>
  mindbody.createRecord(ctx, {
    object,
    fields: { ...(await lacking(ctx, object)), ...fields },
    reference: ref,
    idempotency_key: ref,
  })

const completed: AnyDriver = {
  ...mindbody,
  createRecord: (ctx, { object, fields, reference: ref }) => create(ctx, object, fields, ref),
}

const variant =
  (name: string): StartSandbox =>
  (options) =>
    startSandbox({ ...options, variant: name })

driverContract(completed, startSandbox)
driverContract(
  completed,
  variant('unsearched+loose+required+compared+windows+local+region'),
  'mindbody that searches loosely and no phones, asks for more, and is one site of a region',
)
