import type { Test } from 'tap'
import type { SandboxRequest } from '../../../core/sandbox.ts'
import tekmetric from '../../../drivers/tekmetric/driver.ts'
import startSandbox from '../../../drivers/tekmetric/sandbox.ts'
import type { CrmRecord } from '../../../schemas/record.ts'
import type { Fields } from '../../../schemas/verbs.ts'
import { type Crm, connect, reference } from '../../contract/connect.ts'

export const open = (t: Test, variant = '', settings: Record<string, string> = {}): Promise<Crm> =>
  connect(t, tekmetric, async (options) => {
    const sandbox = await startSandbox({ ...options, variant })
    return Object.assign(sandbox, { settings: { ...sandbox.settings, ...settings } })
  })

export const ADA = { firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.test', phone: '+14155550100' }

export const create = async (crm: Crm, object: string, fields: Fields, ref = reference()): Promise<string> =>
  (await tekmetric.createRecord(crm.call(), { object, fields, reference: ref, idempotency_key: ref })).external_id

export const update = (crm: Crm, object: string, external_id: string, fields: Fields) =>
  tekmetric.updateRecord(crm.call(), { object, external_id, fields })

export const search = async (crm: Crm, object: string, query: string, phone?: string): Promise<string[]> => {
  const { matches } = await tekmetric.searchRecords(crm.call(), { object, query, ...(phone && { phone }), limit: 10 })
  return matches.map(({ external_id }) => external_id)
}

/** The fields of one record, by their native names. */
export const fieldsOf = async (crm: Crm, object: string, id: string, names: string[]): Promise<CrmRecord['fields']> => {
  const read = { [object]: names.map((field) => ({ field, type: 'string' as const })) }
  const since = new Date(Date.now() - 3_600_000).toISOString()
  const { records } = await tekmetric.listRecent(crm.call(), { object, since, limit: 50, read })
  return records.find(({ external_id }) => external_id === id)?.fields
}

/** What was asked of a path, oldest first. */
export const asked = (crm: Crm, method: string, path: RegExp): SandboxRequest[] =>
  crm.sandbox.requests.filter((request) => request.method === method && path.test(request.path))

/** The row as Tekmetric keeps it. */
export const stored = (crm: Crm, object: string, id: string): Record<string, unknown> =>
  crm.sandbox.records(object).find((row) => String(row.id) === id) ?? {}

/** An error by what it says to programs; its text is of no use there. */
export const failure = async (
  doing: Promise<unknown>,
): Promise<{ code: string; message: string; fields?: string[]; effect: string }> =>
  doing.then(
    () => ({ code: 'no error', message: '', effect: '' }),
    (error) => error,
  )
