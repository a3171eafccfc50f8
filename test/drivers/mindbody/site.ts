import type { Test } from 'tap'
import { VorelError } from '../../../core/driver.ts'
import { defineSandbox, type SandboxAnswer, type SandboxRequest } from '../../../core/sandbox.ts'
import mindbody from '../../../drivers/mindbody/driver.ts'
import startSandbox from '../../../drivers/mindbody/sandbox.ts'
import type { Fields } from '../../../schemas/verbs.ts'
import { recording } from '../../conformance/contract.ts'
import { type Crm, connect, reference } from '../../contract/connect.ts'

export const ADA = { FirstName: 'Ada', LastName: 'Lovelace', Email: 'ada@example.test', MobilePhone: '+14155550100' }

/** All that a file's tests ask of sandboxes can be held to the provider's description. */
const { start, exchanges } = recording(startSandbox)
export const asked = exchanges

export const open = (t: Test, variant = ''): Promise<Crm> => connect(t, mindbody, (options) => start({ ...options, variant }))

export const create = async (crm: Crm, object: string, fields: Fields, ref = reference()): Promise<string> =>
  (await mindbody.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })).external_id

export const update = (crm: Crm, object: string, external_id: string, fields: Fields) =>
  mindbody.updateRecord(crm.call(), { object, external_id, fields })

export const idsBy = async (crm: Crm, key: { phone?: string; email?: string; external_id?: string }): Promise<string[]> =>
  (await mindbody.lookupCustomer(crm.call(), key))?.customers.map(({ external_id }) => external_id) ?? []

export const refused = async (asked: Promise<unknown>): Promise<VorelError> => {
  const error = await asked.then(
    () => null,
    (error: unknown) => error,
  )
  if (error instanceof VorelError) return error
  throw new Error(`it was not refused by an error of ours: ${String(error)}`)
}

/** The only one of its kind, to be changed as staff would change it. */
export const stored = (crm: Crm, object = 'contact', at = 0): Record<string, unknown> => {
  const row = crm.sandbox.records(object)[at]
  if (!row) throw new Error(`there is no ${object} ${at}`)
  return row
}

export const bodyOf = ({ body }: SandboxRequest) => JSON.parse(body) as Record<string, unknown>
export const bodiesTo = (crm: Crm, path: string) => crm.sandbox.requests.filter((each) => each.path.endsWith(path)).map(bodyOf)

type Answering = (request: SandboxRequest, path: string) => SandboxAnswer | undefined

const USUAL: Record<string, unknown> = {
  '/usertoken/issue': { AccessToken: 'token', Expires: '2099-01-01T00:00:00Z' },
  '/site/locations': { Locations: [] },
  '/site/sites': { Sites: [{ Id: 7, Name: 'A site', TimeZone: 'America/New_York' }] },
  '/client/requiredclientfields': { RequiredClientFields: [] },
  '/client/clients': { Clients: [], PaginationResponse: { TotalResults: 0 } },
  '/appointment/staffappointments': { Appointments: [] },
}

/** A site that answers as the test says, else as a usual one that holds nothing. */
export const openThat = (t: Test, answer: Answering): Promise<Crm> =>
  connect(
    t,
    mindbody,
    defineSandbox(() => ({
      handle: (request) => {
        const path = request.path.replace('/public/v6', '')
        return answer(request, path) ?? { status: 200, body: USUAL[path] ?? {} }
      },
      unauthorized: () => ({ status: 401 }),
      rateLimited: () => ({ status: 429 }),
      isWrite: ({ method }) => method !== 'GET',
      records: () => [],
      settings: () => ({ site_id: '7', staff_username: 'staff', client_numbers: 'chosen', apply_payment: 'no' }),
      credentials: { api_key: 'key', staff_password: 'password' },
    })),
  )

export const errorOf = (status: number, Code: string, Message = 'Ada Lovelace ada@example.test 4155550100'): SandboxAnswer => ({
  status,
  body: { Error: { Code, Message } },
})
