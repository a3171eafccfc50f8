import type { AnyDriver, DriverContext } from '../../core/driver.ts'
import type { StartSandbox } from '../../core/sandbox.ts'
import athenahealth from '../../drivers/athenahealth/driver.ts'
import startSandbox from '../../drivers/athenahealth/sandbox.ts'
import type { Fields } from '../../schemas/verbs.ts'
import { driverContract } from './driver.ts'

let born = Date.UTC(1950, 0, 1)
/** Everybody is born on a day of their own, so that the provider takes nobody for somebody it has. */
const birthday = (): string => {
  born += 86_400_000
  return new Date(born).toISOString().slice(0, 10)
}

const add = (ctx: DriverContext, object: string, fields: Fields) =>
  athenahealth.createRecord(ctx, { object, fields, idempotency_key: 'key', reference: 'reference' })

/** What the suite's person lacks: a day of birth, and for an appointment whom and which open slot. */
const lacking = async (ctx: DriverContext, object: string): Promise<Fields> => {
  if (object === 'contact') return { dob: birthday() }
  const { matches } = await athenahealth.searchRecords(ctx, { object, query: 'open', limit: 1 })
  const patient = { firstname: 'Ada', lastname: 'Lovelace', dob: birthday(), zip: '02110' }
  const { external_id } = await add(ctx, 'contact', patient)
  return { appointmentid: matches[0]?.external_id ?? '', patientid: external_id, reasonid: '962' }
}

const completed: AnyDriver = {
  ...athenahealth,
  createRecord: async (ctx, input) =>
    athenahealth.createRecord(ctx, { ...input, fields: { ...(await lacking(ctx, input.object)), ...input.fields } }),
}

const variant =
  (name: string): StartSandbox =>
  (options) =>
    startSandbox({ ...options, variant: name })

driverContract(completed, startSandbox)
driverContract(completed, variant('strict+email+ids+shared+groups'), 'athenahealth with strict types, a shared queue and groups')
